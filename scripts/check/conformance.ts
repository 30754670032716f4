/**
 * ONNX's own backend node tests through the importer and the reference interpreter: how many pass, fail, are refused, and
 * why.
 *
 *   node scripts/check/conformance.ts FOLDER [--list] [filter]
 *
 * FOLDER holds the tests, as the `onnx` package of Python brings them: onnx/backend/test/data/node. A test whose inputs
 * decide shapes is imported again with its integer inputs as constants, and counted apart.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { denseBytes, DType, float32, loadWord, run, type Tensor } from "../../packages/vm/src/index.ts";
import { GraphError, importOnnx } from "../../packages/graph/src/index.ts";
import {
  decodeModelProto,
  decodeTensorProto,
  encodeModelProto,
  type ModelProto,
  type TensorProto,
} from "../../packages/graph/src/onnx/schema.ts";
import { readTensor } from "../../packages/graph/src/onnx/tensor.ts";

type Outcome = "passed" | "bound" | "failed" | "refused";

const [folder, ...rest] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node scripts/check/conformance.ts FOLDER [--list] [filter]");
  process.exit(2);
}
const list = rest.includes("--list");
const filter = rest.find((argument) => !argument.startsWith("--")) ?? "";

function tensorsOf(set: string, kind: "input" | "output"): TensorProto[] {
  const protos: TensorProto[] = [];
  for (let i = 0; existsSync(join(set, `${kind}_${i}.pb`)); i++) {
    protos.push(decodeTensorProto(readFileSync(join(set, `${kind}_${i}.pb`))));
  }
  return protos;
}

/** The model with its integer inputs, or all, as constants. */
function bound(model: ModelProto, inputs: readonly TensorProto[], all: boolean): ModelProto {
  const graph = model.graph!;
  const names = graph.input ?? [];
  const constants = names.flatMap(({ name }, i) =>
    all || inputs[i]?.dataType !== DType.FLOAT32 ? [{ ...inputs[i], name: name! }] : [],
  );
  const held = new Set<string | undefined>(constants.map(({ name }) => name));
  return {
    ...model,
    graph: {
      ...graph,
      initializer: [...(graph.initializer ?? []), ...constants],
      input: names.filter(({ name }) => !held.has(name)),
    },
  };
}

function compute(model: ModelProto, inputs: readonly TensorProto[]): readonly Tensor[] {
  const names = model.graph!.input ?? [];
  const { program, report } = importOnnx(encodeModelProto(model), { generation: false });
  const tensors = names.map(({ name }) => {
    const proto = inputs.find((input) => input.name === name)!;
    return readTensor(proto, {}, undefined, true);
  });
  const symbols = report.symbols.map(({ name }) => {
    for (const [i, { type }] of names.entries()) {
      const axis = (type?.tensorType?.shape?.dim ?? []).findIndex(({ dimParam }) => dimParam === name);
      if (axis >= 0) return tensors[i].shape[axis];
    }
    return 1;
  });
  return run(program, { inputs: tensors, symbols, seed: 0n, calls: 1 }).outputs;
}

/** What differs first, at the suite's own tolerances (1e-3 relative, 1e-7 absolute); undefined if nothing. */
function difference(own: Tensor, proto: TensorProto): string | undefined {
  const expected = readTensor(proto, {}, undefined, true);
  if (own.dtype !== expected.dtype) return `type ${own.dtype}, not ${expected.dtype}`;
  if (own.shape.join() !== expected.shape.join()) return `shape [${own.shape}], not [${expected.shape}]`;
  const [a, b] = [denseBytes(own), denseBytes(expected)];
  const count = own.shape.reduce((product, size) => product * size, 1);
  const isFloat = [DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16].some((dtype) => dtype === own.dtype);
  for (let i = 0; i < count; i++) {
    const [x, y] = [loadWord(own.dtype, a, i), loadWord(own.dtype, b, i)];
    if (x === y) continue;
    const [v, w] = [float32.toNumber(Number(x)), float32.toNumber(Number(y))];
    if (isFloat && (v === w || Math.abs(v - w) <= 1e-7 + 1e-3 * Math.abs(w))) continue;
    return isFloat ? `element ${i} is ${v}, not ${w}` : `element ${i} is ${x}, not ${y}`;
  }
  return undefined;
}

function runTest(path: string): { outcome: Outcome; reason: string } {
  const model = decodeModelProto(readFileSync(join(path, "model.onnx")));
  const set = join(path, "test_data_set_0");
  const names = (model.graph?.input ?? []).map(({ name }) => name!);
  const inputs = tensorsOf(set, "input").map((input, i) => ({ ...input, name: names[i] }));
  const outputs = tensorsOf(set, "output");
  const attempts: [Outcome, ModelProto][] = [
    ["passed", model],
    ["bound", bound(model, inputs, false)],
    ["bound", bound(model, inputs, true)],
  ];
  let refusal = "";
  for (const [outcome, attempt] of attempts) {
    try {
      const results = compute(attempt, inputs);
      const wrong = outputs.map((output, i) => difference(results[i], output)).find((text) => text !== undefined);
      return wrong === undefined ? { outcome, reason: "" } : { outcome: "failed", reason: wrong };
    } catch (error) {
      if (!(error instanceof GraphError)) return { outcome: "failed", reason: String(error) };
      refusal ||= error.message;
      if (error.code !== "DATA_DEPENDENT_SHAPE" && error.code !== "UNSUPPORTED") break;
    }
  }
  return { outcome: "refused", reason: refusal };
}

const counts: Record<Outcome, number> = { passed: 0, bound: 0, failed: 0, refused: 0 };
const reasons = new Map<string, number>();
for (const name of readdirSync(folder).sort()) {
  if (!name.includes(filter) || !existsSync(join(folder, name, "model.onnx"))) continue;
  let result: { outcome: Outcome; reason: string };
  try {
    result = runTest(join(folder, name));
  } catch (error) {
    result = { outcome: "refused", reason: error instanceof GraphError ? error.message : String(error) };
  }
  counts[result.outcome]++;
  if (result.outcome === "failed" || (list && result.outcome === "refused")) {
    console.log(`${result.outcome.padEnd(8)} ${name}: ${result.reason}`);
  }
  if (result.outcome === "refused") {
    const short = result.reason.replace(/^.*?\((\w+)\): /, "$1: ").slice(0, 90);
    reasons.set(short, (reasons.get(short) ?? 0) + 1);
  }
}
const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, list ? 0 : 60)) {
  console.log(`${String(count).padStart(5)} refused  ${reason}`);
}
console.log(
  `${total} tests: ${counts.passed} passed, ${counts.bound} more with inputs bound, ${counts.failed} failed, ${counts.refused} refused`,
);
