/** Bitwise complement of integers. */
import { unary } from "../lowering/unary.ts";
import { INTEGERS } from "../lowering/types.ts";

export const BitwiseNot = unary("BitwiseNot", (code, x, dtype) => code.wrapped(dtype, code.not(x)), INTEGERS);
