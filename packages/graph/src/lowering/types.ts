/** Families of element types. */
import { DType } from "@assay/vm";

export const FLOATS = [DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16] as const;
export const SIGNED = [DType.INT8, DType.INT16, DType.INT32, DType.INT64] as const;
export const UNSIGNED = [DType.UINT8, DType.UINT16, DType.UINT32, DType.UINT64] as const;
export const INTEGERS = [...SIGNED, ...UNSIGNED] as const;
export const NUMBERS = [...FLOATS, ...INTEGERS] as const;

/** Whether elements of the type are computed in binary32. */
export function isFloat(dtype: DType): boolean {
  return (FLOATS as readonly DType[]).includes(dtype);
}

/** Whether words of the type compare and divide as unsigned integers. */
export function isUnsigned(dtype: DType): boolean {
  return (UNSIGNED as readonly DType[]).includes(dtype) || dtype === DType.BOOL || dtype === DType.UINT4;
}

/** The type in which an element is accumulated: binary32 for all floats, the type itself for integers. */
export function accumulatorOf(dtype: DType): DType {
  return isFloat(dtype) ? DType.FLOAT32 : dtype;
}

/** The instruction that truncates and saturates a float to an integer type. */
export const TO_INTEGER = new Map<
  DType,
  "ftoi8" | "ftoi16" | "ftoi32" | "ftoi64" | "ftou8" | "ftou16" | "ftou32" | "ftou64"
>([
  [DType.INT8, "ftoi8"],
  [DType.INT16, "ftoi16"],
  [DType.INT32, "ftoi32"],
  [DType.INT64, "ftoi64"],
  [DType.UINT8, "ftou8"],
  [DType.UINT16, "ftou16"],
  [DType.UINT32, "ftou32"],
  [DType.UINT64, "ftou64"],
]);
