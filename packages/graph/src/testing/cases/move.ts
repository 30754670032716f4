/** Cases of operators for data movement, control flow and classical models. */
import type { CaseTable } from "../case.ts";

export const CASES: CaseTable = {};
