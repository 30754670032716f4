/**
 * Whole models: the engine's outputs beside onnxruntime's on the same inputs, for the models of the bench and the committed
 * ones. Differences are relative to the greater of onnxruntime's value and the root mean square of its output.
 *
 *     npm run check -- models [--case NAME …] [--backend auto|wasm|native|plain] [--threads 1] [--json]
 *
 * The exit code is 1 where an output is not finite or further off than its model's bound, or another class or token wins.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { difference, type Difference } from "../helpers/difference.ts";
import { Random } from "../../packages/graph/src/testing/random.ts";
import { denseBytes, DType, makeTensor, tensorOfWords, type Tensor } from "../../packages/vm/src/index.ts";
import { BACKENDS, type Backend } from "../bench/engine/backends.ts";
import { AbsentBackend, importModel, openOurs } from "../bench/engine/ours.ts";
import { fromOrt, openTheirs } from "../bench/engine/theirs.ts";
import { BENCH_MODELS, modelFile, modelInputs } from "../bench/models/index.ts";

const { values } = parseArgs({
  options: {
    case: { type: "string", multiple: true },
    backend: { type: "string", default: "auto" },
    threads: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});

/** Greatest relative difference that another order of summation explains. */
const BOUND = 1e-3;

interface Subject {
  readonly name: string;
  readonly file: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly symbols: Readonly<Record<string, number>>;
  /**
   * A dynamically quantised model: a last bit in a range's end moves values to other steps, layer after layer. It may be as
   * far off as onnxruntime is from itself without its optimisations, and half as much again.
   */
  readonly quantised: boolean;
  /** Whether the greatest element of a row is an answer: a class, a token. */
  readonly answers: boolean;
}

function floats(random: Random, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return makeTensor(
    DType.FLOAT32,
    shape,
    new Uint8Array(Float32Array.from({ length: count }, () => random.normal()).buffer),
  );
}

function committed(): Subject[] {
  const random = new Random(0xd161);
  const file = (name: string) => fileURLToPath(new URL(`../../models/${name}/${name}.onnx`, import.meta.url));
  const common = { quantised: false, answers: true };
  const tokens = Array.from({ length: 20 }, () => random.below(20));
  return [
    {
      name: "digits",
      file: file("digits"),
      inputs: { image: floats(random, [36, 1, 8, 8]) },
      symbols: { N: 36 },
      ...common,
    },
    {
      name: "sequence",
      file: file("sequence"),
      inputs: {
        input_ids: tensorOfWords(DType.INT64, [1, tokens.length], tokens),
        past_state: floats(random, [1, 1, 96]),
      },
      symbols: { sequence: tokens.length },
      ...common,
    },
  ];
}

const subjects: Subject[] = [
  ...BENCH_MODELS.map((model) => ({
    name: model.name,
    get file() {
      return modelFile(model);
    },
    get inputs() {
      return modelInputs(model);
    },
    symbols: {},
    quantised: model.bound === "int8",
    answers: !model.name.includes("encoder"),
  })),
  ...committed(),
];

async function check(subject: Subject, backend: Backend): Promise<{ differences: Difference[]; good: boolean }> {
  const { file, inputs, symbols, quantised, answers } = subject;
  const imported = importModel(file, symbols);
  const runner = await openOurs(imported, inputs, backend, Number(values.threads));
  const outputs = (await runner.run()).map((tensor) => ({ ...tensor, data: denseBytes(tensor).slice() }));
  await runner.close();
  const session = await openTheirs(file, inputs, Number(values.threads));
  const answered = await session.run();
  const differences = imported.report.outputs.map(({ name }, i) =>
    difference(name, outputs[i], fromOrt(answered[name] as Parameters<typeof fromOrt>[0])),
  );
  await session.close();
  const own = quantised ? await ownDifferences(subject, answered) : [];
  const good = differences.every(({ finite, largest, mean, sameTop, rows, output }, i) => {
    const near = quantised ? mean <= 1.5 * own[i].mean && largest <= 1.5 * own[i].largest : largest <= BOUND;
    return finite && near && (!answers || output.startsWith("present") || sameTop === rows);
  });
  return { differences: [...differences, ...own], good };
}

/** How far onnxruntime without its optimisations is from its own answer. */
async function ownDifferences(
  { file, inputs }: Subject,
  answered: Awaited<ReturnType<Awaited<ReturnType<typeof openTheirs>>["run"]>>,
): Promise<Difference[]> {
  const session = await openTheirs(file, inputs, Number(values.threads), { plain: true });
  const plain = await session.run();
  const tensor = (value: unknown) => fromOrt(value as Parameters<typeof fromOrt>[0]);
  const differences = Object.keys(answered).map((name) =>
    difference(`onnxruntime's own`, tensor(plain[name]), tensor(answered[name])),
  );
  await session.close();
  return differences;
}

/** The fastest backend that there is. */
async function chosenBackend(): Promise<Backend> {
  const given = BACKENDS.find((name) => name === values.backend);
  if (given !== undefined) return given;
  if (values.backend !== "auto") throw new RangeError(`no backend ${values.backend}`);
  const [digits] = committed();
  for (const backend of ["native", "wasm"] as const) {
    try {
      await (await openOurs(importModel(digits.file, digits.symbols), digits.inputs, backend, 1)).close();
      return backend;
    } catch (error) {
      if (!(error instanceof AbsentBackend)) throw error;
    }
  }
  return "plain";
}

const backend = await chosenBackend();
const results: object[] = [];
if (!values.json) console.log(`backend ${backend}, ${values.threads} threads; relative differences to onnxruntime`);
for (const subject of subjects) {
  if (values.case !== undefined && !values.case.includes(subject.name)) continue;
  const { differences, good } = await check(subject, backend);
  results.push({ case: subject.name, backend, good, differences });
  if (!good) process.exitCode = 1;
  for (const { output, elements, largest, mean, sameTop, rows, finite } of values.json ? [] : differences) {
    console.log(
      `${good ? "ok    " : "FAILED"} ${subject.name.padEnd(13)} ${output.padEnd(18)} ${`${elements}`.padStart(8)} elements  ` +
        `largest ${largest.toExponential(1)}  mean ${mean.toExponential(1)}  ` +
        `same top-1 ${sameTop} of ${rows}${finite ? "" : "  NOT FINITE"}`,
    );
  }
}
if (values.case?.some((name) => !subjects.some((subject) => subject.name === name))) {
  throw new RangeError(`there are ${subjects.map(({ name }) => name).join(", ")}`);
}
if (values.json) console.log(JSON.stringify({ backend, results }));
