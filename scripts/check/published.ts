/**
 * Models that people publish, as their packages ship them: each is imported as it comes, computed by WebAssembly and natively,
 * bit for bit alike, and put beside onnxruntime on the same random inputs, in values and in time.
 *
 *     npm run check -- published [--install] [--pairs 5] [--threads 1] [--json] [filter]
 *
 * --install fetches the packages of published.requirements.txt with pip, some 250 MB, into .venv/published; published.json
 * says of what sizes each model is asked. The exit code is 1 where a model is refused, the backends differ in a bit, or an
 * output is further from onnxruntime's than another order of summation explains. Speed is onnxruntime's time ÷ ours.
 */
import { parseArgs } from "node:util";
import { Random } from "../../packages/graph/src/testing/random.ts";
import { denseBytes, DType, makeTensor, productOf, tensorOfWords, type Tensor } from "../../packages/vm/src/index.ts";
import { aboutMachine } from "../bench/engine/machine.ts";
import { AbsentBackend, importModel, openOurs } from "../bench/engine/ours.ts";
import { comparePairs, type Comparison } from "../bench/engine/pairs.ts";
import { fromOrt, openTheirs } from "../bench/engine/theirs.ts";
import { difference, type Difference } from "../helpers/difference.ts";
import { publishedModels, type PublishedModel } from "../helpers/publishedModels.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    install: { type: "boolean", default: false },
    pairs: { type: "string", default: "5" },
    threads: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const [pairs, threads] = [Number(values.pairs), Number(values.threads)];
const [filter = ""] = positionals;

/** Greatest difference that another order of summation explains, relative to an output's size or to a thousandth. */
const BOUND = 1e-3;
const LEAST = 1e-3;
const BACKENDS = ["native", "wasm"] as const;

interface Result {
  readonly model: string;
  readonly good: boolean;
  readonly remarks: readonly string[];
  readonly differences: readonly Difference[];
  /** Elements of outputs of integers that are not onnxruntime's. */
  readonly otherIntegers: number;
  readonly speed: Readonly<Partial<Record<(typeof BACKENDS)[number], Comparison>>>;
}

function inputsOf(model: PublishedModel, imported: ReturnType<typeof importModel>): Record<string, Tensor> {
  const random = new Random(0x9b11);
  const { inputs } = imported.program.header;
  return Object.fromEntries(
    imported.report.inputs.map(({ name, shape }, i) => {
      // All sizes are fixed: the shape is numbers.
      const sizes = shape === "[]" ? [] : shape.slice(1, -1).split(", ").map(Number);
      const { dtype } = inputs[i];
      const length = productOf(sizes);
      if (dtype === DType.FLOAT32) {
        const numbers = Float32Array.from({ length }, () => random.normal());
        return [name, makeTensor(dtype, sizes, new Uint8Array(numbers.buffer))];
      }
      const most = model.below[name] ?? 2;
      const words = Array.from({ length }, () => model.values[name] ?? random.below(most));
      return [name, tensorOfWords(dtype, sizes, words)];
    }),
  );
}

async function check(model: PublishedModel): Promise<Result> {
  const bound = Object.entries(model.bind).map(([name, value]) => [name, { numbers: value }] as const);
  const imported = importModel(model.file, model.sizes, Object.fromEntries(bound));
  const inputs = inputsOf(model, imported);
  const fixed = Object.entries(model.bind).map(
    ([name, value]) => [name, tensorOfWords(DType.INT64, [], [value])] as const,
  );
  const theirs = await openTheirs(model.file, { ...inputs, ...Object.fromEntries(fixed) }, threads);
  const answered = await theirs.run();
  let first: Uint8Array[] | undefined;
  let sameBits = true;
  const differences: Difference[] = [];
  let otherIntegers = 0;
  const speed: Partial<Record<(typeof BACKENDS)[number], Comparison>> = {};
  for (const backend of BACKENDS) {
    try {
      const ours = await openOurs(imported, inputs, backend, threads);
      const outputs = (await ours.run()).map((tensor) => ({ ...tensor, data: denseBytes(tensor).slice() }));
      const bytes = outputs.map(({ data }) => data);
      if (first === undefined) {
        imported.report.outputs.forEach(({ name }, i) => {
          const other = fromOrt(answered[name] as Parameters<typeof fromOrt>[0]);
          if (outputs[i].dtype === DType.FLOAT32) differences.push(difference(name, outputs[i], other, LEAST));
          else otherIntegers += bytes[i].filter((byte, k) => byte !== other.data[k]).length;
        });
        first = bytes;
      }
      sameBits &&= bytes.every((data, i) => Buffer.compare(data, first![i]) === 0);
      speed[backend] = await comparePairs(
        () => ours.run(),
        () => theirs.run(),
        pairs,
      );
      await ours.close();
    } catch (error) {
      if (!(error instanceof AbsentBackend)) throw error;
    }
  }
  await theirs.close();
  const near = differences.every(({ largest, finite }) => finite && largest <= BOUND) && otherIntegers === 0;
  const good = sameBits && (near || model.quantised);
  return { model: model.name, good, remarks: imported.report.remarks, differences, otherIntegers, speed };
}

const models = publishedModels(values.install);
if (models === undefined) {
  console.error("the packages are not there; npm run check -- published --install fetches them with pip");
  process.exit(2);
}
if (!values.json) {
  const about = { ...aboutMachine("check/published.ts"), pairs: `${pairs}, ${threads} threads` };
  for (const [name, value] of Object.entries(about)) console.log(`${name.padEnd(13)}${value}`);
  console.log(`${"model".padEnd(66)} native  wasm  largest difference`);
}
const results: Result[] = [];
for (const model of models.filter(({ name }) => name.includes(filter))) {
  const result = await check(model);
  results.push(result);
  if (!result.good) process.exitCode = 1;
  if (values.json) continue;
  const ratio = (backend: (typeof BACKENDS)[number]) => result.speed[backend]?.ratio.toFixed(2) ?? "not run";
  const largest = Math.max(0, ...result.differences.map((one) => one.largest));
  const notes = [result.good ? "" : "FAILED", model.quantised ? "quantised" : "", ...result.remarks.slice(0, 1)];
  console.log(
    `${model.name.padEnd(66)} ${ratio("native").padStart(6)} ${ratio("wasm").padStart(5)}  ${largest.toExponential(1)}  ` +
      notes.filter((note) => note !== "").join("; "),
  );
}
if (values.json) console.log(JSON.stringify({ threads, pairs, results }));
