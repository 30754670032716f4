/** a - b; integers wrap. */
import { sub } from "../lowering/arithmetic.ts";
import { binary } from "../lowering/binary.ts";

export const Sub = binary({ name: "Sub", apply: sub, known: (a, b) => a.sub(b), whole: true });
