/**
 * Small files that ask for much: deep nesting, repetition, exponential growth, huge sizes. Each is refused with a typed
 * error that names the file, or imported, within seconds and without the memory it asks for.
 *
 * @weight 20
 */
import { expect } from "chai";
import { DType } from "@assay/vm";
import { GraphError, importOnnx, type GraphErrorCode } from "./index.ts";
import { encodeModelProto, type GraphProto, type NodeProto } from "./onnx/schema.ts";
import {
  buildModel,
  floats,
  longs,
  type AttributeValue,
  type ModelSpec,
  type NodeSpec,
} from "./testing/onnxBuilder.ts";

/** Of processor time, for machines are shared; what has no bound takes hours. */
const LIMIT_MS = 15_000;
const LIMIT_BYTES = 700e6;

type Outcome = "imported" | GraphErrorCode;

/** What becomes of a file, within the limits. */
function outcomeOf(bytes: Uint8Array): Outcome {
  const before = process.memoryUsage();
  const begun = process.cpuUsage();
  let outcome: Outcome = "imported";
  try {
    importOnnx(bytes, { file: "model.onnx" });
  } catch (error) {
    if (!(error instanceof GraphError)) throw new Error("the import crashes", { cause: error });
    expect(error.file).to.equal("model.onnx");
    outcome = error.code;
  }
  const { user, system } = process.cpuUsage(begun);
  expect((user + system) / 1000, "milliseconds").to.be.lessThan(LIMIT_MS);
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(grown, "bytes").to.be.lessThan(LIMIT_BYTES);
  return outcome;
}

const x = { name: "x", dtype: DType.FLOAT32, shape: ["N", 4] };
const y = { name: "y", dtype: DType.FLOAT32 };

/** A model from x to y of these nodes. */
function model(nodes: readonly NodeSpec[], extra: Partial<ModelSpec> = {}): Uint8Array {
  return buildModel({ inputs: [x], outputs: [y], nodes, ...extra });
}

/** A model of one node of constants, whose output is y. */
function constantNode(
  operator: string,
  constants: ModelSpec["constants"],
  attributes: Record<string, AttributeValue> = {},
) {
  const inputs = Object.keys(constants ?? {});
  return buildModel({
    inputs: [],
    outputs: [{ name: "y", dtype: 0 }],
    nodes: [{ operator, inputs, outputs: ["y"], attributes }],
    constants: constants ?? {},
  });
}

/** A varint of protobuf. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** A field that holds bytes. */
function field(number: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from([...varint(8 * number + 2), ...varint(payload.length)]), payload]);
}

/** A model whose graph has these fields beside a Relu from x to y. */
function graphWith(payload: Uint8Array): Uint8Array {
  const plain = model([{ operator: "Relu", inputs: ["x"], outputs: ["y"] }]);
  return Buffer.concat([plain, field(7, payload)]);
}

describe("small files that ask for much", function () {
  this.timeout(300_000);

  it("nested subgraphs, thousands deep", () => {
    for (const depth of [10, 20, 3000]) {
      // Built from bytes: the writer would need the same depth.
      let graph: Uint8Array = new Uint8Array();
      for (let i = 0; i < depth; i++) {
        // GraphProto.node ⊃ NodeProto.attribute ⊃ AttributeProto.g
        graph = field(1, Buffer.concat([field(5, field(6, graph)), field(4, new TextEncoder().encode("If"))]));
      }
      expect(outcomeOf(graphWith(graph)), `${depth} deep`).not.to.equal("imported");
    }
  });

  it("nested loops, each a hundred times round", () => {
    // The innermost body would be lowered 10^16 times.
    let nodes: NodeSpec[] = [{ operator: "Relu", inputs: ["state"], outputs: ["next"] }];
    for (let level = 0; level < 8; level++) {
      const body = {
        nodes,
        inputs: [
          { name: `i${level}`, dtype: DType.INT64, shape: [] },
          { name: `c${level}`, dtype: DType.BOOL, shape: [] },
          { name: level === 0 ? "state" : `state${level}`, dtype: DType.FLOAT32 },
        ],
        outputs: [
          { name: `c${level}`, dtype: DType.BOOL },
          { name: level === 0 ? "next" : `next${level}`, dtype: DType.FLOAT32 },
        ],
      };
      const last = level === 7;
      nodes = [
        {
          operator: "Loop",
          inputs: ["trips", "", last ? "x" : `state${level + 1}`],
          outputs: [last ? "y" : `next${level + 1}`],
          attributes: { body: { graph: body } },
        },
      ];
    }
    expect(outcomeOf(model(nodes, { constants: { trips: longs([], [100]) } }))).not.to.equal("imported");
  });

  it("functions that call each other twice, forty times over", () => {
    const functions = Array.from({ length: 40 }, (_, i) => ({
      name: `f${i}`,
      domain: "bomb",
      inputs: ["a"],
      outputs: ["c"],
      nodes: [
        { operator: i === 0 ? "Relu" : `f${i - 1}`, domain: i === 0 ? "" : "bomb", inputs: ["a"], outputs: ["b"] },
        { operator: i === 0 ? "Relu" : `f${i - 1}`, domain: i === 0 ? "" : "bomb", inputs: ["b"], outputs: ["c"] },
      ],
    }));
    const nodes = [{ operator: "f39", domain: "bomb", inputs: ["x"], outputs: ["y"] }];
    expect(outcomeOf(model(nodes, { functions }))).to.equal("TOO_LARGE");
    const own = [{ ...functions[1], name: "f0", nodes: [{ ...functions[1].nodes[0], outputs: ["c"] }] }];
    const recursive = model([{ operator: "f0", domain: "bomb", inputs: ["x"], outputs: ["y"] }], { functions: own });
    expect(outcomeOf(recursive)).not.to.equal("imported");
  });

  it("hundreds of thousands of empty messages of two bytes each", () => {
    const repeat = (bytes: number[]) => Buffer.alloc(bytes.length * 200_000, Uint8Array.from(bytes));
    const plain = model([{ operator: "Relu", inputs: ["x"], outputs: ["y"] }]);
    // Fields of the graph: nodes, constants, inputs, outputs.
    for (const number of [1, 5, 11, 12]) {
      expect(outcomeOf(graphWith(repeat([8 * number + 2, 0]))), `graph field ${number}`).not.to.equal("imported");
    }
    // Fields of the model: operator sets, metadata, functions.
    for (const number of [8, 14, 25]) {
      const bytes = Buffer.concat([plain, repeat([...varint(8 * number + 2), 0])]);
      expect(outcomeOf(bytes), `model field ${number}`).to.be.a("string");
    }
    // Unknown fields are skipped.
    expect(outcomeOf(Buffer.concat([plain, repeat([...varint(8 * 90 + 2), 0])]))).to.equal("imported");
  });

  it("lists of hundreds of thousands of numbers where a few belong", () => {
    const many = Array.from({ length: 200_000 }, () => 1);
    const transpose = { operator: "Transpose", inputs: ["x"], outputs: ["y"], attributes: { perm: many } };
    expect(outcomeOf(model([transpose]))).not.to.equal("imported");
    const dims = encodeModelProto({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 17 }],
      graph: {
        node: [{ opType: "Relu", input: ["x"], output: ["y"] }],
        initializer: [{ name: "x", dims: many, dataType: 1, rawData: new Uint8Array(4) }],
        output: [{ name: "y" }],
      },
    });
    expect(outcomeOf(dims)).to.equal("TOO_LARGE");
    const ranks = { ...x, shape: many };
    expect(outcomeOf(model([{ operator: "Relu", inputs: ["x"], outputs: ["y"] }], { inputs: [ranks] }))).to.equal(
      "TOO_LARGE",
    );
    const inputs = new Array<string>(200_000).fill("x");
    expect(outcomeOf(model([{ operator: "Concat", inputs, outputs: ["y"], attributes: { axis: 0 } }]))).to.be.oneOf([
      "TOO_LARGE",
      "BAD_ARITY",
    ]);
  });

  it("constants of a billion elements", () => {
    const billion = 1_000_000_000;
    const shapeOf = (...sizes: number[]) => ({ shape: longs([sizes.length], sizes) });
    // Described, not given.
    const described = (fields: object): Uint8Array =>
      encodeModelProto({
        irVersion: 8,
        opsetImport: [{ domain: "", version: 17 }],
        graph: {
          node: [{ opType: "Relu", input: ["w"], output: ["y"] }],
          initializer: [{ name: "w", dims: [billion], dataType: 1, ...fields }],
          output: [{ name: "y" }],
        } satisfies GraphProto,
      });
    expect(outcomeOf(described({}))).to.equal("BAD_TENSOR");
    expect(outcomeOf(described({ rawData: new Uint8Array(4) }))).to.equal("BAD_TENSOR");
    expect(outcomeOf(described({ dataType: 11 }))).to.equal("BAD_TENSOR");
    expect(outcomeOf(described({ dims: [2 ** 36, 2 ** 36] }))).to.equal("TOO_LARGE");
    // Computed from a few bytes: refused, or left to the run.
    const computed: Uint8Array[] = [
      constantNode("ConstantOfShape", shapeOf(billion)),
      constantNode("ConstantOfShape", shapeOf(2 ** 20, 2 ** 20, 2 ** 20)),
      constantNode("Expand", { value: floats([2], [1, 2]), ...shapeOf(billion, 2) }),
      constantNode("Tile", { value: floats([2], [1, 2]), repeats: longs([1], [billion]) }),
      constantNode("Range", { start: longs([], [0]), limit: longs([], [billion]), delta: longs([], [1]) }),
      constantNode("Range", { start: longs([], [0]), limit: longs([], [2 ** 53]), delta: longs([], [1]) }),
      constantNode("OneHot", {
        indices: longs([2], [0, 1]),
        depth: longs([1], [billion]),
        values: floats([2], [0, 1]),
      }),
      constantNode("Pad", { data: floats([2], [1, 2]), pads: longs([2], [0, billion]) }),
      constantNode("Upsample", { data: floats([1, 1, 2, 2], [1, 2, 3, 4]), scales: floats([4], [1, 1, 30000, 30000]) }),
      constantNode("Resize", {
        data: floats([1, 1, 1, 2], [1, 2]),
        roi: floats([0], []),
        scales: floats([4], [1, 1, 1, 1e9]),
      }),
      constantNode("HannWindow", { size: longs([], [billion]) }),
    ];
    computed.forEach((bytes, i) => expect(outcomeOf(bytes), `computed ${i}`).to.be.a("string"));
  });

  it("shapes whose product overflows", () => {
    const sizes = (...dims: number[]) => ({ constants: { s: longs([dims.length], dims) } });
    const reshape = [{ operator: "Reshape", inputs: ["x", "s"], outputs: ["y"] }];
    expect(outcomeOf(model(reshape, sizes(2 ** 32, 2 ** 32, -1)))).not.to.equal("imported");
    expect(outcomeOf(model(reshape, sizes(-(2 ** 53))))).not.to.equal("imported");
    const expand = [{ operator: "Expand", inputs: ["x", "s"], outputs: ["y"] }];
    expect(outcomeOf(model(expand, sizes(2 ** 40, 2 ** 40, 1, 4)))).to.be.oneOf(["TOO_LARGE", "imported"]);
    const huge = { ...x, shape: [2 ** 40, 2 ** 40] };
    expect(outcomeOf(model([{ operator: "Relu", inputs: ["x"], outputs: ["y"] }], { inputs: [huge] }))).to.be.oneOf([
      "TOO_LARGE",
      "imported",
    ]);
    const flatten = [{ operator: "Flatten", inputs: ["x"], outputs: ["y"] }];
    const wide = { ...x, shape: [2, 2 ** 30, 2 ** 30] };
    expect(outcomeOf(model(flatten, { inputs: [wide] }))).to.be.oneOf(["TOO_LARGE", "imported"]);
  });

  it("shape arithmetic that doubles at each step", () => {
    for (const operator of ["Add", "Mul", "Div", "Sub", "Max"]) {
      const nodes: NodeSpec[] = [
        { operator: "Shape", inputs: ["x"], outputs: ["d0"] },
        ...Array.from({ length: 200 }, (_, i) => ({ operator, inputs: [`d${i}`, `d${i}`], outputs: [`d${i + 1}`] })),
        { operator: "Mod", inputs: ["d200", "one"], outputs: ["m"] },
        { operator: "Add", inputs: ["m", "one"], outputs: ["s"] },
        { operator: "Expand", inputs: ["x", "s"], outputs: ["y"] },
      ];
      const names = { ...x, shape: ["A", "B"] };
      expect(outcomeOf(model(nodes, { inputs: [names], constants: { one: longs([1], [7]) } })), operator).to.be.a(
        "string",
      );
    }
    // (a + b)^(2^i): more terms each time, none of which cancel.
    const powers: NodeSpec[] = [
      { operator: "Shape", inputs: ["x"], outputs: ["d"] },
      { operator: "ReduceSum", inputs: ["d"], outputs: ["d0"], attributes: { keepdims: 1 } },
      ...Array.from({ length: 60 }, (_, i) => ({
        operator: "Mul",
        inputs: [`d${i}`, `d${i}`],
        outputs: [`d${i + 1}`],
      })),
      { operator: "ConstantOfShape", inputs: ["d60"], outputs: ["y"] },
    ];
    const eight = { ...x, shape: ["A", "B", "C", "D", "E", "F", "G", "H"] };
    expect(outcomeOf(model(powers, { inputs: [eight] }))).to.be.a("string");
  });

  it("chains of thousands of nodes", () => {
    const chain = (length: number): Uint8Array => {
      const node = (i: number): NodeProto => ({
        opType: "Add",
        input: [i === 0 ? "x" : `v${i}`, "x"],
        output: [i === length - 1 ? "y" : `v${i + 1}`],
      });
      return encodeModelProto({
        irVersion: 8,
        opsetImport: [{ domain: "", version: 17 }],
        graph: {
          node: Array.from({ length }, (_, i) => node(length - 1 - i)),
          input: [{ name: "x", type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 4 }] } } } }],
          output: [{ name: "y" }],
        },
      });
    };
    expect(outcomeOf(chain(8_000))).to.equal("imported");
    expect(outcomeOf(chain(70_000))).to.equal("TOO_LARGE");
  });

  it("names of ten million characters, and names that objects have", () => {
    const long = "n".repeat(10_000_000);
    const named = (name: string) =>
      model([{ operator: "Relu", inputs: [name], outputs: ["y"] }], { inputs: [{ ...x, name }] });
    expect(outcomeOf(named(long))).to.equal("imported");
    for (const name of ["__proto__", "constructor", "toString", "\0", "a\nb", "\ud800"]) {
      expect(outcomeOf(named(name)), JSON.stringify(name)).to.be.a("string");
      const dimension = { ...x, shape: [name, 4] };
      const relu = { operator: "Relu", inputs: ["x"], outputs: ["y"] };
      expect(outcomeOf(model([relu], { inputs: [dimension] })), JSON.stringify(name)).to.be.a("string");
      expect(outcomeOf(model([{ ...relu, operator: name }])), JSON.stringify(name)).to.be.oneOf([
        "UNKNOWN_OPERATOR",
        "MALFORMED_FILE",
      ]);
      expect(outcomeOf(model([{ ...relu, domain: name }])), JSON.stringify(name)).not.to.equal("imported");
      expect(outcomeOf(model([{ ...relu, attributes: { [name]: 1 } }])), JSON.stringify(name)).to.equal(
        "BAD_ATTRIBUTE",
      );
    }
  });

  it("lengths that the file does not have", () => {
    for (const length of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40, 2 ** 53]) {
      for (const number of [1, 5, 7, 8, 11, 14]) {
        const bytes = Uint8Array.from([...varint(8 * number + 2), ...varint(length), 0, 0]);
        expect(outcomeOf(bytes), `field ${number}, ${length} bytes`).to.equal("MALFORMED_FILE");
        expect(outcomeOf(graphWith(bytes)), `graph field ${number}, ${length} bytes`).to.equal("MALFORMED_FILE");
      }
    }
    // Groups, which protobuf no longer has, nested without end.
    expect(outcomeOf(Buffer.alloc(1_000_000, 0x5b))).to.equal("MALFORMED_FILE");
    expect(outcomeOf(Buffer.alloc(1_000_000, 0x3a))).to.equal("MALFORMED_FILE");
  });

  it("narrow a dimension again and again", () => {
    /** x plus as many rows of so many tables, each of them a row shorter than the one before. */
    const narrowing = (tables: number): Uint8Array => {
      const nodes = Array.from({ length: tables }, (_, i): NodeSpec[] => [
        { operator: "Slice", inputs: [`t${i}`, "zero", "rows"], outputs: [`part${i}`] },
        { operator: "Add", inputs: [i === 0 ? "x" : `sum${i - 1}`, `part${i}`], outputs: [`sum${i}`] },
      ]).flat();
      const constants = Array.from({ length: tables }, (_, i) => {
        const rows = 200 - i;
        return [`t${i}`, floats([rows, 1], new Array<number>(rows).fill(0))] as const;
      });
      const sizes: NodeSpec[] = [
        { operator: "Shape", inputs: ["x"], outputs: ["sizes"] },
        { operator: "Slice", inputs: ["sizes", "zero", "one"], outputs: ["rows"] },
      ];
      return model([...sizes, ...nodes, { operator: "Identity", inputs: [`sum${tables - 1}`], outputs: ["y"] }], {
        constants: { ...Object.fromEntries(constants), zero: longs([1], [0]), one: longs([1], [1]) },
      });
    };
    expect(outcomeOf(narrowing(20))).to.equal("imported");
    expect(outcomeOf(narrowing(100))).to.equal("SHAPE_MISMATCH");
  });
});
