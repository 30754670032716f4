/** Loops by rows and unrolled: beside onnxruntime on numbers that are exact in any order, and what is refused. */
import { expect } from "chai";
import { denseBytes, DType, run, tensorOfWords, type Tensor } from "@assay/vm";
import { GraphError, importOnnx, type GraphErrorCode } from "./index.ts";
import { agrees } from "./testing/agrees.ts";
import { buildModel, floats, longs, type GraphSpec, type ModelSpec, type NodeSpec } from "./testing/onnxBuilder.ts";
import type { ValueSpec } from "./testing/onnxBuilder.ts";

const { FLOAT32, INT64, BOOL } = DType;
const value = (name: string, dtype: number, ...shape: (number | string)[]): ValueSpec => ({ name, dtype, shape });
const node = (
  operator: string,
  inputs: string[],
  output: string,
  attributes: NodeSpec["attributes"] = {},
): NodeSpec => ({
  ...{ operator, inputs, attributes },
  outputs: [output],
});
const boolean = (word: number): Tensor => tensorOfWords(BOOL, [], [word]);

function refused(spec: ModelSpec, code: GraphErrorCode, text: string): void {
  try {
    importOnnx(buildModel(spec));
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    expect(error.code, error.message).to.equal(code);
    expect(error.message).to.contain(text);
    return;
  }
  expect.fail(`accepted, where ${code} was expected`);
}

/** h becomes h · a · a · …, so many times in each row. */
function longScan(products: number): ModelSpec {
  const name = (index: number): string => (index === 0 ? "h" : `h${index}`);
  const body: GraphSpec = {
    nodes: [
      node("Identity", ["row"], "seen"),
      ...Array.from({ length: products }, (_, i) => node("MatMul", [name(i), "a"], name(i + 1))),
    ],
    inputs: [value("h", FLOAT32, 1, 3), value("row", FLOAT32, 1, 3)],
    outputs: [value(name(products), FLOAT32, 1, 3), value("seen", FLOAT32, 1, 3)],
  };
  return {
    nodes: [
      {
        operator: "Scan",
        inputs: ["h0", "x"],
        outputs: ["last", "seen"],
        attributes: { body: { graph: body }, num_scan_inputs: 1 },
      },
    ],
    inputs: [value("x", FLOAT32, 4, 1, 3), value("h0", FLOAT32, 1, 3)],
    outputs: [value("last", FLOAT32, 1, 3)],
    constants: { a: floats([3, 3], [0, 1, 0, 0, 0, 1, 1, 0, 0]) },
  };
}

/** h becomes h · a + row; h after the row, and the row below it reversed, are collected. */
const recurrent: GraphSpec = {
  nodes: [
    node("MatMul", ["h", "a"], "turned"),
    node("Add", ["turned", "row"], "next"),
    node("Transpose", ["next"], "seen"),
    node("ReduceSum", ["row"], "sum", { keepdims: 0 }),
  ],
  inputs: [value("h", FLOAT32, 1, 3), value("row", FLOAT32, 1, 3)],
  outputs: [value("next", FLOAT32, 1, 3), value("seen", FLOAT32, 3, 1), value("sum", FLOAT32)],
};

function scan(rows: number | string, attributes: NodeSpec["attributes"] = {}): ModelSpec {
  return {
    nodes: [
      {
        operator: "Scan",
        inputs: ["h0", "x"],
        outputs: ["last", "seen", "sums"],
        attributes: { body: { graph: recurrent }, num_scan_inputs: 1, ...attributes },
      },
    ],
    inputs: [value("x", FLOAT32, rows, 1, 3), value("h0", FLOAT32, 1, 3)],
    outputs: [value("last", FLOAT32, 1, 3), { name: "seen", dtype: FLOAT32 }, { name: "sums", dtype: FLOAT32 }],
    constants: { a: floats([3, 3], [0, 1, 0, 0, 0, 1, 1, 0, 0]) },
  };
}

const counting = (shape: number[], first = 1): Tensor =>
  floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((first + 7 * i) % 11) - 4),
  );
const start = floats([1, 3], [2, -1, 3]);

/** A loop over x; its body's nodes make `w` of `v` and `still` of `go`, the time round being `i`. */
function loop(
  nodes: readonly NodeSpec[],
  inputs: readonly ValueSpec[],
  constants: Record<string, Tensor>,
  shape: readonly number[] = [3],
): ModelSpec {
  const body: GraphSpec = {
    nodes,
    inputs: [value("i", INT64), value("go", BOOL), { name: "v", dtype: FLOAT32 }],
    outputs: [value("still", BOOL), { name: "w", dtype: FLOAT32 }],
  };
  return {
    nodes: [{ operator: "Loop", inputs: ["m", "c", "x"], outputs: ["y"], attributes: { body: { graph: body } } }],
    inputs: [value("x", FLOAT32, 3), ...inputs],
    outputs: [value("y", FLOAT32, ...shape)],
    constants,
  };
}
const goOn = node("Identity", ["go"], "still");
const most = (trips: number) => ({ m: longs([], [trips]), c: boolean(1) });
const nodesOf = (spec: ModelSpec): number => importOnnx(buildModel(spec)).report.nodes.prompt;

describe("loops by rows", () => {
  it("scan tensors of known and symbolic length, from either end", async () => {
    const turned = {
      scan_input_directions: [1],
      scan_output_axes: [1, 0],
      scan_output_directions: [0, 1],
    };
    for (const attributes of [{}, turned]) {
      for (const length of [1, 2, 7]) {
        const inputs = [counting([length, 1, 3]), start];
        await agrees(scan(length, attributes), inputs);
        await agrees(scan("length", attributes), inputs, [length]);
      }
    }
  });

  it("leave what they hand on as it is where a scan has no rows", () => {
    const bytes = buildModel(scan("length"));
    const { program } = importOnnx(bytes, { symbols: { length: { least: 0, greatest: 4 } } });
    const inputs = [floats([0, 1, 3], []), start];
    const { outputs } = run(program, { inputs, symbols: [0], seed: 0n, calls: 1 });
    expect([...new Float32Array(denseBytes(outputs[0]).slice().buffer)]).to.deep.equal([2, -1, 3]);
  });

  it("have as many nodes however often they go round", async () => {
    const body = [goOn, node("Cast", ["i"], "round", { to: FLOAT32 }), node("Sub", ["round", "v"], "w")];
    expect(nodesOf(loop(body, [], most(5000)))).to.equal(nodesOf(loop(body, [], most(2))));
    await agrees(loop(body, [], most(5000)), [counting([3])]);
  });

  it("go round as often as a size says", async () => {
    const spec = loop([goOn, node("Add", ["v", "v"], "w")], [value("s", FLOAT32, "n")], { c: boolean(1) });
    const counted = [node("Size", ["s"], "m"), ...spec.nodes];
    for (const n of [1, 2, 5]) await agrees({ ...spec, nodes: counted }, [counting([3]), counting([n])], [n]);
  });

  it("do not carry what they hand on as it was", async () => {
    const body: GraphSpec = {
      nodes: [goOn, node("MatMul", ["v", "w"], "next"), node("Identity", ["w"], "same")],
      inputs: [value("i", INT64), value("go", BOOL), { name: "v", dtype: FLOAT32 }, { name: "w", dtype: FLOAT32 }],
      outputs: [value("still", BOOL), { name: "next", dtype: FLOAT32 }, { name: "same", dtype: FLOAT32 }],
    };
    const spec = (only: boolean): ModelSpec => ({
      nodes: [
        {
          operator: "Loop",
          inputs: ["m", "c", "x", "weights"],
          outputs: ["y", "z"],
          attributes: {
            body: { graph: only ? { ...body, nodes: [goOn, node("Identity", ["v"], "next"), body.nodes[2]] } : body },
          },
        },
      ],
      inputs: [value("x", FLOAT32, 1, 3)],
      outputs: [value("y", FLOAT32, 1, 3), value("z", FLOAT32, 3, 3)],
      constants: { ...most(4), weights: counting([3, 3]) },
    });
    for (const only of [false, true]) await agrees(spec(only), [counting([1, 3])]);
    // A row of the product; its last one, and the two outputs.
    expect(nodesOf(spec(false))).to.equal(3);
  });

  it("stop as a run-time condition says, and stay so", async () => {
    // The condition holds again after it has failed: -2, 4, -8, 16 …
    const body = [
      node("Mul", ["v", "minus"], "w"),
      node("ReduceMax", ["w"], "top", { keepdims: 0 }),
      node("Less", ["top", "limit"], "still"),
    ];
    const constants = { m: longs([], [9]), minus: floats([], [-2]), limit: floats([], [20]) };
    for (const go of [0, 1]) {
      for (const x of [
        [1, 2, 3],
        [1, -2, 0],
        [30, 1, 1],
        [0, 0, 0],
      ]) {
        await agrees(loop(body, [value("c", BOOL)], constants), [floats([3], x), boolean(go)]);
      }
    }
    await agrees(loop(body, [], { ...constants, c: boolean(1) }), [floats([3], [1, 2, 3])]);
  });

  it("lie in others, and hold some that are unrolled", async () => {
    const inner = loop([goOn, node("Sub", ["v", "x"], "w")], [], {});
    const renamed = JSON.parse(
      JSON.stringify(inner.nodes[0].attributes).replaceAll(/"(i|go|v|w|still)"/g, '"inner_$1"'),
    ) as NodeSpec["attributes"];
    const body = [goOn, node("Loop", ["three", "c", "v"], "w", renamed)];
    const constants = { ...most(2), three: longs([], [3]) };
    await agrees(loop(body, [], constants), [counting([3])]);
    const often = { ...constants, m: longs([], [50]) };
    expect(nodesOf(loop(body, [], often))).to.equal(nodesOf(loop(body, [], constants)));
  });

  it("are refused where their row group has more tensors than the format holds, and hear how many", async () => {
    const inputs = [tensorOfWords(FLOAT32, [4, 1, 3], Array(12).fill(0)), tensorOfWords(FLOAT32, [1, 3], [1, 2, 3])];
    await agrees(longScan(200), inputs);
    refused(longScan(400), "TOO_LARGE", "tensors, of at most 256");
  });
});

/** A loop that adds x to v and collects it; its condition is made of a counter `n` that becomes `next`, and the size `t` of s. */
function counter(
  { first, step, still, trips = "" }: { first: string; step: number; still: readonly NodeSpec[]; trips?: string },
  length: number | string,
): ModelSpec {
  const body: GraphSpec = {
    nodes: [
      node("Add", ["n", "step"], "next"),
      ...still,
      node("Add", ["v", "x"], "w"),
      node("Identity", ["w"], "seen"),
    ],
    inputs: [value("i", INT64), value("go", BOOL), value("n", INT64), value("t", INT64), value("v", FLOAT32, 3)],
    outputs: [
      value("still", BOOL),
      value("next", INT64),
      value("t", INT64),
      value("w", FLOAT32, 3),
      value("seen", FLOAT32, 3),
    ],
  };
  return {
    nodes: [
      node("Size", ["s"], "size"),
      node("Less", ["zero", "size"], "c"),
      {
        operator: "Loop",
        inputs: [trips, "c", first, "size", "x"],
        outputs: ["last", "same", "y", "all"],
        attributes: { body: { graph: body } },
      },
    ],
    inputs: [value("x", FLOAT32, 3), value("s", FLOAT32, length)],
    outputs: [value("y", FLOAT32, 3), { name: "all", dtype: FLOAT32 }],
    constants: { zero: longs([], [0]), one: longs([], [1]), step: longs([], [step]) },
  };
}

describe("loops that count", () => {
  const below = [node("Less", ["next", "t"], "still")];
  const asFloats = [
    node("Cast", ["next"], "a", { to: FLOAT32 }),
    node("Cast", ["t"], "b", { to: FLOAT32 }),
    node("Greater", ["b", "a"], "still"),
  ];
  const kinds: Record<string, Parameters<typeof counter>[0]> = {
    "up to a size": { first: "zero", step: 1, still: below },
    "up to a size, as floats": { first: "zero", step: 1, still: asFloats },
    "up to a size and with it": { first: "one", step: 1, still: [node("LessOrEqual", ["next", "t"], "still")] },
    "down to nothing": {
      first: "size",
      step: -1,
      still: [node("LessOrEqual", ["next", "zero"], "over"), node("Not", ["over"], "still")],
    },
    "as often as the trip count says": {
      first: "zero",
      step: 1,
      trips: "size",
      still: [
        node("Less", ["i", "t"], "early"),
        node("Less", ["next", "t"], "more"),
        node("And", ["early", "more"], "still"),
      ],
    },
  };
  for (const [name, kind] of Object.entries(kinds)) {
    it(`go round by rows and collect: ${name}`, async () => {
      for (const length of [1, 2, 5]) {
        const inputs = [counting([3]), counting([length])];
        await agrees(counter(kind, "length"), inputs, [length]);
        await agrees(counter(kind, length), inputs);
      }
    });
  }

  it("are refused where it is not seen how often, or they never end", () => {
    refused(counter({ first: "zero", step: 2, still: below }, "length"), "UNSUPPORTED", "known only at run time");
    refused(counter({ first: "zero", step: -1, still: below }, "length"), "TOO_LARGE", "more than 1024 times");
  });
});

describe("loops unrolled", () => {
  it("hold row groups of their own, or change a shape", async () => {
    const sums = [goOn, node("CumSum", ["v", "axis"], "w")];
    await agrees(loop(sums, [], { ...most(3), axis: longs([], [0]) }), [counting([3])]);
    const longer = [goOn, node("Concat", ["v", "x"], "w", { axis: 0 })];
    await agrees(loop(longer, [], most(3), [12]), [counting([3])]);
  });

  it("are refused beyond a number of times, with the reason why they are unrolled", () => {
    const longer = [goOn, node("Concat", ["v", "x"], "w", { axis: 0 })];
    refused(loop(longer, [], most(1025)), "TOO_LARGE", "changes its type or shape");
  });

  it("are refused where only the run says how often they go round", () => {
    const body = [goOn, node("Neg", ["v"], "w")];
    refused(loop(body, [value("m", INT64)], { c: boolean(1) }), "DATA_DEPENDENT_SHAPE", "known only at run time");
    const endless = loop(body, [value("c", BOOL)], {});
    const nodes = endless.nodes.map((own) => ({ ...own, inputs: ["", "c", "x"] }));
    refused({ ...endless, nodes }, "UNSUPPORTED", "known only at run time");
  });
});
