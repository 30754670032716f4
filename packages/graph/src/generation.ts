/**
 * Generation loops: a decoding step with state inputs and outputs, as exported models have it, becomes a program of calls.
 *
 *   prompt    call 0: the step over the whole prompt, states zero
 *   decode    one call per further token: the step over the token before, states from the call before
 *   epilogue  gathers the tokens of all calls: the output, int64 [calls - 1]
 *
 * A token is the index of the greatest logit of the last position. States are histories: read where they lie, never
 * copied. When the end token has been chosen, the calls after it are stopped and their tokens read as 0.
 *
 * By convention the model has an input of tokens (`input_ids`, `tokens` or `token`, [1, sequence]), an output `logits`
 * [1, sequence, vocabulary], and states in pairs: `past…` with `present…`, or `…_in` with `…_out`.
 */
import { DType, type Bounds } from "@assay/vm";
import { Dimension, sameShape } from "./dimension.ts";
import { encodeProgram } from "./encode.ts";
import { check, GraphError } from "./errors.ts";
import { Graph } from "./graph.ts";
import { declaredType, finished, typeOf, type Imported, type Importer, type ImportOptions } from "./import.ts";
import type { LoweredNode } from "./loweredNode.ts";
import { argument } from "./lowering/argument.ts";
import { FLOATS } from "./lowering/types.ts";
import type { DeclaredValue, OnnxModel } from "./onnx/model.ts";
import { splat, type History, type TensorValue } from "./tensorValue.ts";

/** Calls of a generation when the options do not say. */
export const DEFAULT_CALLS: Bounds = { least: 2, greatest: 1024 };

const TOKEN_INPUTS = ["input_ids", "tokens", "token"];
const LOGITS = "logits";

/** What makes a model a decoding step. */
export interface Generation {
  readonly tokens: DeclaredValue;
  readonly logits: DeclaredValue;
  /** State inputs with the outputs that follow them. */
  readonly states: readonly { readonly past: DeclaredValue; readonly present: DeclaredValue }[];
  readonly endToken: number | undefined;
}

/** Names that the output of a state input may have. */
function presentNames(past: string): string[] {
  const names: string[] = [];
  if (past.startsWith("past_key_values")) names.push(past.replace("past_key_values", "present"));
  if (past.startsWith("past")) names.push(past.replace("past", "present"));
  if (past.endsWith("_in")) names.push(`${past.slice(0, -3)}_out`);
  return names;
}

/** The generation that a model's inputs and outputs describe; undefined if it has no states. */
export function generationOf(model: OnnxModel, options: ImportOptions): Generation | undefined {
  const { inputs, outputs } = model.graph;
  const output = (name: string) => outputs.find((candidate) => candidate.name === name);
  const states = inputs.flatMap((past) => {
    const present = presentNames(past.name)
      .map(output)
      .find((found) => found !== undefined);
    return present === undefined ? [] : [{ past, present }];
  });
  if (states.length === 0) return undefined;
  const rest = inputs.filter((input) => !states.some(({ past }) => past === input));
  const [tokens] = rest;
  check(
    rest.length === 1 && TOKEN_INPUTS.includes(tokens.name),
    "UNSUPPORTED",
    `a decoding step with the inputs ${rest.map(({ name }) => name).join(", ")}; only ${TOKEN_INPUTS[0]} is supported`,
  );
  const logits = output(LOGITS);
  check(logits !== undefined, "UNSUPPORTED", "a decoding step without an output `logits`");
  const metadata = model.metadata.get("eos_token_id");
  const endToken = options.endToken ?? (metadata === undefined ? undefined : Number(metadata));
  const valid = endToken === undefined || (Number.isInteger(endToken) && endToken >= 0);
  check(valid, "BAD_OPTION", `the end token is ${endToken}`);
  return { tokens, logits, states, endToken };
}

/** What one call computes beside the tokens. */
interface Step {
  readonly nodes: readonly LoweredNode[];
  readonly token: LoweredNode;
  readonly stop: LoweredNode;
  readonly presents: readonly LoweredNode[];
  readonly input: TensorValue;
}

/** The program of a generation. */
export function lowerGeneration(importer: Importer, generation: Generation): Imported {
  const { tokens, states } = generation;
  const shape = tokens.shape ?? [];
  check(shape.length === 2, "SHAPE_MISMATCH", `${tokens.name} must have the shape [1, sequence]`);
  const [batchName, sequenceName] = shape;
  check(batchName !== undefined && batchName !== 0, "SHAPE_MISMATCH", `${tokens.name} must have one row`);
  check(typeof sequenceName === "string", "SHAPE_MISMATCH", `${tokens.name} must have a named length`);
  /** Named dimensions: one row; the sequence as the list has it; the rest as the options say. */
  const dimensionOf = (sequence: Dimension) => (name: string) => {
    if (name === sequenceName) return sequence;
    return name === batchName ? Dimension.constant(1) : importer.symbols.dimension(name);
  };

  const histories: History[] = states.map(() => ({ prompt: undefined, decode: undefined }));
  const token: History = { prompt: undefined, decode: undefined };
  const length = importer.symbols.dimension(sequenceName);
  const prompt = lowerStep(importer, generation, dimensionOf(length), {
    tokens: (type) => ({ ...type, source: { kind: "input", index: 0 } }),
    state: (type) => splat(type.dtype, type.shape, 0),
  });
  const used = importer.operators;
  const counted = { ...used };
  const decode = lowerStep(importer, generation, dimensionOf(Dimension.constant(1)), {
    tokens: (type) => ({ ...type, source: { kind: "history", history: token } }),
    state: (type, i) => ({ ...type, source: { kind: "history", history: histories[i] } }),
  });
  Object.assign(used, counted);
  token.prompt = prompt.token;
  token.decode = decode.token;
  histories.forEach((history, i) => {
    history.prompt = prompt.presents[i];
    history.decode = decode.presents[i];
  });

  const epilogue = new Graph();
  epilogue.operator = "Tokens";
  const chosen: TensorValue = {
    dtype: DType.INT64,
    shape: [Dimension.constant(1), Dimension.constant(1)],
    source: { kind: "history", history: token },
  };
  const output = epilogue.map(DType.INT64, [Dimension.call()], (code) =>
    code.readCall(chosen, code.constant(0), code.index(0)),
  );
  const program = encodeProgram({
    prompt: prompt.nodes,
    decode: decode.nodes,
    epilogue: epilogue.nodes,
    outputs: epilogue.nodes,
    ...(generation.endToken !== undefined && { stop: { prompt: prompt.stop, decode: decode.stop } }),
    inputs: [typeOf(prompt.input)],
    symbols: importer.symbols.bounds,
    calls: importer.options.calls ?? DEFAULT_CALLS,
    ...importer.addresses(),
  });
  const lists = { prompt: prompt.nodes, decode: decode.nodes, epilogue: epilogue.nodes };
  return importer.imported(program, lists, { inputs: [[tokens.name, prompt.input]], outputs: [["tokens", output]] });
}

type Type = Pick<TensorValue, "dtype" | "shape">;

function lowerStep(
  importer: Importer,
  { tokens, logits, states, endToken }: Generation,
  dimension: (name: string) => Dimension,
  sources: { tokens(type: Type): TensorValue; state(type: Type, index: number): TensorValue },
): Step {
  const graph = new Graph();
  const input = sources.tokens(declaredType(tokens, dimension));
  const integer = input.dtype === DType.INT64 || input.dtype === DType.INT32;
  check(integer, "TYPE_MISMATCH", `${tokens.name} must hold integers`);
  const pasts = states.map(({ past }, i) => sources.state(declaredType(past, dimension), i));
  const given = new Map([[tokens.name, input], ...states.map(({ past }, i) => [past.name, pasts[i]] as const)]);
  const values = importer.lower(graph, given);

  const presents = states.map(({ present }, i) => {
    const { value, node } = importer.output(graph, present, values.get(present.name)!);
    const same = value.dtype === pasts[i].dtype && sameShape(value.shape, pasts[i].shape);
    check(same, "SHAPE_MISMATCH", `${present.name} is not of the type and shape of ${states[i].past.name}`);
    return node;
  });
  const scores = values.get(logits.name)!;
  const place = { node: `output ${JSON.stringify(logits.name)}` };
  if (scores.shape.length !== 3 || !scores.shape[0].equals(1)) {
    throw new GraphError("SHAPE_MISMATCH", "the logits must have the shape [1, sequence, vocabulary]", place);
  }
  check((FLOATS as readonly DType[]).includes(scores.dtype), "TYPE_MISMATCH", "the logits must be floats", place);
  const [, positions, vocabulary] = scores.shape;
  graph.operator = "Token";
  const token = graph.reduce(
    input.dtype,
    input.shape.map(() => Dimension.constant(1)),
    argument({
      dtype: scores.dtype,
      extent: vocabulary,
      greatest: true,
      element: (code, r) => code.read(scores, code.iadd(code.times(code.size(positions.sub(1)), vocabulary), r)),
    }),
  );
  graph.operator = "Stop";
  const stop = graph.map(DType.BOOL, [], (code) =>
    code.ieq(code.read(token, code.constant(0)), code.constantInt(endToken ?? 0)),
  );
  const roots = [nodeOf(token), ...(endToken === undefined ? [] : [nodeOf(stop)]), ...presents];
  return { nodes: finished(graph, roots), token: nodeOf(token), stop: nodeOf(stop), presents, input };
}

function nodeOf(value: TensorValue): LoweredNode {
  if (value.source.kind !== "node") throw new Error("not a node");
  return value.source.node;
}
