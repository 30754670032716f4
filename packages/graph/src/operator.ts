/**
 * What an operator's file defines, and what its lowering is given: inputs with their types checked, attributes, and the
 * graph to add nodes to.
 */
import { DType, float32, nameOf, wordsOf } from "@assay/vm";
import { checkEqual, Dimension, formatShape } from "./dimension.ts";
import { check, GraphError, type GraphErrorCode } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { Moves } from "./lowering/dequantised.ts";
import type { Attributes } from "./onnx/attributes.ts";
import type { GraphProto } from "./onnx/schema.ts";
import { constantTensor, type TensorValue } from "./tensorValue.ts";

/** Domain of the operators that onnxruntime adds. */
export const MICROSOFT = "com.microsoft";

export interface Operator {
  readonly name: string;
  /** Empty for `ai.onnx`, the default. */
  readonly domain?: string;
  /** Least and greatest number of inputs. */
  readonly inputs: readonly [number, number];
  /** Of the inputs up to the least number, those that may be absent all the same, by an empty name; none if absent. */
  readonly absent?: readonly number[];
  /** Greatest number of outputs; 1 if absent. */
  readonly outputs?: number;
  /**
   * Present where its outputs hold elements of its first input, or of all, at other places and as they are, and `outside` where
   * an index is. Such an operator moves the bytes of what is dequantised.
   */
  readonly moves?: Moves;
  /** Where an axis of the first input is then; an operator without this moves no bytes that have a scale for each place of one. */
  movedAxis?(node: NodeContext, axis: number): number;
  /** Whether it takes tensors of strings, which are indices with a table; others refuse them. */
  readonly strings?: boolean;
  /** Whether the node holds subgraphs: what is constant in them is folded node by node. */
  readonly control?: boolean;
  /** Adds the lowering to the graph and returns the outputs, in order. Throws `GraphError`. */
  lower(node: NodeContext): TensorValue | readonly (TensorValue | undefined)[];
}

/** A subgraph of a node, to be lowered once or many times; it sees the names around the node. */
export interface Subgraph {
  /** Number of inputs it declares. */
  readonly inputs: number;
  /** Adds its nodes to a graph, the node's if absent. Its inputs are given in order; returns its outputs. Throws `GraphError`. */
  lower(inputs: readonly TensorValue[], graph?: Graph): TensorValue[];
  /** The outputs as `lower` gives them, to see what is known of them; no graph is added to. Throws `GraphError`. */
  examine(inputs: readonly TensorValue[]): TensorValue[];
}

/** What the lowering of a node is given. */
export interface NodeGiven extends Pick<
  NodeContext,
  "graph" | "attributes" | "opset" | "outputs" | "integerProducts" | "outside" | "remark"
> {
  /** Absent ones are undefined. */
  readonly inputs: readonly (TensorValue | undefined)[];
  readonly subgraph: (proto: GraphProto) => Subgraph;
}

/** One node of the model while it is lowered. */
export class NodeContext {
  readonly graph: Graph;
  readonly attributes: Attributes;
  /** Version of the operator set. */
  readonly opset: number;
  /** Outputs that the node names; an absent one has an empty name. */
  readonly outputs: readonly string[];
  /** Tells people what the lowering takes otherwise than the file says. */
  readonly remark: (text: string) => void;
  /** Whether products of dequantised tensors may be computed in integers. */
  readonly integerProducts: boolean;
  /** What stands where an index is outside the first input: 0, or the byte that is 0 where its bytes are moved. */
  readonly outside: number;
  readonly #inputs: readonly (TensorValue | undefined)[];
  readonly #subgraph: (proto: GraphProto) => Subgraph;

  constructor({ graph, attributes, opset, inputs, outputs, integerProducts, outside, remark, subgraph }: NodeGiven) {
    this.graph = graph;
    this.attributes = attributes;
    this.opset = opset;
    this.#inputs = inputs;
    this.outputs = outputs;
    this.integerProducts = integerProducts;
    this.outside = outside;
    this.remark = remark;
    this.#subgraph = subgraph;
  }

  /** The subgraph that an attribute holds. */
  subgraph(attribute: string): Subgraph {
    return this.#subgraph(this.attributes.graph(attribute));
  }

  /** Number of inputs given, absent ones between them included. */
  get inputCount(): number {
    return this.#inputs.length;
  }

  /** Input `index`, which must be there and, if `dtypes` are given, of one of them. */
  input(index: number, ...dtypes: readonly DType[]): TensorValue {
    const value = this.optional(index, ...dtypes);
    check(value !== undefined, "BAD_ARITY", `input ${index} is missing`);
    return value;
  }

  /** Input `index`, if it is there. */
  optional(index: number, ...dtypes: readonly DType[]): TensorValue | undefined {
    const value = this.#inputs[index];
    if (value !== undefined && dtypes.length > 0 && !dtypes.includes(value.dtype)) {
      const wanted = dtypes.map(nameOf).join(", ");
      this.fail("TYPE_MISMATCH", `input ${index} is ${nameOf(value.dtype)}, not ${wanted}`);
    }
    return value;
  }

  /** All inputs; none may be absent. */
  all(...dtypes: readonly DType[]): TensorValue[] {
    return this.#inputs.map((_, i) => this.input(i, ...dtypes));
  }

  /** Throws TYPE_MISMATCH unless all values have one type. */
  sameType(...values: readonly (TensorValue | undefined)[]): DType {
    const types = new Set(values.flatMap((value) => (value === undefined ? [] : [value.dtype])));
    check(types.size === 1, "TYPE_MISMATCH", `inputs are ${[...types].map(nameOf).join(" and ")}`);
    return [...types][0];
  }

  /** Elements of an integer input that are known at import. */
  known(index: number): readonly Dimension[] | undefined {
    const value = this.optional(index);
    if (value === undefined) return undefined;
    if (value.known === undefined) {
      const why =
        constantTensor(value) === undefined
          ? "its values are known only at run time; fix it at import (--bind)"
          : "it is not small";
      this.fail("DATA_DEPENDENT_SHAPE", `input ${index} decides a shape, but ${why}`);
    }
    return value.known;
  }

  /** The one element of an integer input that is known at import. */
  scalar(index: number): Dimension | undefined {
    const known = this.known(index);
    check(known === undefined || known.length === 1, "SHAPE_MISMATCH", `input ${index} is not one number`);
    return known?.[0];
  }

  /** Elements of an integer input that are constants of the model. */
  constants(index: number): readonly number[] | undefined {
    return this.known(index)?.map((value) => {
      const { constant } = value;
      if (constant === undefined) this.fail("DATA_DEPENDENT_SHAPE", `input ${index} holds ${value}, not a constant`);
      return constant;
    });
  }

  /** Elements of an input of floats that are constants of the model. */
  floats(index: number): readonly number[] {
    const value = this.input(index, DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16);
    const tensor = constantTensor(value);
    if (tensor === undefined) {
      this.fail("DATA_DEPENDENT_SHAPE", `input ${index} decides a shape, but its values are known only at run time`);
    }
    return wordsOf(tensor).map((word) => float32.toNumber(Number(word)));
  }

  /** An axis of a tensor of this rank, counted from the end if negative. */
  axis(axis: number, rank: number): number {
    const inside = Number.isInteger(axis) && axis >= -rank && axis < rank;
    check(inside, "BAD_ATTRIBUTE", `axis ${axis} of a tensor of rank ${rank}`);
    return axis < 0 ? axis + rank : axis;
  }

  /** Throws SHAPE_MISMATCH unless two sizes are the same. */
  equalSizes(a: Dimension | number, b: Dimension | number, what: string): void {
    checkEqual(a, b, `${what}: ${a} is not ${b}`);
  }

  /** Throws SHAPE_MISMATCH unless the value has this rank. */
  rank(value: TensorValue, rank: number, what: string): void {
    check(
      value.shape.length === rank,
      "SHAPE_MISMATCH",
      `${what} has shape ${formatShape(value.shape)}, not rank ${rank}`,
    );
  }

  fail(code: GraphErrorCode, reason: string): never {
    throw new GraphError(code, reason);
  }
}

/** A constant size, or an error that says what it is the size of. */
export function constantSize(size: Dimension, what: string): number {
  const { constant } = size;
  check(constant !== undefined, "UNSUPPORTED", `${what} is ${size}, but must be a constant`);
  return constant;
}
