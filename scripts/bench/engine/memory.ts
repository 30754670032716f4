/**
 * The most memory that a process held which loaded one model and ran it: a process of its own for each figure.
 *
 *     node scripts/bench/engine/memory.ts wasm|native|plain|onnxruntime CASE THREADS      prints bytes
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { benchModel, modelFile, modelInputs } from "../models/index.ts";
import { BACKENDS, type Backend } from "./backends.ts";
import { peakBytes } from "./peak.ts";

const RUNS = 3;

/** Peak resident bytes of a process that runs the model so; undefined where it cannot. */
export function peakMemory(who: Backend | "onnxruntime", name: string, threads: number): number | undefined {
  const command = [fileURLToPath(import.meta.url), who, name, `${threads}`];
  try {
    return Number(execFileSync(process.execPath, command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    return undefined;
  }
}

async function measure(who: string, name: string, threads: number): Promise<void> {
  const model = benchModel(name);
  const [file, inputs] = [modelFile(model), modelInputs(model)];
  // Only what runs is loaded: the other would count too.
  if (who === "onnxruntime") {
    const { openTheirs } = await import("./theirs.ts");
    const session = await openTheirs(file, inputs, threads);
    for (let i = 0; i < RUNS; i++) await session.run();
  } else {
    const { importModel, openOurs } = await import("./ours.ts");
    const runner = await openOurs(importModel(file), inputs, who as Backend, threads);
    for (let i = 0; i < RUNS; i++) await runner.run();
  }
  console.log(peakBytes());
  process.exit(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [who, name, threads] = process.argv.slice(2);
  if (who !== "onnxruntime" && !BACKENDS.includes(who as Backend)) throw new RangeError(`no backend ${who}`);
  await measure(who, name, Number(threads));
}
