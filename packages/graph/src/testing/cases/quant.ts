/** Cases of operators for quantisation and attention. */
import { mergeCases } from "../case.ts";
import { CASES as ATTENTION } from "./attention.ts";
import { CASES as QUANTISATION } from "./quantisation.ts";

export const CASES = mergeCases([ATTENTION, QUANTISATION]);
