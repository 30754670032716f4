/**
 * What an ONNX value becomes while a graph is lowered: a type, a shape, and where its elements lie. Reshape and its kin
 * make a new value over the same source, for only linear indices matter to a load.
 */
import {
  countOf as elementsOf,
  DType,
  loadWord,
  tensorOfWords,
  withDimensions,
  wordsOf,
  type Tensor,
  type Word,
} from "@assay/vm";
import { countOf, Dimension } from "./dimension.ts";
import { partOf, reshapedPart, type CachePart } from "./lowering/cachePart.ts";
import type { LoweredNode } from "./loweredNode.ts";
import type { View } from "./view.ts";

/** A node's value in the call before this one: of call 0 by one node, of later calls by another. */
export interface History {
  prompt: LoweredNode | undefined;
  decode: LoweredNode | undefined;
}

/** What floats were dequantised from: each is (an element of the tensor, at the same linear index - its zero point) · its scale. */
export interface Quantised {
  /** Integers of 8 bits. */
  readonly tensor: TensorValue;
  readonly grid: Grid;
}

/** Scales and zero points that are constants of the model. */
export interface Grid {
  /** One, or one for each place of the axis. */
  readonly scales: readonly number[];
  /** As many. */
  readonly zeros: readonly number[];
  /** An axis of the quantised tensor; undefined where there is one scale. */
  readonly axis: number | undefined;
}

export type Source =
  | { readonly kind: "input"; readonly index: number }
  /** Read what it is dequantised from with `quantisedOf`. */
  | { readonly kind: "parameter"; readonly tensor: Tensor; readonly quantised?: Quantised }
  /** Every element is this word: a constant of the code, never loaded. */
  | { readonly kind: "splat"; readonly word: Word }
  | { readonly kind: "node"; readonly node: LoweredNode; readonly quantised?: Quantised }
  | { readonly kind: "history"; readonly history: History }
  /** Elements that are computed or found wherever they are read, and stored nowhere. */
  | { readonly kind: "view"; readonly view: View };

export interface TensorValue {
  readonly dtype: DType;
  readonly shape: readonly Dimension[];
  readonly source: Source;
  /** The elements of a small integer tensor, where they follow from constants, symbols and the call number. */
  readonly known?: readonly Dimension[];
  /** The elements of a small float tensor that are sizes: whole, and small enough to be exact. */
  readonly whole?: readonly Dimension[];
  /** Where the tensor is one of strings: the strings that its integers stand for. */
  readonly labels?: readonly string[];
  /** Where the tensor shows a generation's cache: what of it. Read it with `partOf`. */
  readonly part?: CachePart | undefined;
}

/** Most elements of a tensor whose values are followed through shape arithmetic. */
export const MAX_KNOWN = 1024;

/** A constant as a value; one element becomes a constant of the code. */
export function constantValue(tensor: Tensor): TensorValue {
  const count = elementsOf(tensor.shape);
  const shape = tensor.shape.map((size) => Dimension.constant(size));
  const known = knownElements(tensor);
  const source: Source =
    count === 1 ? { kind: "splat", word: loadWord(tensor.dtype, tensor.data, 0) } : { kind: "parameter", tensor };
  return { dtype: tensor.dtype, shape, source, ...(known && { known }) };
}

function knownElements(tensor: Tensor): readonly Dimension[] | undefined {
  if (tensor.dtype !== DType.INT64 && tensor.dtype !== DType.INT32) return undefined;
  if (elementsOf(tensor.shape) > MAX_KNOWN) return undefined;
  // Beyond 2^53 a size means "to the end" (2^63 - 1), whatever it is exactly.
  const far = Number.MAX_SAFE_INTEGER;
  const sizeOf = (word: Word): number => (typeof word === "number" ? word : word < 0n ? -far : far);
  return wordsOf(tensor).map((word) => Dimension.constant(sizeOf(word)));
}

/** Beyond this a known element may stand for "to the end", or be one that wraps in a narrower type. */
const GREATEST_KNOWN = 2 ** 31 - 1;

/** The value as a constant where its elements are all known at import, so that what is computed from it can be folded. */
export function settled(value: TensorValue): TensorValue {
  if (value.known === undefined || isConstant(value)) return value;
  const shape = value.shape.map((size) => size.constant);
  const words = value.known.map(({ constant }) => constant);
  if (!shape.every((size) => size !== undefined) || !words.every((word) => word !== undefined)) return value;
  const small = words.every((word) => Number.isInteger(word) && Math.abs(word) <= GREATEST_KNOWN);
  if (!small || words.length !== elementsOf(shape)) return value;
  return { ...constantValue(tensorOfWords(value.dtype, shape, words)), known: value.known };
}

/** A tensor of one repeated word. */
export function splat(dtype: DType, shape: readonly Dimension[], word: Word): TensorValue {
  return { dtype, shape, source: { kind: "splat", word } };
}

/** The same elements in another shape. */
export function withShape(value: TensorValue, shape: readonly Dimension[]): TensorValue {
  const part = reshapedPart(partOf(value), shape);
  return value.part === undefined ? { ...value, shape } : { ...value, shape, part };
}

/** Whether the value is fixed by the model alone. */
export function isConstant(value: TensorValue): boolean {
  return value.source.kind === "parameter" || value.source.kind === "splat";
}

/** The value as a tensor, if it is a constant of constant shape. */
export function constantTensor(value: TensorValue): Tensor | undefined {
  const shape = value.shape.map((size) => size.constant);
  if (!shape.every((size) => size !== undefined)) return undefined;
  if (value.source.kind === "parameter") return withDimensions(value.source.tensor, shape);
  if (value.source.kind !== "splat") return undefined;
  const count = countOf(value.shape).constant!;
  return count <= MAX_KNOWN ? splatTensor(value.dtype, shape, value.source.word) : undefined;
}

function splatTensor(dtype: DType, shape: readonly number[], word: Word): Tensor {
  return tensorOfWords(dtype, shape, new Array<Word>(elementsOf(shape)).fill(word));
}
