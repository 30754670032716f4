/** The decoding step of a generation: once over the prompt, once over the token of the call before. */
import { DType, type Value } from "@assay/vm";
import { Dimension, formatShape, sameShape } from "../dimension.ts";
import { check, GraphError } from "../errors.ts";
import { finished } from "../finish.ts";
import type { Graph } from "../graph.ts";
import type { LoweredNode } from "../loweredNode.ts";
import { ownNode, pastCache, type Store } from "../lowering/cache.ts";
import { isWhole, partOf } from "../lowering/cachePart.ts";
import { FLOATS } from "../lowering/types.ts";
import type { ModelImport } from "../modelImport.ts";
import type { NodeCode } from "../nodeCode.ts";
import { outputNode } from "../output.ts";
import { declaredType } from "../symbols.ts";
import { splat, type History, type TensorValue } from "../tensorValue.ts";
import { derivedInput, type Place } from "./derived.ts";
import type { Roles, State } from "./roles.ts";
import { chooseToken, type Sampling } from "./sampling.ts";

/** What makes a model a decoding step, and what is asked of it. */
export interface Generation extends Roles {
  readonly endTokens: readonly number[];
  readonly sampling: Sampling;
}

/** What one call computes beside the tokens. */
export interface Step {
  readonly nodes: readonly LoweredNode[];
  readonly token: LoweredNode;
  readonly stop: LoweredNode | undefined;
  /** What the call adds to each state. */
  readonly presents: readonly (readonly Kept[])[];
  readonly input: TensorValue;
}

/** What a call adds to a state, or to some slices of it, and the order of axes in which it lies. */
interface Kept extends Omit<Store, "history"> {
  readonly node: LoweredNode;
}

/** What earlier calls left. */
interface Earlier {
  readonly token: History;
  /** For each state; nothing in the prompt. */
  readonly stores: readonly (readonly Store[])[];
}

/** Lowers the decoding step: once for the prompt, once for the calls after it. */
export class StepLowering {
  readonly #own: ModelImport;
  readonly #generation: Generation;
  readonly #batch: string | number;
  readonly #sequence: string;

  constructor(own: ModelImport, generation: Generation, batch: string | number, sequence: string) {
    this.#own = own;
    this.#generation = generation;
    this.#batch = batch;
    this.#sequence = sequence;
  }

  lower(graph: Graph, place: Place, { token, stores }: Earlier): Step {
    const { tokens, states, derived } = this.#generation;
    const { dtype, shape } = declaredType(tokens, (name) => this.#dimension(name, place));
    const integer = dtype === DType.INT64 || dtype === DType.INT32;
    check(integer, "TYPE_MISMATCH", `${tokens.name} must hold integers`);
    const input: TensorValue = {
      ...{ dtype, shape },
      source: place.promptLength === undefined ? { kind: "input", index: 0 } : { kind: "history", history: token },
    };
    const pasts = states.map((state, i) => this.#past(state, place, stores[i]));
    const given = new Map([
      [tokens.name, input],
      ...derived.map(({ name, input: { elementType } }) => [name, derivedInput(name, elementType, place)] as const),
      ...states.map(({ past }, i) => [past.name, pasts[i]] as const),
    ]);
    const values = this.#own.lowering.lower(graph, given);
    const presents = states.map((state, i) => this.#present(graph, state, values.get(state.present.name)!, pasts[i]));
    const { chosen, stop } = this.#choose(graph, values, dtype);
    const nodes = [nodeOf(chosen), ...(stop ? [nodeOf(stop)] : []), ...presents.flat().map(({ node }) => node)];
    return {
      nodes: finished(graph, nodes),
      token: nodeOf(chosen),
      stop: stop && nodeOf(stop),
      presents,
      input,
    };
  }

  /** Named dimensions: one row; the sequence as the call has it; the rest as the options say. */
  #dimension(name: string, { length }: Place): Dimension {
    if (name === this.#sequence) return length;
    return name === this.#batch ? Dimension.constant(1) : this.#own.symbols.dimension(name);
  }

  /** Axis along which a state has as many rows as there are positions; undefined where its shape never changes. */
  #growingAxis({ past }: State): number | undefined {
    const { symbols = {} } = this.#own.options;
    const fixed = (size: string) => size === this.#batch || typeof symbols[size] === "number";
    const open = (past.shape ?? []).flatMap((size, axis) =>
      typeof size === "number" || (size !== undefined && fixed(size)) ? [] : [axis],
    );
    // The first of two is the batch, whatever it is called.
    const [axis, another] = open.length > 1 ? open.slice(1) : open;
    const place = { node: `input ${JSON.stringify(past.name)}` };
    check(another === undefined, "UNSUPPORTED", "a state with more than one axis of open size", place);
    return axis;
  }

  /** A state as the call finds it. */
  #past(state: State, place: Place, stores: readonly Store[] | undefined): TensorValue {
    const { past } = state;
    const axis = this.#growingAxis(state);
    if (axis === undefined) {
      const type = declaredType(past, (name) => this.#dimension(name, place));
      if (stores === undefined) return splat(type.dtype, type.shape, 0);
      return { ...type, source: { kind: "history", history: stores[0].history } };
    }
    const { symbols = {} } = this.#own.options;
    const given = (name: string) =>
      typeof symbols[name] === "number" ? this.#own.symbols.dimension(name) : Dimension.constant(1);
    const { dtype, shape: declared } = declaredType(past, given);
    const shape = declared.map((size, i) => (i === axis ? place.first : size));
    const { promptLength, length: added } = place;
    const earlier = promptLength && stores && { promptLength, stores };
    return pastCache({ dtype, shape, axis, added, ...(earlier && { earlier }) });
  }

  /** What this call adds to a state. */
  #present(graph: Graph, { past, present }: State, value: TensorValue, old: TensorValue): Kept[] {
    const cache = old.part?.cache;
    const order = value.shape.map((_, axis) => axis);
    if (cache === undefined) {
      const { node } = outputNode(graph, present, value);
      const same = value.dtype === old.dtype && sameShape(value.shape, old.shape);
      check(same, "SHAPE_MISMATCH", `${present.name} is not of the type and shape of ${past.name}`);
      return [{ slices: undefined, order, node }];
    }
    const where = { node: `output ${JSON.stringify(present.name)}` };
    graph.operator = "Identity";
    const part = partOf(value);
    if (part?.cache === cache && isWhole(part)) {
      return part.rows.map((rows) => ({ slices: rows.slices, order: rows.order, node: ownNode(graph, rows.value) }));
    }
    check(
      cache.earlier === undefined,
      "UNSUPPORTED",
      `the cache is not ${past.name} with the new positions joined to it by Concat, or its slices so joined and then put ` +
        `together; export the model so that Concat extends what it is given`,
      where,
    );
    // In the prompt all rows are new.
    const others = (shape: readonly Dimension[]) => shape.filter((_, i) => i !== cache.axis);
    const fits = value.shape.length === old.shape.length && sameShape(others(value.shape), others(old.shape));
    const shapes = `${formatShape(value.shape)} after a cache of ${formatShape(old.shape)}`;
    check(fits && value.dtype === old.dtype, "SHAPE_MISMATCH", `the cache becomes ${shapes}`, where);
    return [{ slices: undefined, order, node: ownNode(graph, value) }];
  }

  #choose(graph: Graph, values: ReadonlyMap<string, TensorValue | undefined>, dtype: DType) {
    const { logits, sampling, endTokens } = this.#generation;
    const scores = values.get(logits.name)!;
    const place = { node: `output ${JSON.stringify(logits.name)}` };
    if (scores.shape.length !== 3 || !scores.shape[0].equals(1)) {
      throw new GraphError("SHAPE_MISMATCH", "the logits must have the shape [1, sequence, vocabulary]", place);
    }
    check((FLOATS as readonly DType[]).includes(scores.dtype), "TYPE_MISMATCH", "the logits must be floats", place);
    const [, positions, vocabulary] = scores.shape;
    const read = (code: NodeCode, token: Value) =>
      code.read(scores, code.iadd(code.times(code.size(positions.sub(1)), vocabulary), token));
    const chosen = chooseToken(graph, dtype, { dtype: scores.dtype, vocabulary, read }, sampling);
    if (endTokens.length === 0) return { chosen, stop: undefined };
    graph.operator = "Stop";
    const stop = graph.map(DType.BOOL, [], (code) => {
      const token = code.read(chosen, code.constant(0));
      return endTokens.map((end) => code.ieq(token, code.constantInt(end))).reduce((a, b) => code.or(a, b));
    });
    return { chosen, stop };
  }
}

function nodeOf(value: TensorValue): LoweredNode {
  if (value.source.kind !== "node") throw new Error("not a node");
  return value.source.node;
}
