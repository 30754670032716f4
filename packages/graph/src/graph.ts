/**
 * A graph being lowered: a list of nodes in the order in which they were made, which is an order of evaluation. Operators
 * add to it through `map`, `elementwise`, `reduce` and `rowGroup`.
 */
import type { DType, Value } from "@assay/vm";
import { bounded } from "./bounded.ts";
import { checkEqual, Dimension, formatShape } from "./dimension.ts";
import { check } from "./errors.ts";
import { LoweredNode, type MapBody, type ReduceBody, type RowGroup } from "./loweredNode.ts";
import type { NodeCode } from "./nodeCode.ts";
import type { TensorValue } from "./tensorValue.ts";
import { elementwiseView } from "./view.ts";

/** Declares the nodes of a row group; all of them before anything else is added to the graph. */
export interface RowGroupBuilder {
  declare(dtype: DType, shape: readonly Dimension[]): { readonly value: TensorValue; readonly node: LoweredNode };
}

export class Graph {
  readonly nodes: LoweredNode[] = [];
  /** Greatest number of a call that computes this graph. */
  readonly lastCall: number;
  /** Whether its nodes will be those of one row group, so that it can hold no group of its own. */
  readonly ofRows: boolean;
  /** Operator whose lowering is being made. */
  operator = "";

  constructor(lastCall = 0, ofRows = false) {
    this.lastCall = lastCall;
    this.ofRows = ofRows;
  }

  /** A tensor whose element is what `value` computes. */
  map(dtype: DType, shape: readonly Dimension[], value: (code: NodeCode) => Value): TensorValue {
    return this.#add(dtype, shape, { kind: "map", value });
  }

  /** A tensor whose element is computed from the elements of `inputs` at its place, broadcast to one shape. */
  elementwise(
    dtype: DType,
    inputs: readonly TensorValue[],
    apply: (code: NodeCode, ...elements: Value[]) => Value,
    shape: readonly Dimension[] = broadcastShape(inputs.map((input) => input.shape)),
  ): TensorValue {
    const view = elementwiseView(dtype, shape, inputs, apply);
    if (view !== undefined) return view;
    const value = (code: NodeCode) => apply(code, ...inputs.map((input) => code.element(input)));
    return this.#add(dtype, shape, { kind: "map", elementwise: inputs, value });
  }

  /** A tensor whose element is the end of a reduction. Its length may grow with the call number. */
  reduce(dtype: DType, shape: readonly Dimension[], body: Omit<ReduceBody, "kind">): TensorValue {
    return this.#add(dtype, shape, { kind: "reduce", ...bounded(body, this.lastCall) });
  }

  /** Nodes computed together row by row: declare all of them, then define each. Throws UNSUPPORTED inside such a group. */
  rowGroup(): RowGroupBuilder {
    check(!this.ofRows, "UNSUPPORTED", "what is computed row by row inside a loop that is");
    const group: RowGroup = { nodes: [] };
    return {
      declare: (dtype, shape) => {
        const node = new LoweredNode(this.operator, dtype, shape, group);
        group.nodes.push(node);
        this.nodes.push(node);
        return { node, value: { dtype, shape, source: { kind: "node", node } } };
      },
    };
  }

  /** A node of its own whose code is defined later. */
  declare(dtype: DType, shape: readonly Dimension[]): ReturnType<RowGroupBuilder["declare"]> {
    const node = new LoweredNode(this.operator, dtype, shape);
    this.nodes.push(node);
    return { node, value: { dtype, shape, source: { kind: "node", node } } };
  }

  #add(dtype: DType, shape: readonly Dimension[], body: MapBody | ReduceBody): TensorValue {
    const node = new LoweredNode(this.operator, dtype, shape);
    node.define(body);
    this.nodes.push(node);
    return { dtype, shape, source: { kind: "node", node } };
  }
}

/** The shape that all broadcast to, aligned from the right. Throws SHAPE_MISMATCH. */
export function broadcastShape(shapes: readonly (readonly Dimension[])[]): Dimension[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = Dimension.constant(1);
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length];
      if (own === undefined || own.equals(1) || own.equals(size)) continue;
      if (!size.equals(1)) checkEqual(size, own, `${shapes.map(formatShape).join(" and ")} do not broadcast`);
      size = own;
    }
    return size;
  });
}
