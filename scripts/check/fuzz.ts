/**
 * Mutated models by the hundred thousand: each must be refused with a typed error or be a model that interpreter and engine
 * compute alike, within a time limit. File i of a seed is always the same file.
 *
 *     node scripts/check/fuzz.ts --files 100000 --seed 1 [--limit seconds] [--only i] [--json]
 *
 * What fails is written to `cache/fuzz`, and the exit code is 1.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { mutationCorpus } from "../../packages/graph/src/testing/corpus.ts";
import { mutate } from "../../packages/graph/src/testing/mutate.ts";
import { Random } from "../../packages/graph/src/testing/random.ts";
import { examineModel } from "../../test/helpers/examineModel.ts";

const FOLDER = fileURLToPath(new URL("../../cache/fuzz", import.meta.url));

/** File `index` of a seed. */
function fileOf(corpus: readonly Uint8Array[], seed: number, index: number): Uint8Array {
  return mutate(corpus, new Random(Math.imul(seed, 0x9e3779b1) ^ index));
}

interface Failure {
  readonly index: number;
  readonly reason: string;
}

interface Tally {
  /** Files by what became of them. */
  readonly outcomes: Record<string, number>;
  readonly failures: Failure[];
  slowestMs: number;
  slowest: number;
}

interface Job {
  readonly seed: number;
  readonly first: number;
  readonly end: number;
  /** Word 0: the file being examined. The main thread sees it even when this one hangs. */
  readonly progress: Int32Array;
}

/** The worker: examines the files from `first` to `end`. */
function work({ seed, first, end, progress }: Job): void {
  const corpus = mutationCorpus();
  const tally: Tally = { outcomes: {}, failures: [], slowestMs: 0, slowest: first };
  for (let index = first; index < end; index++) {
    Atomics.store(progress, 0, index);
    const begun = performance.now();
    try {
      const outcome = examineModel(fileOf(corpus, seed, index), index);
      const name = outcome.kind === "refused" ? `refused ${outcome.code}` : outcome.kind;
      tally.outcomes[name] = (tally.outcomes[name] ?? 0) + 1;
    } catch (error) {
      tally.failures.push({ index, reason: explain(error) });
      parentPort!.postMessage({ failure: tally.failures.at(-1) });
    }
    const took = performance.now() - begun;
    if (took > tally.slowestMs) [tally.slowestMs, tally.slowest] = [took, index];
    if (index % 500 === 499) parentPort!.postMessage({ tally });
  }
  parentPort!.postMessage({ tally, done: true });
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = (error.cause instanceof Error ? error.cause : error).stack?.split("\n").slice(0, 4).join(" | ");
  return `${error.message}: ${place}`;
}

interface Result extends Tally {
  files: number;
  peakBytes: number;
}

/** Runs a worker over the files, another in its place when one hangs or runs out of memory. */
async function fuzz(seed: number, files: number, limitMs: number, say: (line: string) => void): Promise<Result> {
  const total: Result = { outcomes: {}, failures: [], slowestMs: 0, slowest: 0, files: 0, peakBytes: 0 };
  const merge = ({ outcomes, failures, slowestMs, slowest }: Tally): void => {
    for (const [name, count] of Object.entries(outcomes)) total.outcomes[name] = (total.outcomes[name] ?? 0) + count;
    total.failures.push(...failures);
    if (slowestMs > total.slowestMs) [total.slowestMs, total.slowest] = [slowestMs, slowest];
  };
  const begun = performance.now();
  let said = begun;
  for (let first = 0; first < files;) {
    const progress = new Int32Array(new SharedArrayBuffer(4));
    Atomics.store(progress, 0, -1);
    const job: Job = { seed, first, end: files, progress };
    const worker = new Worker(new URL(import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    });
    let tally: Tally | undefined;
    const ended = await new Promise<"done" | "hang" | Error>((resolve) => {
      worker.on("message", (message: { tally?: Tally; done?: boolean; failure?: Failure }) => {
        if (message.failure) say(`FAILED file ${message.failure.index}: ${message.failure.reason}`);
        if (message.tally) tally = message.tally;
        if (message.done) resolve("done");
      });
      worker.on("error", resolve);
      let [at, since] = [-2, performance.now()];
      const watch = setInterval(() => {
        const now = performance.now();
        const index = Atomics.load(progress, 0);
        if (index !== at) [at, since] = [index, now];
        total.peakBytes = Math.max(total.peakBytes, process.memoryUsage.rss());
        if (now - said > 30_000) {
          said = now;
          say(`file ${index} of ${files}, ${((index + 1) / ((now - begun) / 1000)).toFixed(0)} a second`);
        }
        if (index >= first && now - since > limitMs) resolve("hang");
      }, 100);
      worker.on("exit", () => clearInterval(watch));
    });
    await worker.terminate();
    const last = ended === "done" ? files - 1 : Atomics.load(progress, 0);
    if (tally) merge(tally);
    if (ended !== "done") {
      // The files since the last tally were examined, but their outcomes went with the worker.
      const told = tally ? Object.values(tally.outcomes).reduce((sum, count) => sum + count, tally.failures.length) : 0;
      total.outcomes["not told"] = (total.outcomes["not told"] ?? 0) + (last - first - told);
      const reason = ended === "hang" ? `more than ${limitMs / 1000} s` : explain(ended);
      total.failures.push({ index: last, reason });
      say(`FAILED file ${last}: ${reason}`);
    }
    first = last + 1;
    total.files = first;
  }
  return total;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      files: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      limit: { type: "string", default: "20" },
      only: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const seed = Number(values.seed);
  if (values.only !== undefined) {
    const index = Number(values.only);
    const bytes = fileOf(mutationCorpus(), seed, index);
    writeFailure(seed, index, bytes);
    console.log(JSON.stringify(examineModel(bytes, index)));
    return;
  }
  const begun = performance.now();
  const result = await fuzz(seed, Number(values.files), 1000 * Number(values.limit), (line) => console.error(line));
  const corpus = mutationCorpus();
  for (const { index } of result.failures) writeFailure(seed, index, fileOf(corpus, seed, index));
  const seconds = (performance.now() - begun) / 1000;
  if (values.json) console.log(JSON.stringify({ seed, seconds, corpus: corpus.length, ...result }));
  else {
    console.log(
      `${result.files} mutated files (seed ${seed}, from ${corpus.length} models) in ${seconds.toFixed(0)} s`,
    );
    const outcomes = Object.entries(result.outcomes).sort(([, a], [, b]) => b - a);
    for (const [name, count] of outcomes) console.log(`  ${`${count}`.padStart(7)}  ${name}`);
    console.log(`  slowest file ${result.slowest}: ${result.slowestMs.toFixed(0)} ms`);
    console.log(`  most memory of the process: ${(result.peakBytes / 1e6).toFixed(0)} MB`);
    for (const { index, reason } of result.failures) console.log(`  FAILED file ${index}: ${reason}`);
    console.log(`${result.failures.length} crashes, hangs and wrong acceptances`);
  }
  if (result.failures.length > 0) process.exitCode = 1;
}

function writeFailure(seed: number, index: number, bytes: Uint8Array): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${seed}-${index}.onnx`), bytes);
}

if (isMainThread) await main();
else work(workerData as Job);
