/** A bench model in our engine. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import * as engine from "../../../packages/engine/src/index.ts";
import { folderReader, importOnnx, type Imported } from "../../../packages/graph/src/index.ts";
import type { Backend } from "./backends.ts";
import type { Program, Request, Tensor } from "../../../packages/vm/src/index.ts";

/** A model made ready to run. */
export interface Runner {
  /** Outputs, valid until the next run. */
  run(): readonly Tensor[] | Promise<readonly Tensor[]>;
  close(): void | Promise<void>;
}

/** What the engine exports once it has backends. */
interface Faster {
  readonly create?: (program: Program, options: { backend: string; threads: number }) => Inferring | Promise<Inferring>;
}
interface Inferring {
  readonly backend?: string;
  infer(request: Request): readonly Tensor[];
  close?(): void | Promise<void>;
}

/** Imports a model file. Roots are not computed: nothing here asks for them. */
export function importModel(file: string, symbols: Readonly<Record<string, number>> = {}): Imported {
  return importOnnx(readFileSync(file), {
    file,
    symbols,
    external: folderReader(dirname(file)),
    generation: false,
    hasher: () => new Uint8Array(32),
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
    const plain = new engine.Engine(program);
    return { run: () => plain.run(request).outputs, close: () => {} };
  }
  const { create } = engine.Engine as unknown as Faster;
  if (create === undefined) throw new AbsentBackend(`the engine has no backend ${backend}`);
  let made: Inferring;
  try {
    made = await create.call(engine.Engine, program, { backend, threads });
  } catch (error) {
    throw new AbsentBackend(`${backend}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (made.backend !== undefined && made.backend !== backend) throw new AbsentBackend(`${backend} is not built here`);
  return { run: () => made.infer(request), close: () => made.close?.() };
}
