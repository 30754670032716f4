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
