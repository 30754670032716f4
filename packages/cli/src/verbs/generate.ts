// `assay generate`: a language model writes on from a prompt, as a provider would compute it.
import { InvalidArgumentError, Option, type Command } from "commander";
import { Engine } from "@assay/engine";
import { GraphError, type Imported } from "@assay/graph";
import { tensorOfWords, wordsOf } from "@assay/vm";
import { characterCodec, tokenizerCodec, type TextCodec } from "./codec.ts";
import { importFile, readFile, withModelOptions, type ModelOptions } from "./importOptions.ts";

interface GenerateOptions extends ModelOptions {
  readonly prompt: string;
  readonly length: number;
  readonly seed: bigint;
  readonly json: boolean;
}

export function addGenerate(program: Command): void {
  const command = program
    .command("generate")
    .description("let a language model write on from a prompt")
    .argument("<model>", "the ONNX file of a decoding step with its cache or states")
    .requiredOption("--prompt <text>", "what to write on from")
    .addOption(new Option("--length <n>", "most tokens written").argParser(whole(1, 2 ** 20 - 1)).default(64))
    .option("--seed <n>", "decides what is drawn", seedOf, 0n);
  withModelOptions(command).option("--json", "print one JSON object", false).action(generate);
}

function whole(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${greatest}`);
  };
}

function seedOf(text: string): bigint {
  if (/^(\d+|0x[0-9a-fA-F]+)$/.test(text) && BigInt(text) < 1n << 256n) return BigInt(text);
  throw new InvalidArgumentError("a whole number below 2^256");
}

function generate(model: string, { prompt, length, seed, json, ...options }: GenerateOptions): void {
  // The prompt and its first token, a call for each further token, and the one that gathers them.
  const calls = length + 1;
  const imported = importFile(model, { calls: { least: 2, greatest: calls }, ...options });
  const { program, report } = imported;
  const codec = codecOf(model, imported, options.tokenizer);
  const tokens = codec.encode(prompt);
  const [declared] = program.header.inputs;
  const { least, greatest } = program.header.symbols[0] ?? { least: 0, greatest: Infinity };
  if (tokens.length < Math.max(1, least) || tokens.length > greatest) {
    const bounds = `${Math.max(1, least)} to ${greatest}`;
    throw new GraphError("BAD_OPTION", `the prompt has ${tokens.length} tokens, not ${bounds}`, { file: model });
  }
  const input = tensorOfWords(declared.dtype, [1, tokens.length], tokens);
  const symbols = program.header.symbols.map(({ least: own }, i) => (i === 0 ? tokens.length : own));
  const { outputs } = new Engine(program).run({ inputs: [input], symbols, seed, calls });
  const written = wordsOf(outputs[0]).map(Number);
  const text = codec.decode(untilEnd(written, report.endTokens));
  if (json) console.log(JSON.stringify({ programRoot: report.programRoot, prompt: tokens, tokens: written, text }));
  else console.log(`${prompt}${text}`);
}

/** What stands before the end token. */
function untilEnd(tokens: readonly number[], endTokens: readonly number[]): readonly number[] {
  const end = tokens.findIndex((token) => endTokens.includes(token));
  return end < 0 ? tokens : tokens.slice(0, end);
}

function codecOf(model: string, { report }: Imported, tokenizer: string | undefined): TextCodec {
  if (tokenizer !== undefined) return tokenizerCodec(tokenizer, readFile(tokenizer));
  const { vocabulary } = report.metadata;
  if (vocabulary !== undefined) return characterCodec(vocabulary);
  throw new GraphError("BAD_OPTION", "the model needs --tokenizer: its file has no vocabulary of characters", {
    file: model,
  });
}
