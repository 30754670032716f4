/** Cases of operators for quantisation and attention. */
import { mergeCases } from "../case.ts";
import { CASES as ATTENTION } from "./attention.ts";

export const CASES = mergeCases([ATTENTION]);
