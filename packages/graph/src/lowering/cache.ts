/**
 * The key/value cache of a generation: rows along one axis, those of the prompt made in call 0, then one row a call. It is
 * a history, so nothing is moved when a row is added: the row of position p lies in call 0 below the prompt's length, else
 * in call p - length + 1, and the newest row in a node of this call.
 */
import type { Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import type { LoweredNode } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { History, TensorValue } from "../tensorValue.ts";
import { viewValue } from "../view.ts";

export interface Cache {
  readonly history: History;
  /** Axis of the positions. */
  readonly axis: number;
  /** Positions of call 0. */
  readonly promptLength: Dimension;
  /** The row that this call adds; none in the cache as earlier calls left it. */
  readonly newest: LoweredNode | undefined;
}

/** The cache as a decode call finds it: rows of the prompt and of the calls before. */
export function pastCache(past: Pick<TensorValue, "dtype" | "shape">, cache: Omit<Cache, "newest">): TensorValue {
  return cacheValue(past, { ...cache, newest: undefined });
}

/**
 * A cache with the row of this call behind it; undefined where `past` is no cache, or `row` is not one row along its axis.
 */
export function appended(graph: Graph, past: TensorValue, row: TensorValue, axis: number): TensorValue | undefined {
  const cache = past.source.kind === "view" ? past.source.view.cache : undefined;
  if (cache === undefined || cache.newest !== undefined || cache.axis !== axis) return undefined;
  if (!row.shape[axis].equals(1)) return undefined;
  const shape = past.shape.map((size, i) => (i === axis ? size.add(1) : size));
  return cacheValue({ dtype: past.dtype, shape }, { ...cache, newest: ownNode(graph, row) });
}

/** A node with the elements of `value`, in their order: its own, or a copy. */
export function ownNode(graph: Graph, value: TensorValue): LoweredNode {
  if (value.source.kind === "node") return value.source.node;
  const copy = graph.map(value.dtype, value.shape, (code) => code.element(value));
  if (copy.source.kind !== "node") throw new Error("a map is a node");
  return copy.source.node;
}

function cacheValue({ dtype, shape }: Pick<TensorValue, "dtype" | "shape">, cache: Cache): TensorValue {
  const { history, axis, promptLength, newest } = cache;
  /** Rows of one call, as a tensor without its axis of positions. */
  const outer = shape.slice(0, axis);
  const inner = shape.slice(axis + 1);
  const size = inner.reduce((product, own) => product.mul(own), Dimension.constant(1));
  const earlier: TensorValue = { dtype, shape, source: { kind: "history", history } };
  const read = (code: NodeCode, place: readonly Value[]): Value => {
    const position = place[axis];
    const block = code.linearIndex(outer, place.slice(0, axis));
    const offset = code.linearIndex(inner, place.slice(axis + 1));
    const prompt = code.size(promptLength);
    const inPrompt = code.ilt(position, prompt);
    const row = code.select(inPrompt, code.iadd(code.imul(block, prompt), position), block);
    const since = code.isub(position, prompt);
    const call = code.select(inPrompt, code.constant(0), code.iadd(since, code.constant(1)));
    const index = code.iadd(code.times(row, size), offset);
    // A call not yet made loads 0 and needs no proof; neither does the newest row where it is not the one.
    const old = code.readCall(earlier, index, call);
    if (newest === undefined) return old;
    const isNewest = code.ieq(call, code.call());
    const current: TensorValue = { dtype, shape: newest.shape, source: { kind: "node", node: newest } };
    return code.select(isNewest, code.readIf(isNewest, current, index), old);
  };
  return viewValue(dtype, { shape, nodes: newest === undefined ? [] : [newest], earlier: true, cache, read });
}
