/**
 * The engine beside onnxruntime: both in one process, the same models, inputs and threads, timed in turn.
 *
 *     npm run bench:engine -- [--case NAME …] [--backend wasm …] [--threads 1 …] [--pairs 15] [--no-memory] [--json]
 *
 * Speed is relative to onnxruntime's: 1.0 is equal, higher is faster. Memory is the peak of a process that loads the model
 * and runs it, in processes of their own. With --json, one object with a ratio for each case, backend and thread count.
 */
import { parseArgs } from "node:util";
import type { Tensor } from "../../packages/vm/src/index.ts";
import { BACKENDS, type Backend } from "./engine/backends.ts";
import { hashingCpuMs, traceTime } from "./engine/commitment.ts";
import { aboutMachine } from "./engine/machine.ts";
import { peakMemory } from "./engine/memory.ts";
import { AbsentBackend, importModel, openOurs, type Runner } from "./engine/ours.ts";
import { comparePairs, type Comparison } from "./engine/pairs.ts";
import { openTheirs } from "./engine/theirs.ts";
import { BENCH_MODELS, benchModel, modelFile, modelInputs, type BenchModel } from "./models/index.ts";

const { values } = parseArgs({
  options: {
    case: { type: "string", multiple: true },
    backend: { type: "string", multiple: true, default: ["wasm", "native"] },
    threads: { type: "string", multiple: true, default: ["1", "2"] },
    pairs: { type: "string", default: "15" },
    memory: { type: "boolean", default: true },
    json: { type: "boolean", default: false },
  },
  allowNegative: true,
});

/** Goals of speed relative to onnxruntime's. */
const GOALS: Record<Backend, Record<BenchModel["bound"], number>> = {
  wasm: { compute: 0.4, memory: 0.7, int8: 0.5 },
  native: { compute: 1, memory: 1, int8: 1 },
  plain: { compute: 0, memory: 0, int8: 0 },
};
const MEMORY_GOAL = 1.5;
const HASHING_GOAL = 0.02;
/** The model whose trace is built too, and the most that it may take beside a run. */
const TRACED = "mobilenetv2";
const TRACE_GOAL = 6;

interface Row extends Comparison {
  readonly case: string;
  readonly backend: Backend;
  readonly threads: number;
  readonly goal: number;
  /** Peak memory of ours and theirs in bytes, and their ratio; absent where not measured. */
  readonly memory?: { readonly ours: number; readonly theirs: number; readonly ratio: number };
  /** Processor time to hash inputs and outputs, as a part of an inference's. */
  readonly hashing: number;
  /** Time to build the whole trace's tree, as a multiple of an inference's: by the clock, and of processor time. */
  readonly trace?: { readonly ratio: number; readonly cpuRatio: number };
}

const say = (line: string): void => (values.json ? console.error(line) : console.log(line));

/** Both backends at one thread count against one session of onnxruntime. */
async function measureThreads(
  model: BenchModel,
  imported: ReturnType<typeof importModel>,
  backends: readonly Backend[],
  threads: number,
): Promise<Row[]> {
  const [file, inputs] = [modelFile(model), modelInputs(model)];
  const session = await openTheirs(file, inputs, threads);
  const theirMemory = values.memory ? peakMemory("onnxruntime", model.name, threads) : undefined;
  const rows: Row[] = [];
  for (const backend of backends) {
    let runner: Runner;
    try {
      runner = await openOurs(imported, inputs, backend, threads);
    } catch (error) {
      if (!(error instanceof AbsentBackend)) throw error;
      say(`  not run: ${error.message}`);
      continue;
    }
    const compared = await comparePairs(() => runner.run(), session.run, Number(values.pairs));
    const outputs = await runner.run();
    // The plain executor has no hasher of its own.
    const hasher = backend === "plain" ? "wasm" : backend;
    const hashed = committed(model, imported, inputs, outputs);
    const hashing = (await hashingCpuMs(hashed, hasher)) / compared.oursCpuMs;
    const traced = model.name === TRACED ? await traceTime(runner.keep(), threads, hasher) : undefined;
    const trace = traced && {
      ratio: traced.ms / compared.oursMs,
      cpuRatio: traced.cpuMs / compared.oursCpuMs,
    };
    await runner.close();
    const ours = values.memory ? peakMemory(backend, model.name, threads) : undefined;
    const memory =
      ours !== undefined && theirMemory !== undefined
        ? { ours, theirs: theirMemory, ratio: ours / theirMemory }
        : undefined;
    const goal = GOALS[backend][model.bound];
    rows.push({
      ...{ case: model.name, backend, threads, ...compared, goal, hashing },
      ...(memory && { memory }),
      ...(trace && { trace }),
    });
    say(lineOf(rows[rows.length - 1]));
    if (trace) {
      const [clock, cpu] = [trace.ratio.toFixed(2), trace.cpuRatio.toFixed(2)];
      const mark = trace.ratio <= TRACE_GOAL ? "" : " !";
      say(`  the whole trace's tree: ${clock} × the run, of processor time ${cpu} × (goal ≤ ${TRACE_GOAL})${mark}`);
    }
  }
  await session.close();
  return rows;
}

/** The inputs and outputs that a claim hashes. */
function committed(
  { cache = [] }: BenchModel,
  { report }: ReturnType<typeof importModel>,
  inputs: Readonly<Record<string, Tensor>>,
  outputs: readonly Tensor[],
): Tensor[] {
  const given = report.inputs.filter(({ name }) => !cache.includes(name)).map(({ name }) => inputs[name]);
  return [...given, ...outputs.filter((_, i) => !cache.includes(report.outputs[i].name))];
}

const HEAD =
  "case          backend threads     ours ms   theirs ms   speed (least)   goal  of cpu    memory MB (ratio ≤ 1.5)  hashing";

function lineOf(row: Row): string {
  const mark = (good: boolean) => (good ? " " : "!");
  const { memory } = row;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const cells = [
    row.case.padEnd(13),
    row.backend.padEnd(7),
    `${row.threads}`.padStart(7),
    row.oursMs.toFixed(3).padStart(11),
    row.theirsMs.toFixed(3).padStart(11),
    `${row.ratio.toFixed(2)} (${row.leastRatio.toFixed(2)})${mark(row.ratio >= row.goal)}`.padStart(16),
    row.goal.toFixed(2).padStart(5),
    row.cpuRatio.toFixed(2).padStart(7),
    (memory
      ? `${megabytes(memory.ours)} : ${megabytes(memory.theirs)} (${memory.ratio.toFixed(2)})${mark(memory.ratio <= MEMORY_GOAL)}`
      : "-"
    ).padStart(25),
    `${(100 * row.hashing).toFixed(2)} %${mark(row.hashing <= HASHING_GOAL)}`.padStart(9),
  ];
  return cells.join(" ");
}

const models = values.case?.map(benchModel) ?? BENCH_MODELS;
const backends = values.backend.map((name) => {
  const found = BACKENDS.find((backend) => backend === name);
  if (found === undefined) throw new RangeError(`no backend ${JSON.stringify(name)}; there are ${BACKENDS.join(", ")}`);
  return found;
});
const about = aboutMachine("bench/engine.ts");
for (const [name, value] of Object.entries(about)) say(`${name.padEnd(12)} ${value}`);
say(`pairs        ${values.pairs}; speed is onnxruntime's time ÷ ours, median of the pairs (least); ! misses the goal`);
say("of cpu       the same ratio of processor time, which other programs on the machine do not change");
say(HEAD);
const rows: Row[] = [];
for (const model of models) {
  const imported = importModel(modelFile(model));
  for (const threads of values.threads)
    rows.push(...(await measureThreads(model, imported, backends, Number(threads))));
}
if (values.json) console.log(JSON.stringify({ ...about, pairs: Number(values.pairs), results: rows }));
