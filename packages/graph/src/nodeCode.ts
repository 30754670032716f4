/**
 * A code builder that knows the tensors of a graph: it reads elements of `TensorValue`s, turns dimensions into code, and
 * collects the operands that the loads need.
 */
import { bytesIdentity, CodeBuilder, ConstantPool, DType, type Value, type Word } from "@assay/vm";
import { countOf, Dimension, sameShape } from "./dimension.ts";
import type { LoweredNode } from "./loweredNode.ts";
import type { Source, TensorValue } from "./tensorValue.ts";
import type { View } from "./view.ts";

/** The sources a node loads from, each once, in order of first use. */
export class OperandTable {
  readonly sources: Source[] = [];

  indexOf(source: Source): number {
    const known = this.sources.findIndex((other) => sameSource(other, source));
    return known >= 0 ? known : this.sources.push(source) - 1;
  }

  /** The nodes among the sources. */
  get nodes(): LoweredNode[] {
    return this.sources.flatMap((source) => (source.kind === "node" ? [source.node] : []));
  }
}

function sameSource(a: Source, b: Source): boolean {
  switch (a.kind) {
    case "input":
      return b.kind === "input" && a.index === b.index;
    case "parameter":
      return b.kind === "parameter" && bytesIdentity(a.tensor) === bytesIdentity(b.tensor);
    case "splat":
    case "view":
      return false;
    case "node":
      return b.kind === "node" && a.node === b.node;
    case "history":
      return b.kind === "history" && a.history === b.history;
  }
}

/** Coordinates in a shape. */
interface Place {
  readonly shape: readonly Dimension[];
  /** Undefined stands for coordinate 0. */
  readonly coordinates: readonly (Value | undefined)[];
}

export class NodeCode extends CodeBuilder {
  /** Shape of the node being written. */
  readonly shape: readonly Dimension[];
  readonly #operands: OperandTable;
  readonly #fused = new Map<LoweredNode, Value>();
  /** What linear indices were made from. */
  readonly #places = new Map<Value, Place[]>();

  constructor(shape: readonly Dimension[], operands: OperandTable, pool: ConstantPool) {
    super(pool);
    this.shape = shape;
    this.#operands = operands;
  }

  /** From here on, reading `node` at the element's own place gives `value`. */
  fuse(node: LoweredNode, value: Value): void {
    this.#fused.set(node, this.rounded(node.dtype, value));
  }

  /** The value of a node that is fused into this one. */
  protected fused(node: LoweredNode): Value | undefined {
    return this.#fused.get(node);
  }

  /** Element `linear` of a tensor; 0 outside it. */
  read(tensor: TensorValue, linear: Value): Value {
    const { source } = tensor;
    if (source.kind === "splat") return this.word(source.word);
    if (source.kind === "view") return this.#view(source.view, linear);
    const fused = source.kind === "node" ? this.fused(source.node) : undefined;
    if (fused !== undefined) return fused;
    if (source.kind === "history") return this.readCall(tensor, linear, this.isub(this.call(), this.constant(1)));
    return this.load(this.#operands.indexOf(source), linear);
  }

  /** Element `linear` of a history in an earlier call; 0 outside it. */
  readCall(history: TensorValue, linear: Value, call: Value): Value {
    return this.load(this.#operands.indexOf(history.source), linear, call);
  }

  /** The element that `condition` guards: where it is false +0, or another word. */
  readIf(condition: Value, tensor: TensorValue, linear: Value, otherwise = 0): Value {
    const { kind } = tensor.source;
    if (kind === "splat" || kind === "view" || otherwise !== 0)
      return this.select(condition, this.read(tensor, linear), this.constantInt(otherwise));
    return this.read(tensor, this.select(condition, linear, this.constantInt(-1)));
  }

  /** The element at the node's own place, broadcast from the right as in numpy. */
  element(tensor: TensorValue): Value {
    if (tensor.source.kind === "splat") return this.word(tensor.source.word);
    if (sameShape(tensor.shape, this.shape)) return this.read(tensor, this.linear());
    const skipped = this.shape.length - tensor.shape.length;
    const coordinates = tensor.shape.map((size, axis) => (size.equals(1) ? undefined : this.index(skipped + axis)));
    return this.read(tensor, this.linearIndex(tensor.shape, coordinates));
  }

  /** Linear index of coordinates in a shape; undefined stands for coordinate 0. */
  linearIndex(shape: readonly Dimension[], coordinates: readonly (Value | undefined)[]): Value {
    let sum: Value | undefined;
    let stride = Dimension.constant(1);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const coordinate = coordinates[axis];
      if (coordinate !== undefined) {
        const term = this.times(coordinate, stride);
        sum = sum === undefined ? term : this.iadd(term, sum);
      }
      stride = stride.mul(shape[axis]);
    }
    const linear = sum ?? this.constant(0);
    this.#places.set(linear, [...(this.#places.get(linear) ?? []), { shape, coordinates }]);
    return linear;
  }

  /** Coordinates in `shape` of a linear index: those it was made from, or else quotients and remainders. */
  placeOf(linear: Value, shape: readonly Dimension[]): readonly Value[] {
    const known = this.#places.get(linear)?.find((place) => sameShape(place.shape, shape));
    if (known !== undefined) return known.coordinates.map((coordinate) => coordinate ?? this.constant(0));
    if (linear === this.linear() && sameShape(this.shape, shape)) return this.coordinates();
    return this.split(linear, shape);
  }

  #view(view: View, linear: Value): Value {
    const element = view.read(this, this.placeOf(linear, view.shape));
    return this.#places.has(linear) || linear === this.linear()
      ? element
      : this.select(this.within(linear, countOf(view.shape)), element, this.constant(0));
  }

  /** All coordinates of the element. */
  coordinates(): Value[] {
    return this.shape.map((_, axis) => this.index(axis));
  }

  /** value × size. */
  times(value: Value, size: Dimension | number): Value {
    const dimension = Dimension.of(size);
    return dimension.equals(1) ? value : this.imul(value, this.size(dimension));
  }

  /** value + size; a negative constant is subtracted. */
  plus(value: Value, size: Dimension | number): Value {
    const dimension = Dimension.of(size);
    const { constant } = dimension;
    if (constant === 0) return value;
    if (constant !== undefined && constant < 0) return this.isub(value, this.constantInt(-constant));
    return this.iadd(value, this.size(dimension));
  }

  /** Quotient and remainder of a non-negative value by a size. */
  divide(value: Value, size: Dimension | number): [Value, Value] {
    const dimension = Dimension.of(size);
    if (dimension.equals(1)) return [value, this.constant(0)];
    const divisor = this.size(dimension);
    return [this.udiv(value, divisor), this.urem(value, divisor)];
  }

  /** Coordinates of a linear index in a shape. */
  split(linear: Value, shape: readonly Dimension[]): Value[] {
    const coordinates: Value[] = [];
    let rest = linear;
    for (let axis = shape.length - 1; axis > 0; axis--) {
      const [quotient, remainder] = this.divide(rest, shape[axis]);
      coordinates.unshift(remainder);
      rest = quotient;
    }
    return shape.length === 0 ? [] : [rest, ...coordinates];
  }

  /** 0 ≤ value < size; value must be above -2^63. */
  within(value: Value, size: Dimension | number): Value {
    return this.ult(value, this.size(Dimension.of(size)));
  }

  /** A dimension as code. */
  size(dimension: Dimension | number): Value {
    return this.#expression(Dimension.of(dimension).toExpression());
  }

  /** Any word as a constant. */
  word(word: Word): Value {
    return this.constantInt(word);
  }

  /** What the word becomes when it is stored as `dtype` and loaded again. Words of a float32 are canonical already. */
  rounded(dtype: DType, value: Value): Value {
    switch (dtype) {
      case DType.FLOAT16:
        return this.htof(this.ftoh(value));
      case DType.BFLOAT16:
        return this.btof(this.ftob(value));
      default:
        return this.wrapped(dtype, value);
    }
  }

  /** An integer wrapped to its type; other types are left alone. */
  wrapped(dtype: DType, value: Value): Value {
    switch (dtype) {
      case DType.INT8:
        return this.wrapi8(value);
      case DType.INT16:
        return this.wrapi16(value);
      case DType.INT32:
        return this.wrapi32(value);
      case DType.UINT8:
        return this.wrapu8(value);
      case DType.UINT16:
        return this.wrapu16(value);
      case DType.UINT32:
        return this.wrapu32(value);
      case DType.UINT4:
        return this.and(value, this.constant(15));
      case DType.INT4:
        return this.ishr(this.shl(value, this.constant(60)), this.constant(60));
      default:
        return value;
    }
  }

  #expression(expression: ReturnType<Dimension["toExpression"]>): Value {
    switch (expression.op) {
      case "const":
        return this.constantInt(expression.value);
      case "symbol":
        return this.symbol(expression.index);
      case "call":
        return this.call();
      default: {
        const left = this.#expression(expression.left);
        const right = this.#expression(expression.right);
        switch (expression.op) {
          case "add":
            return this.iadd(left, right);
          case "sub":
            return this.imax(this.isub(left, right), this.constant(0));
          case "mul":
            return this.imul(left, right);
          case "div":
            return this.udiv(left, right);
          case "ceilDiv":
            return this.select(right, this.udiv(this.iadd(left, this.isub(right, this.constant(1))), right), right);
          case "rem":
            return this.urem(left, right);
          case "min":
            return this.umin(left, right);
          case "max":
            return this.umax(left, right);
        }
      }
    }
  }
}
