/** a × b; integers wrap. */
import { mul } from "../lowering/arithmetic.ts";
import { binary } from "../lowering/binary.ts";

export const Mul = binary({ name: "Mul", apply: mul, known: (a, b) => a.mul(b), whole: true });
