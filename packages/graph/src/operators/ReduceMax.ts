/** Greatest over axes: IEEE-754-2019 maximum; of nothing the least value. */
import { leastOf, maximum } from "../lowering/arithmetic.ts";
import { extreme } from "../lowering/extreme.ts";

export const ReduceMax = extreme("ReduceMax", leastOf, maximum, (a, b) => a.max(b));
