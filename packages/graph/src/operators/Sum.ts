/** Sum of all inputs, from the left. */
import { add } from "../lowering/arithmetic.ts";
import { variadic } from "../lowering/variadic.ts";

export const Sum = variadic("Sum", add);
