/** For tests: generated C for many programs, compiled at once. */
import type { Program, Request } from "@assay/vm";
import { Engine, type EngineOptions } from "../index.ts";
import { generatedLibraries } from "../native/generated.ts";
import { availableSets } from "../native/testing.ts";

/** The sets for which kernels are generated, each once, slowest first; a reason where there are none. */
export function generatedSets(): readonly string[] | string {
  const sets = availableSets();
  if (typeof sets === "string") return sets;
  const byLibraries = new Map(sets.map((set) => [generatedLibraries(set), set]));
  return [...byLibraries].flatMap(([libraries, set]) => (libraries.supported ? [set] : []));
}

/** Options of an engine all of whose kernels are generated C, however small. */
export const generatedOptions = (set: string): EngineOptions => ({ backend: "native", native: { set, least: 0 } });

/** Runs a check for each set with the kernels of all these in generated C; says why where there are none. */
export function eachGeneratedSet(
  all: readonly { program: Program; request: Request }[],
  check: (options: EngineOptions) => void,
): void {
  const sets = generatedSets();
  if (typeof sets === "string") return console.log(`      not run: ${sets}`);
  for (const set of sets) {
    compileKernels(set, all);
    check(generatedOptions(set));
  }
}

/** Compiles the kernels of all these at once. */
export function compileKernels(set: string, all: readonly { program: Program; request: Request }[]): void {
  for (const { program, request } of all) new Engine(program, generatedOptions(set)).prepare(request);
  generatedLibraries(set).compileWanted();
}
