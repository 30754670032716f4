/** Bitwise exclusive or of integers. */
import { binary } from "../lowering/binary.ts";
import { INTEGERS } from "../lowering/types.ts";

export const BitwiseXor = binary({
  name: "BitwiseXor",
  types: INTEGERS,
  apply: (code, _dtype, a, b) => code.xor(a, b),
});
