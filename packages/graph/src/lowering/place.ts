/** Places along an axis and their order: that of what stands there, ties by the place. */
import type { DType, Value } from "@assay/vm";
import type { NodeCode } from "../nodeCode.ts";
import type { TensorValue } from "../tensorValue.ts";
import { ahead } from "./argument.ts";

/** The element at place `at` of the axis, the other coordinates given. */
export function elementAt(code: NodeCode, x: TensorValue, axis: number, others: readonly Value[], at: Value): Value {
  const place = [...others.slice(0, axis), at, ...others.slice(axis)];
  return code.read(x, code.linearIndex(x.shape, place));
}

export interface Standing {
  readonly place: Value;
  readonly element: Value;
}

/** Whether one place comes after another: behind it, or level with it and further on. */
export function comesAfter(code: NodeCode, dtype: DType, greatest: boolean, own: Standing, other: Standing): Value {
  const behind = ahead(code, dtype, greatest, other.element, own.element);
  const level = code.lnot(ahead(code, dtype, greatest, own.element, other.element));
  return code.or(behind, code.and(level, code.ilt(other.place, own.place)));
}
