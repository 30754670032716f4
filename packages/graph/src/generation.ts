/**
 * Generation loops: a decoding step with state inputs and outputs, as exported models have it, becomes a program of calls.
 *
 *   prompt    call 0: the step over the whole prompt, states zero, caches empty
 *   decode    one call per further token: the step over the token before, states from the call before
 *   epilogue  gathers the tokens of all calls: the output, int64 [calls - 1]
 *
 * States and caches are histories: read where they lie, never copied. When an end token has been chosen, the calls after
 * it are stopped and their tokens read as 0. What the inputs and outputs are for is told by their names
 * (`generation/roles.ts`), the step itself is `generation/step.ts`, how a token is chosen `generation/sampling.ts`.
 */
import { DType, MAX_CALLS, type Bounds } from "@assay/vm";
import { Dimension } from "./dimension.ts";
import { addressesOf, encodeProgram, typeOf } from "./encode.ts";
import { check } from "./errors.ts";
import { rolesOf } from "./generation/roles.ts";
import { checkSampling } from "./generation/sampling.ts";
import { CallSizes, leftBy } from "./generation/states.ts";
import { StepLowering, type Generation } from "./generation/step.ts";
import { Graph } from "./graph.ts";
import type { ImportOptions } from "./importOptions.ts";
import type { ModelImport } from "./modelImport.ts";
import type { OnnxModel } from "./onnx/model.ts";
import { importedAs, type Imported } from "./report.ts";
import type { History, TensorValue } from "./tensorValue.ts";

/** Calls of a generation when the options do not say. */
export const DEFAULT_CALLS: Bounds = { least: 2, greatest: 1024 };
/** Most tokens that end a text. */
const MOST_END_TOKENS = 64;

/** The generation that a model's inputs and outputs describe; undefined if it has no states. */
export function generationOf(model: OnnxModel, options: ImportOptions): Generation | undefined {
  const roles = rolesOf(model);
  if (roles === undefined) return undefined;
  const { sampling = {} } = options;
  checkSampling(sampling);
  return { ...roles, sampling, endTokens: options.endTokens ?? endTokensIn(model.metadata.get("eos_token_id")) };
}

/** One token, or several with commas between them and perhaps brackets around, as configuration files have them. */
function endTokensIn(metadata: string | undefined): number[] {
  const list = (metadata ?? "").replace(/^\s*\[(.*)\]\s*$/, "$1").trim();
  if (list === "") return [];
  check(/^\d{1,10}(\s*,\s*\d{1,10})*$/.test(list), "BAD_OPTION", `eos_token_id is ${JSON.stringify(metadata)}`);
  return list.split(",").map(Number);
}

function checkEndTokens(tokens: readonly number[]): void {
  check(tokens.length <= MOST_END_TOKENS, "BAD_OPTION", `${tokens.length} end tokens; ${MOST_END_TOKENS} are allowed`);
  for (const token of tokens) {
    check(Number.isInteger(token) && token >= 0 && token < 2 ** 31, "BAD_OPTION", `the end token is ${token}`);
  }
}

function checkCalls({ least, greatest }: Bounds): void {
  const whole = Number.isInteger(least) && Number.isInteger(greatest);
  const valid = whole && least >= 2 && least <= greatest && greatest <= MAX_CALLS;
  check(valid, "BAD_OPTION", `${least} to ${greatest} calls; at least 2 and at most ${MAX_CALLS} are possible`);
}

/** The program of a generation. */
export function lowerGeneration(own: ModelImport, generation: Generation): Imported {
  const { tokens, encoded, endTokens } = generation;
  checkEndTokens(endTokens);
  const shape = tokens.shape ?? [];
  check(shape.length === 2, "SHAPE_MISMATCH", `${tokens.name} must have the shape [1, sequence]`);
  const [batchName, sequenceName] = shape;
  check(batchName !== undefined && batchName !== 0, "SHAPE_MISMATCH", `${tokens.name} must have one row`);
  check(typeof sequenceName === "string", "SHAPE_MISMATCH", `${tokens.name} must have a named length`);
  const calls = own.options.calls ?? DEFAULT_CALLS;
  checkCalls(calls);
  const promptLength = own.symbols.dimension(sequenceName);
  const lowering = new StepLowering(own, generation, new CallSizes(own.symbols, batchName, sequenceName));

  const token: History = { prompt: undefined, decode: undefined };
  const prompt = lowering.lower(
    new Graph(),
    { first: Dimension.constant(0), length: promptLength, promptLength: undefined },
    { token, left: [] },
  );
  const left = prompt.added.map(leftBy);
  const inPrompt = { ...own.lowering.operators };
  const decode = lowering.lower(
    new Graph(Math.max(1, calls.greatest - 2)),
    { first: promptLength.add(Dimension.call()).sub(1), length: Dimension.constant(1), promptLength },
    { token, left },
  );
  countOnce(own.lowering.operators, inPrompt);
  token.prompt = prompt.token;
  token.decode = decode.token;
  decode.added.forEach(({ rows }, i) => rows.forEach(({ node }, k) => (left[i].stores[k].history.decode = node)));

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
  const stop = prompt.stop && decode.stop && { prompt: prompt.stop, decode: decode.stop };
  const program = encodeProgram({
    prompt: prompt.nodes,
    decode: decode.nodes,
    epilogue: epilogue.nodes,
    outputs: epilogue.nodes,
    ...(stop && { stop }),
    inputs: prompt.inputs.map(typeOf),
    symbols: own.symbols.bounds,
    calls,
    ...addressesOf(own.options),
  });
  return importedAs(own, program, {
    prompt: prompt.nodes,
    decode: decode.nodes,
    epilogue: epilogue.nodes,
    inputs: [tokens, ...encoded].map(({ name }, i) => [name, prompt.inputs[i]]),
    outputs: [["tokens", output]],
    endTokens,
  });
}

/** Makes counts of two lowerings those of the model, where most operators occur in both: the greater of the two. */
function countOnce(counts: Record<string, number>, first: Readonly<Record<string, number>>): void {
  for (const [name, both] of Object.entries(counts)) {
    const before = first[name] ?? 0;
    counts[name] = Math.max(before, both - before);
  }
}
