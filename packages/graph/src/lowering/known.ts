/**
 * Shape arithmetic: integer tensors whose elements are known up to symbols at import. An operator that can, says so beside
 * its lowering; what nobody reads at run time is dropped.
 */
import { countOf as elementsOf, DType, float32, wordsOf } from "@assay/vm";
import { countOf, Dimension } from "../dimension.ts";
import { broadcastShape } from "../graph.ts";
import { constantTensor, MAX_KNOWN, type TensorValue } from "../tensorValue.ts";

/** Up to here every integer is a float32. */
const GREATEST_EXACT = 2 ** 24;

/** `value` with its elements where they are known. */
export function withKnown(value: TensorValue, known: readonly Dimension[] | undefined): TensorValue {
  const integer = value.dtype === DType.INT64 || value.dtype === DType.INT32 || value.dtype === DType.BOOL;
  if (known === undefined || known.length > MAX_KNOWN || !integer) return value;
  return { ...value, known };
}

/** `value` with the whole numbers that its floats are, where they are known and float32 holds each of them. */
export function withWhole(value: TensorValue, whole: readonly Dimension[] | undefined): TensorValue {
  return value.dtype === DType.FLOAT32 && whole?.every(isExact) ? { ...value, whole } : value;
}

/** Whether every value that a size can have is a float32. */
function isExact({ least, greatest, constant }: Dimension): boolean {
  if (constant !== undefined) return Math.fround(constant) === constant;
  return least >= -GREATEST_EXACT && greatest <= GREATEST_EXACT;
}

/** Elements of an element-wise operation on known operands, floats that are sizes included, broadcast. */
export function knownElementwise(
  inputs: readonly TensorValue[],
  apply: (...elements: Dimension[]) => Dimension | undefined,
): readonly Dimension[] | undefined {
  const operands: (readonly Dimension[])[] = [];
  for (const input of inputs) {
    const sizes = sizesOf(input);
    if (sizes === undefined) return undefined;
    operands.push(sizes);
  }
  const shape = constantShape(broadcastShape(inputs.map((input) => input.shape)));
  if (shape === undefined) return undefined;
  const shapes = inputs.map((input) => constantShape(input.shape)!);
  const elements: Dimension[] = [];
  for (const place of placesOf(shape)) {
    const element = apply(...operands.map((operand, i) => operand[broadcastIndex(shapes[i], place)]));
    if (element === undefined) return undefined;
    elements.push(element);
  }
  return elements;
}

/** The elements as whole numbers, where they are and are known. */
function sizesOf(value: TensorValue): readonly Dimension[] | undefined {
  const known = value.known ?? value.whole;
  if (known !== undefined || (value.dtype !== DType.FLOAT32 && value.dtype !== DType.BOOL)) return known;
  const constant = constantTensor(value);
  if (constant === undefined || elementsOf(constant.shape) > MAX_KNOWN) return undefined;
  const numbers = wordsOf(constant).map((word) =>
    value.dtype === DType.BOOL ? Number(word) : float32.toNumber(Number(word)),
  );
  return numbers.every((number) => Number.isSafeInteger(number))
    ? numbers.map((number) => Dimension.constant(number))
    : undefined;
}

/** Elements of a reduction of known ones over axes, which `combine` takes one after the other; of no elements `none`. */
export function knownReduced(
  { shape, known }: TensorValue,
  reduced: readonly number[],
  combine: (sum: Dimension, element: Dimension) => Dimension,
  none?: Dimension,
): readonly Dimension[] | undefined {
  const sizes = constantShape(shape);
  if (known === undefined || sizes === undefined) return undefined;
  const isReduced = (axis: number): boolean => reduced.includes(axis);
  const left = sizes.map((size, axis) => (isReduced(axis) ? 1 : size));
  const count = left.reduce((product, size) => product * size, 1);
  const elements = new Array<Dimension | undefined>(count).fill(none);
  for (const place of placesOf(sizes)) {
    const element = known[linearOf(sizes, place)];
    const at = linearOf(
      left,
      place.map((coordinate, axis) => (isReduced(axis) ? 0 : coordinate)),
    );
    const before = elements[at];
    elements[at] = before === undefined ? element : combine(before, element);
  }
  return elements.every((element) => element !== undefined) ? elements : undefined;
}

/** A shape as numbers, where all its sizes are constants and it is small. */
export function constantShape(shape: readonly Dimension[]): number[] | undefined {
  const sizes = shape.map((size) => size.constant);
  if (!sizes.every((size) => size !== undefined)) return undefined;
  return (countOf(shape).constant ?? Infinity) <= MAX_KNOWN ? sizes : undefined;
}

/** All coordinates of a shape, row-major. */
export function* placesOf(shape: readonly number[]): Generator<number[]> {
  const place = shape.map(() => 0);
  for (let left = shape.reduce((product, size) => product * size, 1); left > 0; left--) {
    yield [...place];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++place[axis] < shape[axis]) break;
      place[axis] = 0;
    }
  }
}

/** Linear index of coordinates. */
export function linearOf(shape: readonly number[], place: readonly number[]): number {
  return shape.reduce((index, size, axis) => index * size + place[axis], 0);
}

function broadcastIndex(shape: readonly number[], place: readonly number[]): number {
  const skipped = place.length - shape.length;
  return linearOf(
    shape,
    shape.map((size, axis) => (size === 1 ? 0 : place[skipped + axis])),
  );
}

/** Whether a size is below another, where that is the same for all their values. */
export function knownLess(a: Dimension, b: Dimension): Dimension | undefined {
  const { least, greatest } = a.sub(b);
  if (greatest < 0) return Dimension.constant(1);
  return least >= 0 ? Dimension.constant(0) : undefined;
}

/** Whether a size is not above another, where that is the same for all their values. */
export function knownLessOrEqual(a: Dimension, b: Dimension): Dimension | undefined {
  return knownNot(knownLess(b, a));
}

/** The other truth. */
export function knownNot(truth: Dimension | undefined): Dimension | undefined {
  const constant = truth?.constant;
  return constant === undefined ? undefined : Dimension.constant(constant === 0 ? 1 : 0);
}
