/** Index of the greatest element along an axis. */
import { argumentOperator } from "../lowering/argumentOperator.ts";

export const ArgMax = argumentOperator("ArgMax", true);
