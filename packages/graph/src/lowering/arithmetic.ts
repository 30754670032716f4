/** Operations on elements of a type: binary32 for floats, wrapping for integers. */
import { DType, type Value } from "@assay/vm";
import type { NodeCode } from "../nodeCode.ts";
import { isFloat, isUnsigned } from "./types.ts";

export function add(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  return isFloat(dtype) ? code.fadd(a, b) : code.wrapped(dtype, code.iadd(a, b));
}

export function sub(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  return isFloat(dtype) ? code.fsub(a, b) : code.wrapped(dtype, code.isub(a, b));
}

export function mul(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  return isFloat(dtype) ? code.fmul(a, b) : code.wrapped(dtype, code.imul(a, b));
}

/** a ÷ b; integers truncate, by 0 gives 0. */
export function div(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  if (isFloat(dtype)) return code.fdiv(a, b);
  return code.wrapped(dtype, isUnsigned(dtype) ? code.udiv(a, b) : code.idiv(a, b));
}

/** IEEE-754-2019 minimum, or the lesser integer. */
export function minimum(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  if (isFloat(dtype)) return code.fmin(a, b);
  return isUnsigned(dtype) ? code.umin(a, b) : code.imin(a, b);
}

/** IEEE-754-2019 maximum, or the greater integer. */
export function maximum(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  if (isFloat(dtype)) return code.fmax(a, b);
  return isUnsigned(dtype) ? code.umax(a, b) : code.imax(a, b);
}

/** a < b. */
export function less(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  if (isFloat(dtype)) return code.flt(a, b);
  return isUnsigned(dtype) ? code.ult(a, b) : code.ilt(a, b);
}

/** a = b. */
export function equal(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  return isFloat(dtype) ? code.feq(a, b) : code.ieq(a, b);
}

/** Whether a float is NaN. */
export function isNaN(code: NodeCode, a: Value): Value {
  return code.lnot(code.feq(a, a));
}

/** The binary32 pattern of -∞. */
export const NEGATIVE_INFINITY = 0xff800000;
/** The binary32 pattern of +∞. */
export const POSITIVE_INFINITY = 0x7f800000;
/** The binary32 pattern of -0. */
export const NEGATIVE_ZERO = 0x80000000;

const BITS = new Map<DType, number>([
  [DType.INT8, 8],
  [DType.INT16, 16],
  [DType.INT32, 32],
  [DType.INT64, 64],
  [DType.UINT8, 8],
  [DType.UINT16, 16],
  [DType.UINT32, 32],
  [DType.UINT64, 64],
  [DType.BOOL, 1],
]);

/** The least value of a type: -∞ for floats. */
export function leastOf(code: NodeCode, dtype: DType): Value {
  if (isFloat(dtype)) return code.constant(NEGATIVE_INFINITY);
  return isUnsigned(dtype) ? code.constant(0) : code.constantInt(-(1n << BigInt(BITS.get(dtype)! - 1)));
}

/** The greatest value of a type: +∞ for floats. */
export function greatestOf(code: NodeCode, dtype: DType): Value {
  if (isFloat(dtype)) return code.constant(POSITIVE_INFINITY);
  const bits = BigInt(BITS.get(dtype)!);
  return code.constantInt((1n << (isUnsigned(dtype) ? bits : bits - 1n)) - 1n);
}

/** a ≤ b. */
export function lessOrEqual(code: NodeCode, dtype: DType, a: Value, b: Value): Value {
  if (isFloat(dtype)) return code.fle(a, b);
  return isUnsigned(dtype) ? code.ule(a, b) : code.ile(a, b);
}
