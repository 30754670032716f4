/** A bench model in our engine. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { Engine, EngineError, PlainEngine } from "../../../packages/engine/src/index.ts";
import { folderReader, importOnnx, type BoundValue, type Imported } from "../../../packages/graph/src/index.ts";
import type { Backend } from "./backends.ts";
import { NO_HASH, type Request, type Run, type Tensor } from "../../../packages/vm/src/index.ts";

/** A model made ready to run. */
export interface Runner {
  /** Outputs, valid until the next run. */
  run(): readonly Tensor[] | Promise<readonly Tensor[]>;
  /** A run whose tensors are all kept, for its trace. */
  keep(): Run;
  close(): void | Promise<void>;
}

/** Imports a model file. Roots are not computed: nothing here asks for them. */
export function importModel(
  file: string,
  symbols: Readonly<Record<string, number>> = {},
  bind: Readonly<Record<string, BoundValue>> = {},
): Imported {
  return importOnnx(readFileSync(file), {
    file,
    symbols,
    bind,
    external: folderReader(dirname(file)),
    generation: false,
    hasher: { hash: () => NO_HASH, subtree: () => NO_HASH },
  });
}

/** A backend that this machine does not have. */
export class AbsentBackend extends Error {}

/** The program ready to run on the inputs. Throws `AbsentBackend` where the engine has not this backend. */
export async function openOurs(
  { program, report }: Imported,
  inputs: Readonly<Record<string, Tensor>>,
  backend: Backend,
  threads: number,
): Promise<Runner> {
  const request: Request = { inputs: report.inputs.map(({ name }) => inputs[name]), symbols: [], seed: 0n, calls: 1 };
  if (backend === "plain") {
    const plain = new PlainEngine(program);
    return { run: () => plain.run(request).outputs, keep: () => plain.run(request), close: () => {} };
  }
  try {
    const engine = new Engine(program, { backend, threads, native: { compile: true } });
    return { run: () => engine.infer(request), keep: () => engine.run(request), close: () => engine.close() };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "NO_BACKEND") throw error;
    throw new AbsentBackend(error.message, { cause: error });
  }
}
