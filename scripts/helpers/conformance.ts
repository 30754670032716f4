/**
 * ONNX's own backend node tests: one test through the importer and the reference interpreter, and whether its types are
 * among those that Assay computes with.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { denseBytes, DType, float32, isDType, loadWord, run, type Tensor } from "../../packages/vm/src/index.ts";
import { GraphError, importOnnx } from "../../packages/graph/src/index.ts";
import { OPSETS } from "../../packages/graph/src/onnx/model.ts";
import {
  decodeModelProto,
  decodeTensorProto,
  encodeModelProto,
  longToBigInt,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "../../packages/graph/src/onnx/schema.ts";
import { readTensor } from "../../packages/graph/src/onnx/tensor.ts";

/** Passed as it is; passed with inputs that decide shapes bound at import; failed; refused. */
export type Outcome = "passed" | "bound" | "failed" | "refused";

export interface TestResult {
  readonly name: string;
  /** `domain.operator`, without a dot for `ai.onnx`. */
  readonly operator: string;
  readonly outcome: Outcome;
  readonly reason: string;
  /** Why the test is not in scope; undefined if it is. */
  readonly beyond: string | undefined;
}

/** All tests in the folder whose names contain `filter`, in order of their names. */
export function runTests(folder: string, filter = ""): TestResult[] {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "model.onnx")));
  const operators = new Map<string, string>();
  return names.sort().flatMap((name) => {
    const path = join(folder, name);
    const model = decodeModelProto(readFileSync(join(path, "model.onnx")));
    operators.set(name, operatorOf(model));
    if (!name.includes(filter)) return [];
    // A test of an operator's function body counts with the operator: its name is the operator's test's, then "expanded".
    const plain = name.replace(/_expanded(_ver\d+)?$/, "");
    const operator = operators.get(plain) ?? operators.get(name)!;
    return [{ name, operator, beyond: beyondScope(model), ...outcomeOf(path, model) }];
  });
}

/** The operator that a model is about: that of its last node. */
function operatorOf({ graph }: ModelProto): string {
  const node = graph?.node?.at(-1);
  const { domain = "", opType = "" } = node ?? {};
  return domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`;
}

/** Element types of ONNX that no program computes with. */
const OTHER_TYPES: Readonly<Record<number, string>> = {
  8: "strings",
  11: "float64",
  14: "complex numbers",
  15: "complex numbers",
  17: "float8",
  18: "float8",
  19: "float8",
  20: "float8",
  23: "float4",
  24: "float8",
  25: "uint2",
  26: "int2",
};
const RANDOM = ["Bernoulli", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial"];

/** Why a test is out of scope, by its types, its age or its purpose. */
function beyondScope(model: ModelProto): string | undefined {
  const { graph = {} } = model;
  const main = (model.opsetImport ?? []).find(({ domain = "" }) => domain === "" || domain === "ai.onnx");
  if (main !== undefined && Number(longToBigInt(main.version ?? 0)) < OPSETS.least)
    return `an operator set before ${OPSETS.least}`;
  for (const { type } of [...(graph.input ?? []), ...(graph.output ?? [])]) {
    if (type !== undefined && type.tensorType === undefined) return "sequences and optionals";
  }
  const nodes = nodesOf(graph);
  const isTraining = ({ domain, attribute = [], output = [] }: NodeProto) =>
    domain === "ai.onnx.preview.training" ||
    attribute.some(
      ({ name, i }) => name === "training_mode" && i !== undefined && longToBigInt(i) === 1n && output.length > 1,
    );
  if (nodes.some(isTraining) || nodes.some((node) => isTrainingDropout(node, graph))) return "training";
  if (nodes.some(({ opType = "" }) => RANDOM.includes(opType))) return "random numbers without a seed";
  if (nodes.some(({ opType = "" }) => opType.includes("Sequence") && opType !== "ReverseSequence"))
    return "sequences and optionals";
  const types = [
    ...[...(graph.input ?? []), ...(graph.output ?? [])].map(({ type }) => type?.tensorType?.elemType),
    ...nodes.flatMap(({ attribute = [] }) =>
      attribute.flatMap(({ name = "", i, t }) => [
        t?.dataType,
        ...(["to", "dtype", "output_dtype"].includes(name) && i !== undefined ? [Number(longToBigInt(i))] : []),
      ]),
    ),
  ];
  return types.map((type) => OTHER_TYPES[type ?? 0]).find((name) => name !== undefined);
}

/** Dropout with a third input, the training mode, that the test gives: always a true one. */
function isTrainingDropout({ opType, input = [] }: NodeProto, graph: GraphProto): boolean {
  return opType === "Dropout" && (input[2] ?? "") !== "" && (graph.name ?? "").includes("training");
}

function nodesOf({ node = [] }: GraphProto): NodeProto[] {
  return node.flatMap((own) => [
    own,
    ...(own.attribute ?? []).flatMap(({ g, graphs = [] }) =>
      (g === undefined ? graphs : [g, ...graphs]).flatMap(nodesOf),
    ),
  ]);
}

function outcomeOf(path: string, model: ModelProto): { outcome: Outcome; reason: string } {
  try {
    return compared(path, model);
  } catch (error) {
    // Test data of types that we do not have cannot be read either.
    if (error instanceof GraphError) return { outcome: "refused", reason: error.message };
    return { outcome: "failed", reason: String(error) };
  }
}

function compared(path: string, model: ModelProto): { outcome: Outcome; reason: string } {
  const set = join(path, "test_data_set_0");
  const names = (model.graph?.input ?? []).map(({ name }) => name!);
  const tensors = (kind: "input" | "output"): TensorProto[] => {
    const protos: TensorProto[] = [];
    for (let i = 0; existsSync(join(set, `${kind}_${i}.pb`)); i++)
      protos.push(decodeTensorProto(readFileSync(join(set, `${kind}_${i}.pb`))));
    return protos;
  };
  const inputs = (): TensorProto[] => tensors("input").map((input, i) => ({ ...input, name: names[i] }));
  const attempts: [Outcome, () => ModelProto][] = [
    ["passed", () => model],
    ["bound", () => bound(model, inputs(), false)],
    ["bound", () => bound(model, inputs(), true)],
  ];
  let refusal = "";
  for (const [outcome, attempt] of attempts) {
    try {
      const results = compute(attempt(), inputs);
      const wrong = tensors("output")
        .map((output, i) => difference(results[i], output))
        .find((text) => text !== undefined);
      return wrong === undefined ? { outcome, reason: "" } : { outcome: "failed", reason: wrong };
    } catch (error) {
      if (!(error instanceof GraphError)) return { outcome: "failed", reason: String(error) };
      refusal ||= error.message;
      if (error.code !== "DATA_DEPENDENT_SHAPE" && error.code !== "UNSUPPORTED") break;
    }
  }
  return { outcome: "refused", reason: refusal };
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

function compute(model: ModelProto, inputs: () => readonly TensorProto[]): readonly Tensor[] {
  const names = model.graph!.input ?? [];
  const { program, report } = importOnnx(encodeModelProto(model), { generation: false });
  const given = inputs();
  const tensors = names.map(({ name }) => {
    const proto = given.find((input) => input.name === name)!;
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
function difference(own: Tensor | undefined, proto: TensorProto): string | undefined {
  const expected = readTensor(proto, {}, undefined, true);
  if (own === undefined) return "an output is missing";
  if (own.dtype !== expected.dtype) return `type ${own.dtype}, not ${expected.dtype}`;
  if (own.shape.join() !== expected.shape.join()) return `shape [${own.shape}], not [${expected.shape}]`;
  const [a, b] = [denseBytes(own), denseBytes(expected)];
  const count = own.shape.reduce((product, size) => product * size, 1);
  const isFloat =
    isDType(own.dtype) && [DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16].some((dtype) => dtype === own.dtype);
  for (let i = 0; i < count; i++) {
    const [x, y] = [loadWord(own.dtype, a, i), loadWord(own.dtype, b, i)];
    if (x === y) continue;
    const [v, w] = [float32.toNumber(Number(x)), float32.toNumber(Number(y))];
    if (isFloat && (v === w || Math.abs(v - w) <= 1e-7 + 1e-3 * Math.abs(w))) continue;
    return isFloat ? `element ${i} is ${v}, not ${w}` : `element ${i} is ${x}, not ${y}`;
  }
  return undefined;
}
