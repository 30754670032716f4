/** The decoding step of a generation: once over the prompt, once over the token of the call before. */
import { DType, type Value } from "@assay/vm";
import { check, GraphError } from "../errors.ts";
import { finished } from "../finish.ts";
import type { Graph } from "../graph.ts";
import type { LoweredNode } from "../loweredNode.ts";
import { FLOATS } from "../lowering/types.ts";
import type { ModelImport } from "../modelImport.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { DeclaredValue } from "../onnx/model.ts";
import { declaredType } from "../symbols.ts";
import type { History, TensorValue } from "../tensorValue.ts";
import { derivedInput, type Place } from "./derived.ts";
import type { Roles } from "./roles.ts";
import { chooseToken, type Sampling } from "./sampling.ts";
import { addedTo, pastOf, type Added, type CallSizes, type Left } from "./states.ts";

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
  readonly added: readonly Added[];
  /** The program's inputs: the tokens, and what an encoder gave. */
  readonly inputs: readonly TensorValue[];
}

/** What earlier calls left. */
interface Earlier {
  readonly token: History;
  /** Of each state; nothing in the prompt. */
  readonly left: readonly Left[];
}

/** Lowers the decoding step: once for the prompt, once for the calls after it. */
export class StepLowering {
  readonly #own: ModelImport;
  readonly #generation: Generation;
  readonly #sizes: CallSizes;

  constructor(own: ModelImport, generation: Generation, sizes: CallSizes) {
    this.#own = own;
    this.#generation = generation;
    this.#sizes = sizes;
  }

  lower(graph: Graph, place: Place, { token, left }: Earlier): Step {
    const { tokens, states, derived, encoded } = this.#generation;
    const typeIn = (value: DeclaredValue) => declaredType(value, (name) => this.#sizes.dimension(name, place));
    const { dtype, shape } = typeIn(tokens);
    const integer = dtype === DType.INT64 || dtype === DType.INT32;
    check(integer, "TYPE_MISMATCH", `${tokens.name} must hold integers`);
    const input: TensorValue = {
      ...{ dtype, shape },
      source: place.promptLength === undefined ? { kind: "input", index: 0 } : { kind: "history", history: token },
    };
    const fixed = encoded.map((value, i): TensorValue => ({
      ...typeIn(value),
      source: { kind: "input", index: 1 + i },
    }));
    const pasts = states.map((state, i) => pastOf(state, this.#sizes, place, left[i]));
    const given = new Map([
      [tokens.name, input],
      ...encoded.map(({ name }, i) => [name, fixed[i]] as const),
      ...derived.map(({ name, input: { elementType } }) => [name, derivedInput(name, elementType, place)] as const),
      ...states.map(({ past }, i) => [past.name, pasts[i]] as const),
    ]);
    const values = this.#own.lowering.lower(graph, given);
    this.#own.symbols.checkFew();
    const added = states.map((state, i) => addedTo(graph, state, values.get(state.present.name), pasts[i], place));
    const { chosen, stop } = this.#choose(graph, values, dtype);
    const nodes = [
      nodeOf(chosen),
      ...(stop ? [nodeOf(stop)] : []),
      ...added.flatMap(({ rows }) => rows.map(({ node }) => node)),
    ];
    return {
      nodes: finished(graph, nodes),
      token: nodeOf(chosen),
      stop: stop && nodeOf(stop),
      added,
      inputs: [input, ...fixed],
    };
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
