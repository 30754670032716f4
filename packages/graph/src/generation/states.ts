/**
 * States of a decoding step: what a call finds of them, and what it adds. A state whose shape never changes is a history read from
 * the call before; one with an axis of open size is a cache (`lowering/cache.ts`); a lasting one is what the prompt made of it.
 */
import { Dimension, formatShape, sameShape } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { LoweredNode } from "../loweredNode.ts";
import { ownNode, pastCache, promptValue, type Store } from "../lowering/cache.ts";
import { isWhole, partOf } from "../lowering/cachePart.ts";
import { outputNode } from "../output.ts";
import { declaredType, type Symbols } from "../symbols.ts";
import { splat, type History, type TensorValue } from "../tensorValue.ts";
import type { Place } from "./derived.ts";
import type { State } from "./roles.ts";

/** What earlier calls left of a state. */
export interface Left {
  readonly shape: readonly Dimension[];
  readonly stores: readonly Store[];
}

/** What a call adds to a state. */
export interface Added {
  /** Of the whole state, with what is added. */
  readonly shape: readonly Dimension[];
  /** What is stored, and the order of axes in which it lies. */
  readonly rows: readonly (Omit<Store, "history"> & { readonly node: LoweredNode })[];
}

/** What the prompt added, as what later calls find; their own part of the histories is still open. */
export function leftBy({ shape, rows }: Added): Left {
  return {
    shape,
    stores: rows.map(({ slices, order, node }) => {
      const history: History = { prompt: node, decode: undefined };
      return { slices, order, history };
    }),
  };
}

/** The sizes of a call by the names that the model gives them. */
export class CallSizes {
  readonly #symbols: Symbols;
  readonly #batch: string | number;
  readonly #sequence: string;

  constructor(symbols: Symbols, batch: string | number, sequence: string) {
    this.#symbols = symbols;
    this.#batch = batch;
    this.#sequence = sequence;
  }

  /** A named dimension: one row; the sequence as the call has it; the rest as the options say. */
  dimension(name: string, { length }: Place): Dimension {
    if (name === this.#sequence) return length;
    return name === this.#batch ? Dimension.constant(1) : this.#symbols.dimension(name);
  }

  /** A dimension of a state that the batch or the options fix; undefined for one that is open. */
  fixed(name: string): Dimension | undefined {
    if (name === this.#batch) return Dimension.constant(1);
    return this.#symbols.isFixed(name) ? this.#symbols.dimension(name) : undefined;
  }
}

/** Axis along which a state has as many rows as there are positions; undefined where its shape never changes. */
function growingAxis({ past }: State, sizes: CallSizes): number | undefined {
  const open = (past.shape ?? []).flatMap((size, axis) =>
    typeof size === "number" || (size !== undefined && sizes.fixed(size) !== undefined) ? [] : [axis],
  );
  // The first of two is the batch, whatever it is called.
  const [axis, another] = open.length > 1 ? open.slice(1) : open;
  const place = { node: `input ${JSON.stringify(past.name)}` };
  check(another === undefined, "UNSUPPORTED", "a state with more than one axis of open size", place);
  return axis;
}

/** A state as a call finds it; `left` is absent in the prompt. */
export function pastOf(state: State, sizes: CallSizes, place: Place, left: Left | undefined): TensorValue {
  const { past, lasting } = state;
  const axis = growingAxis(state, sizes);
  if (axis === undefined && !lasting) {
    const type = declaredType(past, (name) => sizes.dimension(name, place));
    if (left === undefined) return splat(type.dtype, type.shape, 0);
    return { ...type, source: { kind: "history", history: left.stores[0].history } };
  }
  const { dtype, shape: declared } = declaredType(past, (name) => sizes.fixed(name) ?? Dimension.constant(1));
  if (lasting) {
    if (left !== undefined) return promptValue(dtype, left.shape, left.stores[0].history);
    return splat(
      dtype,
      declared.map((size, i) => (i === axis ? Dimension.constant(0) : size)),
      0,
    );
  }
  const shape = declared.map((size, i) => (i === axis ? place.first : size));
  const { promptLength, length: added } = place;
  const earlier = promptLength && left && { promptLength, stores: left.stores };
  return pastCache({ dtype, shape, axis: axis!, added, ...(earlier && { earlier }) });
}

/** What a call adds to a state that it found as `old` and hands back as `value`; to a lasting one only the prompt does. */
export function addedTo(
  graph: Graph,
  { past, present, lasting }: State,
  value: TensorValue | undefined,
  old: TensorValue,
  { promptLength }: Place,
): Added {
  if (lasting && promptLength !== undefined) return { shape: old.shape, rows: [] };
  const where = { node: `output ${JSON.stringify(present.name)}` };
  check(value !== undefined, "UNDEFINED_NAME", "it is an output that is not computed", where);
  const { shape } = value;
  const order = shape.map((_, axis) => axis);
  const cache = old.part?.cache;
  const alone = (node: LoweredNode): Added => ({ shape, rows: [{ slices: [], order, node }] });
  graph.operator = "Identity";
  if (lasting) {
    const fits = value.dtype === old.dtype && shape.length === old.shape.length;
    check(fits, "SHAPE_MISMATCH", `it is not of the type and rank of ${past.name}`, where);
    return alone(ownNode(graph, value));
  }
  if (cache === undefined) {
    const { node } = outputNode(graph, present, value);
    const same = value.dtype === old.dtype && sameShape(shape, old.shape);
    check(same, "SHAPE_MISMATCH", `${present.name} is not of the type and shape of ${past.name}`);
    return alone(node);
  }
  const part = partOf(value);
  if (part?.cache === cache && isWhole(part)) {
    const rows = part.rows.map((own) => ({ slices: own.slices, order: own.order, node: ownNode(graph, own.value) }));
    return { shape, rows };
  }
  check(
    cache.earlier === undefined,
    "UNSUPPORTED",
    `the cache is not ${past.name} with the new positions joined to it by Concat, or its slices so joined and then put ` +
      `together; export the model so that Concat extends what it is given`,
    where,
  );
  // In the prompt all rows are new.
  const others = (sizes: readonly Dimension[]) => sizes.filter((_, i) => i !== cache.axis);
  const fits = shape.length === old.shape.length && sameShape(others(shape), others(old.shape));
  const shapes = `${formatShape(shape)} after a cache of ${formatShape(old.shape)}`;
  check(fits && value.dtype === old.dtype, "SHAPE_MISMATCH", `the cache becomes ${shapes}`, where);
  return alone(ownNode(graph, value));
}
