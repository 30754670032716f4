/** Bitwise and of integers. */
import { binary } from "../lowering/binary.ts";
import { INTEGERS } from "../lowering/types.ts";

export const BitwiseAnd = binary({
  name: "BitwiseAnd",
  types: INTEGERS,
  apply: (code, _dtype, a, b) => code.and(a, b),
});
