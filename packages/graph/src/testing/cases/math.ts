/** Cases of operators for functions, sums and products. */
import type { CaseTable } from "../case.ts";

export const CASES: CaseTable = {};
