// `assay import`: an ONNX file becomes a program, and its roots are shown.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { fastSubtree } from "@assay/engine";
import { folderReader, GraphError, importOnnx, readTensorFile, type ImportReport, type Sampling } from "@assay/graph";
import type { Bounds } from "@assay/vm";
import { writeProgram } from "@assay/vm/node";
import { ProgressLine } from "./progress.ts";

interface ImportVerbOptions {
  readonly out?: string;
  readonly symbol: Readonly<Record<string, number | Bounds>>;
  /** Files by the inputs that they fix. */
  readonly bind: Readonly<Record<string, string>>;
  readonly calls?: Bounds;
  readonly endToken?: readonly number[];
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly json: boolean;
}

export function addImport(program: Command): void {
  program
    .command("import")
    .description("turn an ONNX model into a program, and show its roots and what it is made of")
    .argument("<model>", "the ONNX file; external data are read from its folder")
    .option("--out <file>", "write the program there")
    .option("--symbol <name=size>", "fix a named dimension, or bound it: name=least..greatest", readSymbol, {})
    .option("--bind <name=file>", "fix an input to the tensor in a .pb, .npy or .json file", readBinding, {})
    .option("--calls <n..m>", "least and greatest number of calls of a model that generates", readBounds)
    .option("--end-token <list>", "tokens that end a text, with commas; otherwise the file's eos_token_id", readTokens)
    .option("--temperature <t>", "draw tokens from softmax(logits / t); 0 takes the greatest", readNumber)
    .option("--top-k <k>", "draw from the k likeliest tokens only", readNumber)
    .option("--top-p <p>", "draw from the likeliest tokens that together have probability p", readNumber)
    .option("--json", "print one JSON object", false)
    .action(importModel);
}

function readSymbol(
  text: string,
  known: Readonly<Record<string, number | Bounds>>,
): Readonly<Record<string, number | Bounds>> {
  const match = /^(.+)=(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError("write it like N=1 or N=1..64");
  const [, name, least, greatest] = match;
  const value = greatest === undefined ? Number(least) : { least: Number(least), greatest: Number(greatest) };
  return { ...known, [name]: value };
}

function readBinding(text: string, known: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError("write it like shape=shape.npy");
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) };
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

function importModel(model: string, options: ImportVerbOptions): void {
  const { out, symbol, bind, json, calls, endToken, temperature, topK, topP } = options;
  const sampling: Sampling = {
    ...(temperature !== undefined && { temperature }),
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
  };
  const line = new ProgressLine(process.stderr);
  const { program, report } = importOnnx(readFile(model), {
    file: model,
    external: folderReader(dirname(model)),
    symbols: symbol,
    hasher: fastSubtree,
    bind: Object.fromEntries(Object.entries(bind).map(([name, file]) => [name, readTensorFile(file, readFile(file))])),
    progress: ({ stage, done, total }) => line.show(`${stage} weights`, done, total),
    ...(calls && { calls }),
    ...(endToken && { endTokens: endToken }),
    ...(Object.keys(sampling).length > 0 && { sampling }),
  });
  line.clear();
  if (out !== undefined) writeProgram(out, program);
  if (json) console.log(JSON.stringify(report));
  else show(model, report);
}

function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GraphError("MALFORMED_FILE", `cannot be read: ${reason}`, { file }, error);
  }
}

function show(model: string, report: ImportReport): void {
  const line = (name: string, value: string) => console.log(`  ${name.padEnd(14)}${value}`);
  console.log(model);
  line("program root", report.programRoot);
  line("params root", report.paramsRoot);
  const counts = Object.entries(report.operators).map(([name, count]) => `${name} ${count}`);
  line("operators", counts.join(", "));
  for (const { name, least, greatest } of report.symbols) line("symbol", `${name}, ${least} to ${greatest}`);
  for (const { name, dtype, shape } of report.inputs) line("input", `${name} ${dtype} ${shape}`);
  for (const { name, dtype, shape } of report.outputs) line("output", `${name} ${dtype} ${shape}`);
  line("parameters", `${report.parameters.count}, ${report.parameters.bytes} bytes`);
  const { prompt, decode, epilogue } = report.nodes;
  line("nodes", decode + epilogue === 0 ? `${prompt}` : `prompt ${prompt}, decode ${decode}, epilogue ${epilogue}`);
}
