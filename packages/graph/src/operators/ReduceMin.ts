/** Least over axes: IEEE-754-2019 minimum; of nothing the greatest value. */
import { greatestOf, minimum } from "../lowering/arithmetic.ts";
import { extreme } from "../lowering/extreme.ts";

export const ReduceMin = extreme("ReduceMin", greatestOf, minimum, (a, b) => a.min(b));
