/** Cases of operators for quantisation and attention. */
import { mergeCases } from "../case.ts";
import { CASES as ATTENTION } from "./attention.ts";
import { CASES as FUSED } from "./fused.ts";
import { CASES as NORMALISATION } from "./normalisation.ts";
import { CASES as QUANTISATION } from "./quantisation.ts";
import { CASES as RECURRENCE } from "./recurrence.ts";

export const CASES = mergeCases([ATTENTION, FUSED, NORMALISATION, QUANTISATION, RECURRENCE]);
