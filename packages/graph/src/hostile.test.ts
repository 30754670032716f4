/** Hostile and broken files: each is refused with a typed error that names file and node, or is a valid import. */
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DType, float32, makeTensor, storeWord } from "@assay/vm";
import {
  folderReader,
  GraphError,
  importOnnx,
  type GraphErrorCode,
  type ImportOptions,
  type ImportProgress,
} from "./index.ts";
import { decodeModelProto, encodeModelProto, type ModelProto } from "./onnx/schema.ts";
import { buildModel, floats, longs, type ModelSpec } from "./testing/onnxBuilder.ts";
import type { InputCase, OperatorCase } from "./testing/case.ts";
import { versions } from "./testing/caseModel.ts";
import { CASES } from "./testing/operatorCases.ts";
import { Random } from "./testing/random.ts";

const models = ["digits", "sequence"].map((name) => ({
  name,
  bytes: readFileSync(new URL(`../../../models/${name}/${name}.onnx`, import.meta.url)),
}));
const MUTATIONS = Number(process.env.ASSAY_MUTATIONS ?? 4000);

const x = { name: "x", dtype: DType.FLOAT32, shape: ["N", 4] };
const y = { name: "y", dtype: DType.FLOAT32 };
const relu: ModelSpec = {
  nodes: [{ operator: "Relu", inputs: ["x"], outputs: ["y"] }],
  inputs: [x],
  outputs: [y],
};

/** Imports; expects this refusal. */
function refused(bytes: Uint8Array, code: GraphErrorCode, node?: string, options: ImportOptions = {}): void {
  try {
    importOnnx(bytes, { file: "model.onnx", ...options });
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    expect(error.code).to.equal(code);
    expect(error.file).to.equal("model.onnx");
    expect(error.exitCode).to.equal(2);
    expect(error.message).to.contain("model.onnx").and.to.contain(error.reason);
    if (node !== undefined) expect(error.node).to.contain(node);
    return;
  }
  expect.fail(`accepted, where ${code} was expected`);
}

/** Either outcome is right; anything but a GraphError is a crash. */
function imports(bytes: Uint8Array): boolean {
  try {
    importOnnx(bytes, { file: "model.onnx" });
    return true;
  } catch (error) {
    if (error instanceof GraphError) return false;
    throw error;
  }
}

function changed(change: (model: ModelProto & { graph: object }) => unknown, spec = relu): Uint8Array {
  const model = JSON.parse(JSON.stringify(decodeModelProto(buildModel(spec)))) as ModelProto & { graph: object };
  return encodeModelProto({ ...model, ...(change(model) as object) });
}

/** The one-node model of an operator's case, with random constants of its shapes. */
function modelOf(operator: string, domain: string, test: OperatorCase, random: Random): Uint8Array {
  const inputs = test.inputs.flatMap((input, i) => (input === undefined ? [] : [{ name: `i${i}`, input }]));
  const typeOf = ({ dtype = DType.FLOAT32 }: InputCase) => dtype as DType;
  const constants = inputs.filter(({ input }) => input.constant);
  const outputs = Array.from({ length: test.outputs ?? 1 }, (_, i) => `o${i}`);
  const tensor = (input: InputCase) => {
    const value = makeTensor(typeOf(input), input.shape);
    const count = input.shape.reduce((product, size) => product * size, 1);
    for (let i = 0; i < count; i++) {
      const number = input.values?.[i] ?? random.below(3);
      const word = typeOf(input) === DType.FLOAT32 ? float32.fromNumber(number) : number;
      storeWord(typeOf(input), word, value.data, i);
    }
    return value;
  };
  return buildModel({
    ...versions(domain, test.opset),
    nodes: [
      {
        operator,
        domain,
        inputs: test.inputs.map((input, i) => (input === undefined ? "" : `i${i}`)),
        outputs,
        attributes: test.attributes ?? {},
      },
    ],
    inputs: inputs
      .filter(({ input }) => !input.constant)
      .map(({ name, input }) => ({ name, dtype: typeOf(input), shape: input.shape })),
    outputs: outputs.map((name) => ({ name, dtype: 0 })),
    constants: Object.fromEntries(constants.map(({ name, input }) => [name, tensor(input)])),
  });
}

describe("hostile ONNX files", () => {
  it("accepts the file that the others are made from", () => {
    expect(imports(buildModel(relu))).to.equal(true);
  });

  it("names what is wrong", () => {
    refused(new Uint8Array(), "MALFORMED_FILE");
    refused(new TextEncoder().encode("not a model at all"), "MALFORMED_FILE");
    refused(buildModel({ ...relu, opset: 99 }), "UNSUPPORTED_VERSION");
    const node = (operator: string, extra: object = {}) => ({
      ...relu,
      nodes: [{ operator, inputs: ["x"], outputs: ["y"], ...extra }],
    });
    refused(buildModel(node("Frobnicate")), "UNKNOWN_OPERATOR", "Frobnicate");
    refused(buildModel(node("Relu", { attributes: { alpha: 1 } })), "BAD_ATTRIBUTE", "Relu");
    refused(buildModel(node("Flatten", { attributes: { axis: "one" } })), "BAD_ATTRIBUTE", "Flatten");
    refused(buildModel(node("Flatten", { attributes: { axis: 9 } })), "BAD_ATTRIBUTE", "Flatten");
    refused(buildModel(node("Relu", { inputs: ["x", "x"] })), "BAD_ARITY", "Relu");
    refused(buildModel(node("Relu", { inputs: ["nowhere"] })), "UNDEFINED_NAME", "Relu");
    refused(buildModel({ ...relu, outputs: [{ name: "z", dtype: 1 }] }), "UNDEFINED_NAME");
    refused(buildModel({ ...relu, outputs: [{ ...y, dtype: DType.INT64 }] }), "TYPE_MISMATCH", "y");
    refused(buildModel({ ...relu, inputs: [{ ...x, dtype: 8 }] }), "TYPE_MISMATCH", "x");
    refused(buildModel({ ...relu, inputs: [{ ...x, dtype: DType.BOOL }] }), "TYPE_MISMATCH", "Relu");
    refused(buildModel({ ...relu, inputs: [x, x] }), "DUPLICATE_NAME", "x");
    const twice = [relu.nodes[0], { operator: "Relu", inputs: ["x"], outputs: ["y"] }];
    refused(buildModel({ ...relu, nodes: twice }), "DUPLICATE_NAME", "Relu");
    refused(buildModel({ ...relu, constants: { w: floats([1], [NaN]) } }), "NAN_WEIGHT", "w");
  });

  it("refuses cycles, and sorts what is merely out of order", () => {
    const cycle = [
      { operator: "Add", inputs: ["x", "b"], outputs: ["a"] },
      { operator: "Relu", inputs: ["a"], outputs: ["b"] },
      { operator: "Relu", inputs: ["b"], outputs: ["y"] },
    ];
    refused(buildModel({ ...relu, nodes: cycle }), "CYCLE", "Add");
    const own = [{ operator: "Add", inputs: ["x", "y"], outputs: ["y"] }];
    refused(buildModel({ ...relu, nodes: own }), "CYCLE", "Add");
    const straight = [
      { operator: "Relu", inputs: ["x"], outputs: ["a"] },
      { operator: "Add", inputs: ["a", "x"], outputs: ["y"] },
    ];
    const roots = [straight, [...straight].reverse()].map(
      (nodes) => importOnnx(buildModel({ ...relu, nodes })).report.programRoot,
    );
    expect(roots[0]).to.equal(roots[1]);
  });

  it("refuses sizes that no program can hold, before it makes room for them", () => {
    const huge = (dims: number[]) => ({
      graph: { initializer: [{ name: "w", dims, dataType: 1, rawData: new Uint8Array(4) }] },
    });
    const withConstant = (dims: number[]) => changed((model) => ({ graph: { ...model.graph, ...huge(dims).graph } }));
    refused(withConstant([1e9]), "BAD_TENSOR", "w");
    refused(withConstant([2 ** 40]), "TOO_LARGE", "w");
    refused(withConstant([2 ** 20, 2 ** 20]), "TOO_LARGE", "w");
    refused(withConstant([-1]), "BAD_TENSOR", "w");
    refused(withConstant(new Array<number>(9).fill(1)), "TOO_LARGE", "w");
    const gather = {
      ...relu,
      nodes: [{ operator: "Gather", inputs: ["x", "i"], outputs: ["y"], attributes: { axis: 0 } }],
      constants: { i: longs(new Array<number>(8).fill(1), [0]) },
    };
    refused(buildModel(gather), "TOO_LARGE");
  });

  it("reads external data from the model's folder only", () => {
    const external = (location: string, extra: { key: string; value: string }[] = []) =>
      changed((model) => ({
        graph: {
          ...model.graph,
          initializer: [
            {
              name: "w",
              dims: [2],
              dataType: 1,
              dataLocation: 1,
              externalData: [{ key: "location", value: location }, ...extra],
            },
          ],
        },
      }));
    for (const path of ["../secret", "/etc/passwd", "a/../../b", "C:\\x", "a//b", "", "a\\..\\b", "\0"]) {
      refused(external(path), "EXTERNAL_DATA", "w", { external: () => expect.fail("a file was read") });
    }
    const file = { external: () => new Uint8Array(8) };
    expect(() => importOnnx(external("weights.bin"), file)).not.to.throw();
    const range = (offset: string, length: string) =>
      external("w.bin", [
        { key: "offset", value: offset },
        { key: "length", value: length },
      ]);
    expect(() => importOnnx(range("0", "8"), file)).not.to.throw();
    refused(range("4", "8"), "EXTERNAL_DATA", "w", file);
    refused(range("-4", "8"), "EXTERNAL_DATA", "w", file);
    refused(range("0", "999999999999999999999"), "EXTERNAL_DATA", "w", file);
    refused(range("0", "4"), "BAD_TENSOR", "w", file);
    refused(external("w.bin"), "EXTERNAL_DATA", "w");
  });

  describe("with external data in a real folder", () => {
    let folder = "";
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "assay-"))));
    afterEach(() => rmSync(folder, { recursive: true }));
    const COUNT = 50_000;

    /** A model whose one weight lies in a file. */
    const weightIn = (location: string, fields: Record<string, string> = {}): Uint8Array =>
      changed((model) => ({
        graph: {
          ...model.graph,
          node: [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
          input: [{ name: "x", type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: COUNT }] } } } }],
          initializer: [
            {
              name: "w",
              dims: [COUNT],
              dataType: 1,
              dataLocation: 1,
              externalData: Object.entries({ location, ...fields }).map(([key, value]) => ({ key, value })),
            },
          ],
        },
      }));
    const bytes = (): Uint8Array => new Uint8Array(Float32Array.from({ length: COUNT }, (_, i) => i / 7).buffer);

    it("gives the roots that the same data give in memory, wherever in the file they lie", () => {
      writeFileSync(join(folder, "w.bin"), bytes());
      writeFileSync(join(folder, "more.bin"), Buffer.concat([new Uint8Array(12), bytes(), new Uint8Array(7)]));
      const inMemory = importOnnx(weightIn("w.bin"), { external: () => bytes() });
      const external = folderReader(folder);
      const stored = importOnnx(weightIn("w.bin"), { external });
      expect(stored.report).to.deep.equal(inMemory.report);
      expect(stored.report.parameters.bytes).to.equal(4 * COUNT);
      const range = { offset: "12", length: `${4 * COUNT}` };
      const progress: ImportProgress[] = [];
      const part = importOnnx(weightIn("more.bin", range), { external, progress: (step) => progress.push(step) });
      expect(part.report).to.deep.equal(inMemory.report);
      expect(progress.map(({ stage }) => stage)).to.include.members(["reading", "hashing"]);
      expect(progress.at(-1)).to.deep.equal({ stage: "hashing", done: 4 * COUNT, total: 4 * COUNT });
      expect(Buffer.from(part.program.params[0].data).equals(bytes())).to.equal(true);
    });

    it("refuses NaN weights and files that are too short, missing, changed, folders, pipes and links that lead out", () => {
      const external = folderReader(folder);
      const options = { external };
      const nan = bytes();
      nan.set([0, 0, 0xc0, 0x7f], 4 * (COUNT - 1));
      writeFileSync(join(folder, "nan.bin"), nan);
      refused(weightIn("nan.bin"), "NAN_WEIGHT", "w", options);
      writeFileSync(join(folder, "short.bin"), bytes().subarray(4));
      refused(weightIn("short.bin"), "BAD_TENSOR", "w", options);
      refused(weightIn("short.bin", { length: `${4 * COUNT}` }), "EXTERNAL_DATA", "w", options);
      refused(weightIn("missing.bin"), "EXTERNAL_DATA", "w", options);
      mkdirSync(join(folder, "inner"));
      refused(weightIn("inner"), "EXTERNAL_DATA", "w", options);
      if (spawnSync("mkfifo", [join(folder, "pipe")]).status === 0)
        refused(weightIn("pipe"), "EXTERNAL_DATA", "w", options);
      const outside = mkdtempSync(join(tmpdir(), "assay-outside-"));
      try {
        writeFileSync(join(outside, "w.bin"), bytes());
        symlinkSync(join(outside, "w.bin"), join(folder, "link.bin"));
        symlinkSync(outside, join(folder, "linked"));
        symlinkSync("/dev/zero", join(folder, "zero"));
        for (const location of ["link.bin", "linked/w.bin", "zero", join(outside, "w.bin"), "inner/../../w.bin"])
          refused(weightIn(location), "EXTERNAL_DATA", "w", options);
      } finally {
        rmSync(outside, { recursive: true });
      }
      writeFileSync(join(folder, "w.bin"), bytes());
      const { program } = importOnnx(weightIn("w.bin"), options);
      writeFileSync(join(folder, "w.bin"), bytes().reverse());
      expect(() => program.params[0].data).to.throw(GraphError, "has changed");
    });
  });

  it("refuses every attribute of a wrong type", () => {
    const random = new Random(1);
    let tried = 0;
    for (const [domain, table] of Object.entries(CASES)) {
      for (const [operator, cases] of Object.entries(table)) {
        for (const test of cases) {
          for (const name of Object.keys(test.attributes ?? {})) {
            const given = test.attributes![name];
            const wrong = typeof given === "number" ? "one" : 1;
            const attributes = { ...test.attributes, [name]: wrong };
            const bytes = modelOf(operator, domain, { ...test, attributes }, random);
            refused(bytes, "BAD_ATTRIBUTE", operator);
            tried++;
          }
        }
      }
    }
    expect(tried).to.be.greaterThan(200);
  }).timeout(60_000);

  it("survives mutations of a model of every operator", () => {
    const random = new Random(0xbeef);
    for (const [domain, table] of Object.entries(CASES)) {
      for (const [operator, cases] of Object.entries(table)) {
        for (const test of cases) {
          const bytes = modelOf(operator, domain, test, random);
          expect(imports(bytes), `${operator} as it is`).to.equal(true);
          for (let i = 0; i < MUTATIONS / 200; i++) {
            const mutated = Uint8Array.from(bytes);
            for (let k = 1 + random.below(3); k > 0; k--) {
              const at = random.below(mutated.length);
              mutated[at] = random.pick([random.below(256), mutated[at] ^ (1 << random.below(8)), 0, 1, 0x7f, 0xff]);
            }
            try {
              imports(mutated);
            } catch (error) {
              throw new Error(`${operator}: ${Buffer.from(mutated).toString("base64")}`, { cause: error });
            }
          }
        }
      }
    }
  }).timeout(600_000);

  for (const { name, bytes } of models) {
    it(`survives the ${name} model cut off anywhere`, () => {
      const step = Math.ceil(bytes.length / 500);
      for (let length = 0; length < bytes.length; length += step) imports(bytes.subarray(0, length));
    }).timeout(120_000);

    it(`survives ${MUTATIONS / 2} mutations of the ${name} model`, () => {
      const random = new Random(0xa55a);
      // Weights are most of the file: mutations aim at the rest as well.
      const { graph } = decodeModelProto(bytes);
      const structure = bytes.length - graph!.initializer!.reduce((sum, { rawData }) => sum + rawData!.length, 0);
      let accepted = 0;
      for (let i = 0; i < MUTATIONS / 2; i++) {
        const mutated = Uint8Array.from(bytes);
        for (let k = 1 + random.below(3); k > 0; k--) {
          const at = random.unit() < 0.7 ? random.below(Math.min(structure, 900)) : random.below(mutated.length);
          mutated[at] = random.pick([random.below(256), mutated[at] ^ (1 << random.below(8)), 0, 0xff]);
        }
        if (imports(mutated)) accepted++;
      }
      expect(accepted).to.be.lessThan(MUTATIONS / 2);
    }).timeout(600_000);
  }
});
