// What every verb that imports a model can be told about it.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { fastHasher } from "@assay/engine";
import {
  folderReader,
  GraphError,
  importOnnx,
  readTensorFile,
  type Imported,
  type Sampling,
  type SizeOption,
} from "@assay/graph";
import { keccak, type Bounds } from "@assay/vm";
import { ProgressLine } from "./progress.ts";

export interface ModelOptions {
  readonly symbol: Readonly<Record<string, SizeOption>>;
  /** Files by the inputs that they fix. */
  readonly bind: Readonly<Record<string, string>>;
  /** Outputs by name; all if absent. */
  readonly output?: readonly string[];
  readonly calls?: Bounds;
  readonly endToken?: readonly number[];
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly tokenizer?: string;
  readonly integerProducts: boolean;
}

/** Adds the options of `ModelOptions` to a verb. */
export function withModelOptions(command: Command): Command {
  return command
    .option(
      "--symbol <name=size>",
      "fix a named dimension, or bound it: name=least..greatest[:multiple]",
      readSymbol,
      {},
    )
    .option("--bind <name=file>", "fix an input to the tensor in a .pb, .npy or .json file", readBinding, {})
    .option(
      "--output <name>",
      "an output of the program, to be given once for each; otherwise all of the model's",
      readName,
    )
    .option("--calls <n..m>", "least and greatest number of calls of a model that generates", readBounds)
    .option("--end-token <list>", "tokens that end a text, with commas; otherwise the file's eos_token_id", readTokens)
    .option("--temperature <t>", "draw tokens from softmax(logits / t); 0 takes the greatest", readNumber)
    .option("--top-k <k>", "draw from the k likeliest tokens only", readNumber)
    .option("--top-p <p>", "draw from the likeliest tokens that together have probability p", readNumber)
    .option("--tokenizer <file>", "the model's tokenizer.json, whose hash stands in the program")
    .option("--no-integer-products", "multiply what is dequantised as floats, as the file has it, not as integers");
}

/** The program of a model's file. Throws `GraphError`. */
export function importFile(model: string, options: ModelOptions): Imported {
  const { symbol, bind, output, calls, endToken, temperature, topK, topP, tokenizer, integerProducts } = options;
  const sampling: Sampling = {
    ...(temperature !== undefined && { temperature }),
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
  };
  const line = new ProgressLine(process.stderr);
  const imported = importOnnx(readFile(model), {
    file: model,
    external: folderReader(dirname(model)),
    symbols: symbol,
    integerProducts,
    hasher: fastHasher,
    bind: Object.fromEntries(Object.entries(bind).map(([name, file]) => [name, readTensorFile(file, readFile(file))])),
    progress: ({ stage, done, total }) => line.show(`${stage} weights`, done, total),
    ...(output && { outputs: output }),
    ...(calls && { calls }),
    ...(endToken && { endTokens: endToken }),
    ...(Object.keys(sampling).length > 0 && { sampling }),
    ...(tokenizer !== undefined && { tokenizer: keccak(readFile(tokenizer)) }),
  });
  line.clear();
  return imported;
}

/** A file's bytes. Throws MALFORMED_FILE. */
export function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GraphError("MALFORMED_FILE", `cannot be read: ${reason}`, { file }, { cause: error });
  }
}

function readSymbol(text: string, known: Readonly<Record<string, SizeOption>>): Readonly<Record<string, SizeOption>> {
  const match = /^(.+)=(\d{1,10})(?:\.\.(\d{1,10})(?::(\d{1,10}))?)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError("write it like N=1, N=1..64 or N=32..640:32");
  const [, name, least, greatest, multipleOf = "1"] = match as (string | undefined)[];
  const bounds = { least: Number(least), greatest: Number(greatest), multipleOf: Number(multipleOf) };
  const value = greatest === undefined ? Number(least) : bounds;
  return { ...known, [name!]: value };
}

function readBinding(text: string, known: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError("write it like shape=shape.npy");
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) };
}

function readName(text: string, known: readonly string[] = []): readonly string[] {
  return [...known, text];
}

function readBounds(text: string): Bounds {
  const match = /^(\d{1,10})\.\.(\d{1,10})$/.exec(text);
  if (match === null) throw new InvalidArgumentError("write it like 2..64");
  return { least: Number(match[1]), greatest: Number(match[2]) };
}

function readTokens(text: string): number[] {
  if (!/^\d{1,10}(,\d{1,10})*$/.test(text)) throw new InvalidArgumentError("write it like 2 or 2,107");
  return text.split(",").map(Number);
}

function readNumber(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError("a number");
  return value;
}
