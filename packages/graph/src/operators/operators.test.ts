/**
 * Every operator against onnxruntime on small random inputs, and against itself: with symbolic dimensions and with constant
 * inputs, which are folded at import, the bits are the same.
 */
import { expect } from "chai";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { denseBytes, DType, float32, loadWord, nameOf, type Tensor } from "@assay/vm";
import { GraphError, importOnnx, OPERATORS } from "../index.ts";
import { QONNX } from "../lowering/qonnx.ts";
import type { ExpectedOutput } from "../testing/case.ts";
import { modelOf, ours, tensorOf, type CaseModel } from "../testing/caseModel.ts";
import { buildModel } from "../testing/onnxBuilder.ts";
import { CASES } from "../testing/operatorCases.ts";
import { Random } from "../testing/random.ts";

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

/** By one thread: DynamicQuantizeLSTM quantises what a thread has of a batch. */
async function theirs({ bytes, inputs }: CaseModel): Promise<OrtTensor[]> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
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

/** What an output is held to: an answer of onnxruntime, or given values. */
interface Reference {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

const referenceOf = (given: OrtTensor): Reference => given as unknown as Reference;

function given({ shape, dtype = DType.FLOAT32, values }: ExpectedOutput): Reference {
  return { type: nameOf(dtype as DType), dims: shape, data: values };
}

function compare(own: Tensor, other: Reference, tolerance: number): void {
  expect(nameOf(own.dtype)).to.equal(other.type);
  expect(own.shape).to.deep.equal([...other.dims]);
  const data = denseBytes(own);
  expect(other.data.length).to.equal(own.shape.reduce((product, size) => product * size, 1));
  const isFloat = [DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16].some((dtype) => dtype === own.dtype);
  for (let i = 0; i < other.data.length; i++) {
    const expected = other.data[i];
    const word = loadWord(own.dtype, data, i);
    if (!isFloat) {
      expect(BigInt(word), `element ${i}`).to.equal(BigInt.asIntN(64, BigInt(expected)));
      continue;
    }
    const value = float32.toNumber(Number(word));
    const wanted = Number(expected);
    const close =
      Object.is(value, wanted) ||
      value === wanted ||
      Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
    if (!close) expect(value, `element ${i}`).to.equal(wanted);
  }
}

const bits = (tensors: readonly Tensor[]) => tensors.map((tensor) => Buffer.from(denseBytes(tensor)).toString("hex"));

describe("operators", () => {
  it("each has cases", () => {
    const without = OPERATORS.filter(({ name, domain = "" }) => (CASES[domain]?.[name] ?? []).length === 0);
    expect(without.map(({ name }) => name)).to.deep.equal([]);
  });

  it("each refuses an empty name in the place of an input that must be there", () => {
    for (const {
      name,
      domain = "",
      inputs: [least],
      absent = [],
    } of OPERATORS) {
      const [test] = CASES[domain]![name]!;
      for (let i = 0; i < least; i++) {
        if (absent.includes(i)) continue;
        const inputs = test.inputs.map((input, other) => (other === i ? undefined : input));
        const tensors = inputs.map((input) => input && tensorOf(input, new Random(1)));
        const { bytes } = modelOf(name, { ...test, inputs }, tensors, "fixed", [], domain);
        const where = `input ${i} of ${domain} ${name}`;
        expect(() => importOnnx(bytes), where).to.throw(
          GraphError,
          /: (input \d+ is missing|\d+ inputs;).*\[BAD_ARITY\]/,
        );
      }
    }
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

  it("each of QONNX by older names of its domain, too", () => {
    const record = (name: string, domain: string): Uint8Array => {
      const [test] = CASES[QONNX]![name]!;
      const tensors = test.inputs.map((input) => input && tensorOf(input, new Random(1)));
      const { bytes } = modelOf(name, test, tensors, "fixed", [], domain);
      return importOnnx(bytes).program.prompt[0];
    };
    for (const name of ["BipolarQuant", "Quant"]) {
      for (const older of ["finn.custom_op.general", "onnx.brevitas"]) {
        expect(record(name, older)).to.deep.equal(record(name, QONNX));
      }
    }
  });

  const all = Object.entries(CASES).flatMap(([domain, operators]) =>
    Object.entries(operators).map(([operator, cases]) => ({ operator, domain, cases })),
  );
  for (const { operator, domain, cases } of all) {
    it(domain === "" ? operator : `${domain}.${operator}`, async () => {
      for (const [number, test] of cases.entries()) {
        const random = new Random(number + 1);
        const tensors = test.inputs.map((input) => input && tensorOf(input, random));
        const where = `case ${number}`;
        try {
          const untyped = modelOf(operator, test, tensors, "fixed", [], domain);
          const types = test.declared ?? ours(untyped).map(({ dtype }) => dtype);
          const model = modelOf(operator, test, tensors, "fixed", types, domain);
          const own = ours(model);
          const expected = test.expected?.map(given) ?? (await theirs(model)).map(referenceOf);
          expect(expected.length, "outputs").to.equal(own.length);
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
