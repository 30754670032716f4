/**
 * A loop as a row group: its body is lowered once, and each of its nodes becomes a tensor with a row for each time round.
 * What the body hands on it reads from the row before, the first time from what the loop starts with.
 */
import { DType, MAX_RANK, type Value } from "@assay/vm";
import { Dimension, sameShape } from "../dimension.ts";
import { check } from "../errors.ts";
import { Graph } from "../graph.ts";
import { finished } from "../finish.ts";
import type { LoweredNode } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import { RowCode } from "../rowCode.ts";
import type { TensorValue } from "../tensorValue.ts";
import { viewValue } from "../view.ts";

/** A value that the body hands on to the next time round. */
interface Carried {
  readonly first: TensorValue;
  /** The node of the body that holds it at the end of a time round, once that is known. */
  next: LoweredNode | undefined;
}

/** A loop of some rows: lower the body into `graph` with `carried` values, then `finish`. */
export class RowLoop {
  readonly graph: Graph;
  readonly #target: Graph;
  readonly #rows: Dimension;
  readonly #carried = new Map<TensorValue, Carried>();
  /** The row group's tensors; none before `finish`. */
  readonly #members = new Map<LoweredNode, TensorValue>();

  constructor(target: Graph, rows: Dimension) {
    this.#target = target;
    this.#rows = rows;
    this.graph = new Graph(target.lastCall, true);
    this.graph.operator = target.operator;
  }

  /** A value that depends on the time round. */
  value(
    dtype: DType,
    shape: readonly Dimension[],
    read: (code: NodeCode, row: Value, place: readonly Value[]) => Value,
  ): TensorValue {
    const readRow = (code: NodeCode, place: readonly Value[]) =>
      read(code, this.#inRow(code)?.row() ?? code.constant(0), place);
    return viewValue(dtype, { shape, nodes: [], earlier: false, read: readRow });
  }

  /** A value as the body finds it: `first` the first time round, then what `finish` is told. */
  carried(first: TensorValue): TensorValue {
    const { dtype, shape, source, labels } = first;
    check(labels === undefined, "UNSUPPORTED", "a loop that hands on strings");
    const state: Carried = { first, next: undefined };
    const read = (code: NodeCode, place: readonly Value[]): Value => {
      const linear = code.linearIndex(shape, place);
      const inRow = this.#inRow(code);
      if (inRow === undefined) return code.read(first, linear);
      const before = inRow.before(state.next!, linear);
      if (source.kind === "splat" && source.word === 0) return before;
      return code.select(inRow.row(), before, code.read(first, linear));
    };
    const value = viewValue(dtype, { shape, nodes: [], earlier: false, read });
    this.#carried.set(value, state);
    return value;
  }

  /** The code as that of a row of this loop; undefined while the body is lowered, when it stands for the first row. */
  #inRow(code: NodeCode): RowCode | undefined {
    return code instanceof RowCode && code.members === this.#members ? code : undefined;
  }

  /**
   * Makes the row group of what carried values become and of what is collected. Returns what they are at the loop's end, and the
   * collected ones, rows first. Throws `GraphError` where the body cannot be computed by rows: it holds a row group of its own, what it
   * hands on changes its type or shape, or its code becomes too long.
   */
  finish(
    next: readonly (readonly [carried: TensorValue, becomes: TensorValue])[],
    collected: readonly TensorValue[],
  ): { last: TensorValue[]; collected: TensorValue[] } {
    const values = [...next.map(([, value]) => value), ...collected];
    check(!values.some(({ labels }) => labels !== undefined), "UNSUPPORTED", "a loop that makes strings");
    const roots = this.#nodesOf(values);
    next.forEach(([carried, { dtype, shape }], i) => {
      const same = dtype === carried.dtype && sameShape(shape, carried.shape);
      check(same, "UNSUPPORTED", "what a loop hands on changes its type or shape");
      this.#carried.get(carried)!.next = roots[i];
    });
    this.#makeGroup(finished(this.graph, roots));
    const all = values.map(({ shape }, i): TensorValue => ({
      ...this.#members.get(roots[i])!,
      shape: [this.#rows, ...shape],
    }));
    return {
      last: next.map(([carried], i) => lastRow(this.#target, all[i], this.#carried.get(carried)!.first)),
      collected: all.slice(next.length),
    };
  }

  /** The nodes of the body that hold values: their own, or copies of what is not the body's. */
  #nodesOf(values: readonly TensorValue[]): LoweredNode[] {
    const own = new Set(this.graph.nodes);
    this.graph.operator = this.#target.operator;
    return values.map((value) => {
      const { source } = value;
      if (source.kind === "node" && own.has(source.node)) return source.node;
      const copy = this.graph.map(value.dtype, value.shape, (code) => code.element(value));
      if (copy.source.kind !== "node") throw new Error("a map is a node");
      return copy.source.node;
    });
  }

  /** The nodes of the body as a row group. */
  #makeGroup(body: readonly LoweredNode[]): void {
    for (const { group, shape } of body) {
      check(group === undefined, "UNSUPPORTED", "what is computed row by row inside a loop that is");
      check(shape.length < MAX_RANK, "TOO_LARGE", `a tensor of rank ${shape.length} in a loop`);
    }
    const graph = this.#target;
    const { operator } = graph;
    const group = graph.rowGroup();
    const declared = body.map((node) => {
      graph.operator = node.operator;
      return group.declare(node.dtype, [this.#rows, ...node.shape]);
    });
    graph.operator = operator;
    body.forEach((node, i) => this.#members.set(node, declared[i].value));
    body.forEach((node, i) => declared[i].node.define({ ...node.body, row: this.#members }));
  }
}

/** What was handed on by the last row; `first` where there is none. */
function lastRow(graph: Graph, member: TensorValue, first: TensorValue): TensorValue {
  const [rows, ...shape] = member.shape;
  return graph.map(member.dtype, shape, (code) => {
    const last = code.read(member, code.linearIndex(member.shape, [code.size(rows.sub(1)), ...code.coordinates()]));
    if (rows.constant !== undefined) return last;
    return code.select(code.size(rows), last, code.element(first));
  });
}
