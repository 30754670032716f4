/** a + b; integers wrap. */
import { add } from "../lowering/arithmetic.ts";
import { binary } from "../lowering/binary.ts";

export const Add = binary({ name: "Add", apply: add, known: (a, b) => a.add(b), whole: true });
