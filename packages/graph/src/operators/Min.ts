/** Least of all inputs: IEEE-754-2019 minimum, so that NaN wins and -0 < +0. */
import { minimum } from "../lowering/arithmetic.ts";
import { variadic } from "../lowering/variadic.ts";

export const Min = variadic("Min", minimum, (a, b) => a.min(b));
