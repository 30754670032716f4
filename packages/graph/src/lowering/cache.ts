/**
 * The key/value cache of a generation: rows along one axis, those of the prompt made in call 0, then one row a call. It is
 * a history, so nothing is moved when a row is added: the row of position p lies in call 0 below the prompt's length, else
 * in call p - length + 1, and the newest row in a node of this call. Where a model joins some slices of a cache with their
 * rows apart from others, as keys and values in one tensor, each has a history of its own.
 */
import type { DType, Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { Graph } from "../graph.ts";
import type { LoweredNode } from "../loweredNode.ts";
import type { NodeCode } from "../nodeCode.ts";
import { splat, type History, type TensorValue } from "../tensorValue.ts";
import { viewValue } from "../view.ts";
import { partOf, sameSlices, wholePart, type CachePart, type Rows, type Slice, type Slices } from "./cachePart.ts";

export interface Cache {
  /** Its type and shape as the call finds it. */
  readonly dtype: DType;
  readonly shape: readonly Dimension[];
  /** Axis of the positions. */
  readonly axis: number;
  /** Positions that the call adds. */
  readonly added: Dimension;
  /** Where the rows of earlier calls lie; absent in the prompt, which finds none. */
  readonly earlier?: { readonly promptLength: Dimension; readonly stores: readonly Store[] };
}

/** Where the rows of some slices lie, call by call, axes of the cache in this order. */
export interface Store {
  readonly slices: Slices;
  readonly order: readonly number[];
  readonly history: History;
}

/** What call 0 made of a state that no later call changes: read there by every call. */
export function promptValue(dtype: DType, shape: readonly Dimension[], history: History): TensorValue {
  const earlier: TensorValue = { dtype, shape, source: { kind: "history", history } };
  return viewValue(dtype, {
    shape,
    nodes: [],
    earlier: true,
    read: (code, place) => code.readCall(earlier, code.linearIndex(shape, place), code.constant(0)),
  });
}

/** The cache as a call finds it: of no rows in the prompt, and in a decode call with those of the calls before. */
export function pastCache(cache: Cache): TensorValue {
  const part = wholePart(cache);
  if (cache.earlier === undefined) return { ...splat(cache.dtype, cache.shape, 0), part };
  return shown(part);
}

/**
 * A part of a cache with the rows of this call behind it; undefined where `past` is none, or `rows` are not those of this call
 * for slices that have a store.
 */
export function appended(graph: Graph, past: TensorValue, rows: TensorValue, axis: number): TensorValue | undefined {
  const part = partOf(past);
  if (part === undefined || part.rows.length > 0 || part.axes[axis] !== part.cache.axis) return undefined;
  const { cache, slices } = part;
  if (!rows.shape[axis].equals(cache.added)) return undefined;
  const shape = part.shape.map((size, i) => (i === axis ? size.add(cache.added) : size));
  if (cache.earlier === undefined) {
    const order = part.axes.filter((own) => own !== undefined);
    return { ...rows, part: { ...part, shape, rows: [{ slices, order, value: rows }] } };
  }
  const store = cache.earlier.stores.find((candidate) => sameSlices(candidate.slices, slices));
  if (store === undefined) return undefined;
  const { order } = store;
  const value = inOrder(graph, part, rows, order);
  return value && shown({ ...part, shape, rows: [{ slices, order, value }] });
}

/** A node with the elements of `value`, in their order: its own, or a copy. */
export function ownNode(graph: Graph, value: TensorValue): LoweredNode {
  if (value.source.kind === "node") return value.source.node;
  const copy = graph.map(value.dtype, value.shape, (code) => code.element(value));
  if (copy.source.kind !== "node") throw new Error("a map is a node");
  return copy.source.node;
}

/**
 * The rows of a part as a node, axes in the order of a store: their own node, or a copy where axes move that are not of size 1.
 * Undefined where the store has not all of those.
 */
function inOrder(
  graph: Graph,
  { axes }: CachePart,
  rows: TensorValue,
  order: readonly number[],
): TensorValue | undefined {
  const wide = axes.filter((own, i) => own !== undefined && !rows.shape[i].equals(1));
  const wanted = order.filter((own) => wide.includes(own));
  if (wanted.length < wide.length) return undefined;
  if (wanted.every((own, i) => own === wide[i])) {
    return { ...rows, source: { kind: "node", node: ownNode(graph, rows) } };
  }
  const places = order.map((own) => axes.indexOf(own));
  const shape = places.map((i) => (i < 0 ? Dimension.constant(1) : rows.shape[i]));
  return graph.map(rows.dtype, shape, (code) => {
    const place = axes.map((own, i) => (rows.shape[i].equals(1) ? undefined : code.index(order.indexOf(own!))));
    return code.read(rows, code.linearIndex(rows.shape, place));
  });
}

/** A part of a cache in a decode call as a value: a view, which reads where the rows lie. */
function shown(part: CachePart): TensorValue {
  const { cache, shape, axes, slices, rows } = part;
  const nodes = rows.flatMap(({ value: { source } }) => (source.kind === "node" ? [source.node] : []));
  const stores = cache.earlier!.stores.filter((store) => overlap(store.slices, slices));
  const read = (code: NodeCode, place: readonly Value[]): Value => {
    // Coordinates in the cache; those that are not there are of axes of size 1.
    const whole: (Value | undefined)[] = cache.shape.map((_, axis) => {
      const own = axes.indexOf(axis);
      const slice = slices.find((cut) => cut.axis === axis);
      if (slice === undefined) return place[own];
      return slice.count === 1 ? code.constant(slice.first) : code.plus(place[own], slice.first);
    });
    return chosen(code, stores, whole, (store) => {
      const newest = rows.find((own) => sameSlices(own.slices, store.slices));
      return readStore(code, cache, store, newest, whole);
    });
  };
  return { ...viewValue(part.narrowed ?? cache.dtype, { shape, nodes, earlier: true, read }), part };
}

/** Whether there are places in both. */
function overlap(a: Slices, b: Slices): boolean {
  const apart = ({ axis, first, count }: Slice) =>
    b.some((own) => own.axis === axis && (own.first >= first + count || first >= own.first + own.count));
  return !a.some(apart);
}

/** What `read` gives of the store that holds a place; where it is known which, no other is read. */
function chosen(
  code: NodeCode,
  stores: readonly Store[],
  whole: readonly (Value | undefined)[],
  read: (store: Store) => Value,
): Value {
  const possible = stores.filter(({ slices }) =>
    slices.every(({ axis, first, count }) => {
      const known = code.pool.patternOf(whole[axis]!);
      return known === undefined || (known >= first && known < first + count);
    }),
  );
  const holds = ({ slices }: Store): Value =>
    slices
      .map(({ axis, first, count }) => code.within(code.plus(whole[axis]!, -first), count))
      .reduce((a, b) => code.and(a, b));
  const [first, ...others] = possible.length === 0 ? stores : possible;
  return others.reduce((before, store) => code.select(holds(store), read(store), before), read(first));
}

/** The element at a place of the cache, which one store holds. */
function readStore(
  code: NodeCode,
  { dtype, shape, axis, earlier }: Cache,
  { slices, order, history }: Store,
  newest: Rows | undefined,
  whole: readonly (Value | undefined)[],
): Value {
  const cutOf = (own: number) => slices.find((slice) => slice.axis === own);
  const sizeOf = (own: number) => Dimension.of(cutOf(own)?.count ?? shape[own]);
  const placeOf = (own: number) => {
    const first = cutOf(own)?.first ?? 0;
    return first === 0 ? whole[own] : code.plus(whole[own]!, -first);
  };
  /** Rows of one call, as a tensor without its axis of positions. */
  const among = order.indexOf(axis);
  const [before, after] = [order.slice(0, among), order.slice(among + 1)];
  const size = after.reduce((product, own) => product.mul(sizeOf(own)), Dimension.constant(1));
  const { promptLength } = earlier!;
  const position = whole[axis]!;
  const block = code.linearIndex(before.map(sizeOf), before.map(placeOf));
  const offset = code.linearIndex(after.map(sizeOf), after.map(placeOf));
  const prompt = code.size(promptLength);
  const inPrompt = code.ilt(position, prompt);
  const row = code.select(inPrompt, code.iadd(code.imul(block, prompt), position), block);
  const since = code.isub(position, prompt);
  const call = code.select(inPrompt, code.constant(0), code.iadd(since, code.constant(1)));
  const index = code.iadd(code.times(row, size), offset);
  // A call not yet made loads 0 and needs no proof; neither does the newest row where it is not the one.
  const old = code.readCall({ dtype, shape, source: { kind: "history", history } }, index, call);
  if (newest === undefined) return old;
  const isNewest = code.ieq(call, code.call());
  return code.select(isNewest, code.readIf(isNewest, newest.value, index), old);
}
