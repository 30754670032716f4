/**
 * The models that the engine is measured with: exact architectures, weights random from a seed. They are written into
 * `cache/bench`, which git ignores, when first asked for.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DType, makeTensor, tensorOfWords, type Tensor } from "../../../packages/vm/src/index.ts";
import { Random } from "../../../packages/graph/src/testing/random.ts";
import { TOKENS, VOCABULARY as ENCODER_VOCABULARY, writeEncoder } from "./encoder.ts";
import { cacheShape, PROMPT, VOCABULARY as GPT2_VOCABULARY, writeGpt2 } from "./gpt2.ts";
import { LSTM_INPUT, writeLstm } from "./lstm.ts";
import { writeMlp } from "./mlp.ts";
import { writeMobileNet } from "./mobilenet.ts";
import { QWEN, qwenCacheShape, writeQwen } from "./qwen.ts";
import { writeResNet } from "./resnet.ts";
import { MODEL_FILE, ModelWriter } from "./writer.ts";

const CACHE = fileURLToPath(new URL("../../../cache/bench", import.meta.url));
/** Raised when what the scripts write changes, so that no cached model is stale. */
const VERSION = 2;
const SEED = 0xa55a;
const LAYERS = 12;

/** A model of the bench, with the inputs it is given. */
export interface BenchModel {
  readonly name: string;
  /** What its time goes into: the goal for the WebAssembly backend differs. */
  readonly bound: "compute" | "memory" | "int8";
  write(model: ModelWriter): void;
  /** Inputs and outputs that are a cache: in a generation they are histories, and no part of what a claim hashes. */
  readonly cache?: readonly string[];
  /** Inputs by name, random from the seed. */
  inputs(random: Random): Readonly<Record<string, Tensor>>;
}

function normal(random: Random, shape: readonly number[], deviation = 1): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => deviation * random.normal());
  return makeTensor(DType.FLOAT32, shape, new Uint8Array(values.buffer));
}

function tokens(random: Random, count: number, vocabulary: number): Tensor {
  return tensorOfWords(
    DType.INT64,
    [1, count],
    Array.from({ length: count }, () => random.below(vocabulary)),
  );
}

function sentence(random: Random): Readonly<Record<string, Tensor>> {
  // The last eight places are padding.
  const mask = Array.from({ length: TOKENS }, (_, i) => (i < TOKENS - 8 ? 1 : 0));
  return {
    input_ids: tokens(random, TOKENS, ENCODER_VOCABULARY),
    attention_mask: tensorOfWords(DType.INT64, [1, TOKENS], mask),
    token_type_ids: makeTensor(DType.INT64, [1, TOKENS]),
  };
}

const image = (random: Random) => ({ image: normal(random, [1, 3, 224, 224]) });

export const BENCH_MODELS: readonly BenchModel[] = [
  {
    name: "mlp-1",
    bound: "memory",
    write: (model) => writeMlp(model, 1),
    inputs: (random) => ({ image: normal(random, [1, 784]) }),
  },
  {
    name: "mlp-64",
    bound: "compute",
    write: (model) => writeMlp(model, 64),
    inputs: (random) => ({ image: normal(random, [64, 784]) }),
  },
  { name: "mobilenetv2", bound: "compute", write: writeMobileNet, inputs: image },
  { name: "resnet50", bound: "compute", write: writeResNet, inputs: image },
  {
    name: "encoder",
    bound: "compute",
    write: (model) => writeEncoder(model, { quantised: false }),
    inputs: sentence,
  },
  {
    name: "gpt2-prompt",
    bound: "compute",
    write: (model) => writeGpt2(model, { tokens: PROMPT, past: 0, layers: LAYERS }),
    inputs: (random) => ({ input_ids: tokens(random, PROMPT, GPT2_VOCABULARY) }),
  },
  {
    name: "gpt2-decode",
    bound: "memory",
    cache: ["past", "present"],
    write: (model) => writeGpt2(model, { tokens: 1, past: PROMPT, layers: LAYERS }),
    inputs: (random) => ({
      input_ids: tokens(random, 1, GPT2_VOCABULARY),
      past: normal(random, cacheShape(LAYERS, PROMPT), 0.5),
    }),
  },
  {
    name: "qwen-prompt",
    bound: "compute",
    write: (model) => writeQwen(model, { tokens: PROMPT, past: 0 }),
    inputs: (random) => ({ input_ids: tokens(random, PROMPT, QWEN.vocabulary) }),
  },
  {
    name: "qwen-decode",
    bound: "memory",
    cache: ["past", "present"],
    write: (model) => writeQwen(model, { tokens: 1, past: PROMPT }),
    inputs: (random) => ({
      input_ids: tokens(random, 1, QWEN.vocabulary),
      past: normal(random, qwenCacheShape(PROMPT), 0.5),
    }),
  },
  {
    name: "lstm",
    bound: "compute",
    write: writeLstm,
    inputs: (random) => ({ x: normal(random, LSTM_INPUT) }),
  },
  { name: "int8-encoder", bound: "int8", write: (model) => writeEncoder(model, { quantised: true }), inputs: sentence },
];

/** The bench model of this name. Throws a RangeError where there is none. */
export function benchModel(name: string): BenchModel {
  const found = BENCH_MODELS.find((model) => model.name === name);
  const names = BENCH_MODELS.map((model) => model.name).join(", ");
  if (found === undefined) throw new RangeError(`no model ${JSON.stringify(name)}; there are ${names}`);
  return found;
}

/** The folder of a model and its file, written if they are not there yet. */
export function modelFile(model: BenchModel): string {
  const folder = join(CACHE, model.name);
  const stamp = join(folder, "version.txt");
  const wanted = `${VERSION} ${SEED}\n`;
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    process.stderr.write(`bench: writing ${model.name}\n`);
    const writer = new ModelWriter(folder, SEED);
    model.write(writer);
    writer.finish();
    writeFileSync(stamp, wanted);
  }
  return join(folder, MODEL_FILE);
}

/** The inputs that the model is run on. */
export function modelInputs(model: BenchModel): Readonly<Record<string, Tensor>> {
  return model.inputs(new Random(SEED ^ 1));
}
