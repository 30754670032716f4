/**
 * Import and plan of a large model with external data: a model of the given size is written, imported in a process of its
 * own and made ready to run, and deleted. Prints seconds, the rate of hashing and the most memory held.
 *
 *     npm run bench -- import [--megabytes 500] [--backend wasm] [--no-plan] [--json]
 */
import { spawnSync } from "node:child_process";
import { flushCompileCache } from "node:module";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ProgressLine } from "../../packages/cli/src/verbs/progress.ts";
import { Engine, EngineError, fastHasher, type Backend } from "../../packages/engine/src/index.ts";
import { folderReader, importOnnx } from "../../packages/graph/src/index.ts";
import { DType, makeTensor } from "../../packages/vm/src/index.ts";
import { peakBytes } from "./engine/peak.ts";
import { MODEL_FILE, ModelWriter } from "./models/writer.ts";

const CACHE = fileURLToPath(new URL("../../cache/bench", import.meta.url));
const MEMORY_GOAL = 1.2;
const WIDTH = 2048;

interface Measured {
  readonly importSeconds: number;
  /** Part of the import's time, and what it took of a processor: other programs on the machine do not count there. */
  readonly hashingSeconds: number;
  readonly hashingCpuSeconds: number;
  readonly importPeakBytes: number;
  /** Until the first answer; absent where no plan was asked for. */
  readonly planSeconds?: number;
  readonly planPeakBytes?: number;
  readonly paramsRoot: string;
}

/** A chain of matrix products of about so many bytes; returns the bytes of its weights. */
function write(folder: string, bytes: number): number {
  const model = new ModelWriter(folder, 0xa55a);
  const layers = Math.max(1, Math.round(bytes / (4 * WIDTH * WIDTH)));
  let x = model.input("x", DType.FLOAT32, [1, WIDTH]);
  for (let layer = 0; layer < layers; layer++) {
    x = model.add(
      "MatMul",
      [x, model.weight([WIDTH, WIDTH], 1 / Math.sqrt(WIDTH))],
      {},
      layer + 1 === layers ? "y" : "",
    );
  }
  model.output("y", DType.FLOAT32, [1, WIDTH]);
  model.finish();
  return layers * 4 * WIDTH * WIDTH;
}

/** The child: imports the file, plans it, and prints what it took; without a backend it makes no plan. */
function measure(file: string, backend?: Backend): void {
  const seconds = (): number => performance.now() / 1000;
  const line = new ProgressLine(process.stderr);
  const begun = seconds();
  const cpu = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  let [hashingFrom, cpuFrom] = [begun, cpu()];
  const { program, report } = importOnnx(readFileSync(file), {
    file,
    external: folderReader(dirname(file)),
    hasher: fastHasher,
    progress: ({ stage, done, total }) => {
      if (stage === "reading") [hashingFrom, cpuFrom] = [seconds(), cpu()];
      line.show(`${stage} weights`, done, total);
    },
  });
  line.clear();
  const imported = {
    importSeconds: seconds() - begun,
    hashingSeconds: seconds() - hashingFrom,
    hashingCpuSeconds: cpu() - cpuFrom,
  };
  const result = { ...imported, importPeakBytes: peakBytes(), paramsRoot: report.paramsRoot };
  if (backend === undefined) return console.log(JSON.stringify(result));
  const planned = seconds();
  const made = new Engine(program, { backend, threads: 1 });
  // The plan is made for the sizes of the first request, which is run too.
  made.infer({ inputs: [makeTensor(DType.FLOAT32, [1, WIDTH])], symbols: [], seed: 0n, calls: 1 });
  console.log(JSON.stringify({ ...result, planSeconds: seconds() - planned, planPeakBytes: peakBytes() }));
}

function main(): void {
  const { values } = parseArgs({
    options: {
      megabytes: { type: "string", default: "500" },
      backend: { type: "string", default: "wasm" },
      plan: { type: "boolean", default: true },
      json: { type: "boolean", default: false },
    },
    allowNegative: true,
  });
  const folder = join(CACHE, `import-${process.pid}`);
  try {
    const bytes = write(folder, 1e6 * Number(values.megabytes));
    // Compiled modules are kept, as they are for whoever imports a second model.
    flushCompileCache();
    const child = [
      ...process.execArgv,
      fileURLToPath(import.meta.url),
      "--child",
      join(folder, MODEL_FILE),
      ...(values.plan ? [values.backend] : []),
    ];
    const { status, stdout } = spawnSync(process.execPath, child, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    // The child has said what is wrong.
    if (status !== 0) return void (process.exitCode = 1);
    const measured = JSON.parse(stdout) as Measured;
    if (values.json) console.log(JSON.stringify({ bytes, ...measured }));
    else print(bytes, measured);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.partial`, { recursive: true, force: true });
  }
}

function print(bytes: number, measured: Measured): void {
  const megabytes = (count: number) => `${(count / 1e6).toFixed(0)} MB`;
  const memory = (peak: number) =>
    `${megabytes(peak)}, ${(peak / bytes).toFixed(2)} × the weights${peak <= MEMORY_GOAL * bytes ? "" : " (!)"}`;
  const { importSeconds, hashingSeconds, hashingCpuSeconds, planSeconds, importPeakBytes, planPeakBytes } = measured;
  console.log(`weights            ${megabytes(bytes)} of external data`);
  console.log(`import             ${importSeconds.toFixed(1)} s; most memory ${memory(importPeakBytes)}`);
  const rate = (bytes / 1e6 / hashingCpuSeconds).toFixed(0);
  console.log(`  params root      ${hashingSeconds.toFixed(1)} s; ${rate} MB a second of processor time, one core`);
  if (planSeconds !== undefined && planPeakBytes !== undefined) {
    console.log(`plan, first answer ${planSeconds.toFixed(1)} s; most memory ${memory(planPeakBytes)}`);
  }
}

const [flag, file, backend] = process.argv.slice(2);
if (flag !== "--child") main();
else {
  try {
    measure(file, backend as Backend | undefined);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
