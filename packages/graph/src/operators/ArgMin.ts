/** Index of the least element along an axis. */
import { argumentOperator } from "../lowering/argumentOperator.ts";

export const ArgMin = argumentOperator("ArgMin", false);
