// `assay engine`: what computes here (`info`), and the native kernels built for this machine (`build-native`).
import { availableParallelism, cpus } from "node:os";
import { relative } from "node:path";
import type { Command } from "commander";
import { buildNative } from "@assay/engine/native/build";
import { nativeLibrary, type Absent, type NativeLibrary } from "@assay/engine/native/library";

export function addEngine(program: Command): void {
  const engine = program.command("engine").description("what runs programs on this machine");
  engine
    .command("build-native")
    .description("build the native kernels with this machine's C compiler; nothing is downloaded")
    .option("--compiler <command>", "the C compiler; without it the first of cc, gcc, clang")
    .action(build);
  engine.command("info").description("backends found, instruction sets, threads").action(info);
}

function build({ compiler }: { readonly compiler?: string }): void {
  const built = buildNative({ compiler, onStep: (line) => console.error(line) });
  if (built.compiler === undefined) line("library", `${shown(built.file)}, there already for these sources`);
  else {
    line("compiler", built.compiler);
    line("library", shown(built.file));
  }
  showLibrary(nativeLibrary());
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
