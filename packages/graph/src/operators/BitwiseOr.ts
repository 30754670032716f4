/** Bitwise or of integers. */
import { binary } from "../lowering/binary.ts";
import { INTEGERS } from "../lowering/types.ts";

export const BitwiseOr = binary({ name: "BitwiseOr", types: INTEGERS, apply: (code, _dtype, a, b) => code.or(a, b) });
