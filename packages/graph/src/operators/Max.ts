/** Greatest of all inputs: IEEE-754-2019 maximum, so that NaN wins and -0 < +0. */
import { maximum } from "../lowering/arithmetic.ts";
import { variadic } from "../lowering/variadic.ts";

export const Max = variadic("Max", maximum, (a, b) => a.max(b));
