/**
 * Every operator against onnxruntime on small random inputs, and against itself: with symbolic dimensions and with constant
 * inputs, which are folded at import, the bits are the same.
 */
import { expect } from "chai";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import {
  denseBytes,
  DType,
  float32,
  loadWord,
  makeTensor,
  nameOf,
  run,
  storeWord,
  type Tensor,
  type Word,
} from "@assay/vm";
import { GraphError, importOnnx, OPERATORS, type ImportOptions } from "../index.ts";
import { MICROSOFT } from "../operator.ts";
import { buildModel, floats, type ModelSpec } from "../testing/onnxBuilder.ts";
import { MICROSOFT_CASES, OPERATOR_CASES, type InputCase, type OperatorCase } from "../testing/operatorCases.ts";
import { Random } from "../testing/random.ts";

/** A tensor for an input: its values, or random ones. */
function tensorOf({ shape, dtype = DType.FLOAT32, values, range }: InputCase, random: Random): Tensor {
  const tensor = makeTensor(dtype as DType, shape);
  const count = shape.reduce((product, size) => product * size, 1);
  for (let i = 0; i < count; i++) storeWord(tensor.dtype, wordOf(tensor.dtype, i), tensor.data, i);
  return tensor;

  function wordOf(type: DType, i: number): Word {
    if (type === DType.FLOAT32) {
      const uniform = range && range[0] + random.unit() * (range[1] - range[0]);
      return float32.fromNumber(values?.[i] ?? uniform ?? random.normal());
    }
    const [least, greatest] = range ?? [0, 10];
    return values?.[i] ?? least + random.below(greatest - least);
  }
}

interface Model {
  readonly bytes: Uint8Array;
  /** Names and tensors of the run-time inputs. */
  readonly inputs: readonly (readonly [string, Tensor])[];
}

/** The one-node model of a case; its run-time inputs as the `form` says. */
function modelOf(
  operator: string,
  test: OperatorCase,
  tensors: readonly (Tensor | undefined)[],
  form: "fixed" | "symbolic" | "constant",
  types: readonly number[],
  domain = "",
): Model {
  const names = tensors.map((tensor, i) => (tensor === undefined ? "" : `input${i}`));
  const isConstant = (i: number) => form === "constant" || test.inputs[i]!.constant === true;
  const outputs = Array.from({ length: test.outputs ?? 1 }, (_, i) => `output${i}`);
  const runtime = tensors.flatMap((tensor, i) => (tensor === undefined || isConstant(i) ? [] : [i]));
  const spec: ModelSpec = {
    opset: test.opset ?? 17,
    nodes: [{ operator, domain, inputs: names, outputs, attributes: test.attributes ?? {} }],
    inputs: runtime.map((i) => ({
      name: names[i],
      dtype: tensors[i]!.dtype,
      shape: tensors[i]!.shape.map((size, axis) => (form === "symbolic" && axis === 0 && i === 0 ? "S" : size)),
    })),
    outputs: outputs.map((name, i) => ({ name, dtype: types[i] ?? 0 })),
    constants: Object.fromEntries(
      tensors.flatMap((tensor, i) => (tensor === undefined || !isConstant(i) ? [] : [[names[i], tensor]])),
    ),
  };
  return { bytes: buildModel(spec), inputs: runtime.map((i) => [names[i], tensors[i]!] as const) };
}

function ours({ bytes, inputs }: Model, options: ImportOptions = {}): readonly Tensor[] {
  const { program, report } = importOnnx(bytes, options);
  const symbols = report.symbols.map(() => inputs[0][1].shape[0]);
  return run(program, { inputs: inputs.map(([, tensor]) => tensor), symbols, seed: 0n, calls: 1 }).outputs;
}

type Typed = "float32" | "int64" | "int32" | "int16" | "int8" | "uint8" | "uint16" | "uint32" | "uint64" | "bool";

const ARRAYS = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

async function theirs({ bytes, inputs }: Model): Promise<OrtTensor[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    inputs.map(([name, tensor]) => {
      const type = nameOf(tensor.dtype) as Typed;
      const data = new ARRAYS[type](tensor.data.slice().buffer);
      return [name, new OrtTensor(type, data as Float32Array, tensor.shape) as OrtTensor];
    }),
  );
  const results = await session.run(feeds);
  return session.outputNames.map((name) => results[name]);
}

function compare(own: Tensor, other: OrtTensor, tolerance: number): void {
  expect(nameOf(own.dtype)).to.equal(other.type);
  expect(own.shape).to.deep.equal([...other.dims]);
  const data = denseBytes(own);
  (other.data as Float32Array).forEach((expected, i) => {
    const word = loadWord(own.dtype, data, i);
    if (own.dtype !== DType.FLOAT32) {
      expect(BigInt(word), `element ${i}`).to.equal(BigInt.asIntN(64, BigInt(expected)));
      return;
    }
    const value = float32.toNumber(Number(word));
    const close =
      Object.is(value, expected) ||
      value === expected ||
      Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));
    if (!close) expect(value, `element ${i}`).to.equal(expected);
  });
}

const bits = (tensors: readonly Tensor[]) => tensors.map((tensor) => Buffer.from(denseBytes(tensor)).toString("hex"));

describe("operators", () => {
  it("each has cases, or a test of its own", () => {
    const tables: Record<string, typeof OPERATOR_CASES> = { "": OPERATOR_CASES, [MICROSOFT]: MICROSOFT_CASES };
    expect(
      OPERATORS.filter(({ name, domain = "" }) => !(name in tables[domain])).map(({ name }) => name),
    ).to.deep.equal([]);
  });

  it("Cast between any two types: a program or a typed refusal", () => {
    const types = Object.values(DType);
    for (const from of types) {
      for (const to of types) {
        const bytes = buildModel({
          nodes: [{ operator: "Cast", inputs: ["x"], outputs: ["y"], attributes: { to } }],
          inputs: [{ name: "x", dtype: from, shape: [3] }],
          outputs: [{ name: "y", dtype: to }],
        });
        expect(importOnnx(bytes).program.header.counts.prompt).to.equal(1);
      }
    }
  });

  it("Swish: x · sigmoid(alpha x), which this onnxruntime does not have", () => {
    const x = { name: "x", dtype: DType.FLOAT32, shape: [17] };
    const y = { name: "y", dtype: DType.FLOAT32 };
    const alpha = { float: 1.25 };
    const swish = { operator: "Swish", inputs: ["x"], outputs: ["y"], attributes: { alpha } };
    const parts = [
      { operator: "Mul", inputs: ["a", "x"], outputs: ["ax"] },
      { operator: "Sigmoid", inputs: ["ax"], outputs: ["s"] },
      { operator: "Mul", inputs: ["x", "s"], outputs: ["y"] },
    ];
    const constants = { a: floats([], [1.25]) };
    const tensor = tensorOf({ shape: [17] }, new Random(5));
    const [one, other] = [{ nodes: [swish] }, { nodes: parts, constants }].map((spec) =>
      ours({ bytes: buildModel({ opset: 24, inputs: [x], outputs: [y], ...spec }), inputs: [["x", tensor]] }),
    );
    expect(bits(one)).to.deep.equal(bits(other));
  });

  const all = [
    ...Object.entries(OPERATOR_CASES).map(([operator, cases]) => ({ operator, domain: "", cases })),
    ...Object.entries(MICROSOFT_CASES).map(([operator, cases]) => ({ operator, domain: MICROSOFT, cases })),
  ];
  for (const { operator, domain, cases } of all) {
    if (operator === "Swish") continue;
    it(domain === "" ? operator : `${domain}.${operator}`, async () => {
      for (const [number, test] of cases.entries()) {
        const random = new Random(number + 1);
        const tensors = test.inputs.map((input) => input && tensorOf(input, random));
        const where = `case ${number}`;
        try {
          const untyped = modelOf(operator, test, tensors, "fixed", [], domain);
          const types = ours(untyped).map(({ dtype }) => dtype);
          const model = modelOf(operator, test, tensors, "fixed", types, domain);
          const own = ours(model);
          const expected = await theirs(model);
          own.forEach((tensor, i) => compare(tensor, expected[i], test.tolerance ?? 2e-6));

          // A constant that is not a number is refused.
          if (!test.inputs.some((input) => input?.values?.some(Number.isNaN))) {
            const folded = ours(modelOf(operator, test, tensors, "constant", types, domain));
            expect(bits(folded), "folded").to.deep.equal(bits(own));
          }
          const symbolic = modelOf(operator, test, tensors, "symbolic", types, domain);
          try {
            expect(bits(ours(symbolic)), "symbolic").to.deep.equal(bits(own));
          } catch (error) {
            // What a symbolic size makes undecidable is refused, and must say so.
            if (!(error instanceof GraphError)) throw error;
            expect(error.code).to.be.oneOf(["UNSUPPORTED", "SHAPE_MISMATCH", "DATA_DEPENDENT_SHAPE"]);
          }
        } catch (error) {
          if (error instanceof Error) error.message = `${where}: ${error.message}`;
          throw error;
        }
      }
    });
  }
});
