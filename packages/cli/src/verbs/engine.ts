// `assay engine`: what computes here (`info`), and the native kernels built for this machine (`build-native`).
import { availableParallelism, cpus } from "node:os";
import { relative } from "node:path";
import type { Command } from "commander";
import { Engine } from "@assay/engine";
import { buildNative } from "@assay/engine/native/build";
import { nativeLibrary, type Absent, type NativeLibrary } from "@assay/engine/native/library";
import { evaluateShape, type Bounds, type ProgramHeader, type Request, type Tensor } from "@assay/vm";
import { importFile, withModelOptions, type ModelOptions } from "./importOptions.ts";

export function addEngine(program: Command): void {
  const engine = program.command("engine").description("what runs programs on this machine");
  const buildNativeVerb = engine
    .command("build-native")
    .description("build the native kernels with this machine's C compiler; nothing is downloaded")
    .argument("[model...]", "ONNX files whose own kernels are compiled too, for all their sizes")
    .option("--compiler <command>", "the C compiler; without it the first of cc, gcc, clang");
  withModelOptions(buildNativeVerb).action(build);
  engine.command("info").description("backends found, instruction sets, threads").action(info);
}

interface BuildOptions extends ModelOptions {
  readonly compiler?: string;
}

function build(models: readonly string[], { compiler, ...options }: BuildOptions): void {
  const built = buildNative({ compiler, onStep: (line) => console.error(line) });
  if (built.compiler === undefined) line("library", `${shown(built.file)}, there already for these sources`);
  else {
    line("compiler", built.compiler);
    line("library", shown(built.file));
  }
  showLibrary(nativeLibrary());
  for (const model of models) compileModel(model, options, compiler);
}

/** Compiles what a model's plan generates. */
function compileModel(model: string, options: ModelOptions, compiler: string | undefined): void {
  const { program } = importFile(model, options);
  const before = performance.now();
  const engine = new Engine(program, { backend: "native", native: { compile: true, compiler } });
  const counts = engine.prepare(typicalRequest(program.header));
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  line("model", model);
  if (counts === undefined) line("kernels", "none: the plain executor runs it");
  else
    line("kernels", `${counts.native} of ${counts.all} in the machine's code, the rest too small to pay; ${seconds} s`);
}

/** Sizes for which nothing degenerates; kernels hold none of them. */
const SIZE = 24;
const CALLS = 3;

function typicalRequest(header: ProgramHeader): Request {
  const within = ({ least, greatest }: Bounds, wanted: number): number => Math.max(least, Math.min(greatest, wanted));
  const symbols = header.symbols.map((bounds) => within(bounds, SIZE));
  const inputs = header.inputs.map(({ dtype, shape }): Tensor => {
    return { dtype, shape: shape.map((size) => evaluateShape(size, symbols, 0)), data: new Uint8Array(0) };
  });
  return { inputs, symbols, seed: 0n, calls: within(header.calls, CALLS) };
}

function info(): void {
  line("processor", `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} threads`);
  line("webassembly", "always there");
  const library = nativeLibrary();
  if ("absent" in library) line("native", `not used: ${library.absent}`);
  else line("native", shown(library.file));
  if (!("absent" in library)) showLibrary(library);
}

function showLibrary(library: NativeLibrary | Absent): void {
  if ("absent" in library) {
    line("native", `not used: ${library.absent}`);
    return;
  }
  const runnable = library.sets.filter((set) => set.runs).map((set) => set.name);
  line("sets", library.sets.map(({ name, runs }) => (runs ? name : `${name} (not on this machine)`)).join(", "));
  line("used", runnable.at(-1) ?? "none");
}

const line = (name: string, value: string) => console.log(`${name.padEnd(14)}${value}`);
const shown = (file: string) => relative(process.cwd(), file);
