/** Cases of operators for quantisation and attention. */
import type { CaseTable } from "../case.ts";

export const CASES: CaseTable = {};
