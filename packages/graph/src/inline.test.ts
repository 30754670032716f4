/** Subgraphs and functions: what they see, what hides what, and what is refused. */
import { expect } from "chai";
import { DType } from "@assay/vm";
import { GraphError, importOnnx, type GraphErrorCode } from "./index.ts";
import { agrees } from "./testing/agrees.ts";
import { buildModel, floats, type ModelSpec, type NodeSpec, type ValueSpec } from "./testing/onnxBuilder.ts";

const { FLOAT32, INT64, BOOL } = DType;
const X = [0.5, -1.25, 3];
const value = (name: string, dtype: number, shape: number[]): ValueSpec => ({ name, dtype, shape });
const x = value("x", FLOAT32, [3]);
const y = value("y", FLOAT32, [3]);
const boolean = (word: number) => ({ dtype: BOOL, shape: [], data: Uint8Array.of(word) });
const long = (word: number) => ({
  dtype: INT64,
  shape: [],
  data: new Uint8Array(BigInt64Array.of(BigInt(word)).buffer),
});

const agreesOn = (spec: ModelSpec, values = X): Promise<void> => agrees(spec, [floats([3], values)]);

function refused(spec: ModelSpec, code: GraphErrorCode, text = ""): void {
  try {
    importOnnx(buildModel(spec));
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    expect(error.code).to.equal(code);
    expect(error.message).to.contain(text);
    return;
  }
  expect.fail(`accepted, where ${code} was expected`);
}

/** A model whose one If takes the branch that `nodes` make. */
const branching = (nodes: readonly NodeSpec[], extra: Partial<ModelSpec> = {}): ModelSpec => ({
  nodes: [
    { operator: "Neg", inputs: ["x"], outputs: ["a"] },
    {
      operator: "If",
      inputs: ["c"],
      outputs: ["y"],
      attributes: {
        then_branch: { graph: { nodes, inputs: [], outputs: [y] } },
        else_branch: {
          graph: { nodes: [{ operator: "Neg", inputs: ["a"], outputs: ["y"] }], inputs: [], outputs: [y] },
        },
      },
    },
  ],
  inputs: [x],
  outputs: [y],
  constants: { c: boolean(1) },
  ...extra,
});

describe("subgraphs", () => {
  it("see the names around them", () => agreesOn(branching([{ operator: "Add", inputs: ["a", "x"], outputs: ["y"] }])));

  it("may reuse a name of the node they belong to", () =>
    // The inner y is the branch's own; the node's output y is another, and there is no circle.
    agreesOn(
      branching([
        { operator: "Abs", inputs: ["a"], outputs: ["b"] },
        { operator: "Add", inputs: ["b", "x"], outputs: ["y"] },
      ]),
    ));

  it("hide an outer name by one of their own", () => {
    // onnxruntime refuses such a model; the specification's scoping says what it means.
    const inner = [
      { operator: "Exp", inputs: ["x"], outputs: ["a"] },
      { operator: "Neg", inputs: ["a"], outputs: ["y"] },
    ];
    const plain = {
      nodes: [
        { operator: "Exp", inputs: ["x"], outputs: ["e"] },
        { operator: "Neg", inputs: ["e"], outputs: ["y"] },
      ],
      inputs: [x],
      outputs: [y],
    };
    const [rootOfBranch, rootOfPlain] = [branching(inner), plain].map(
      (spec) => importOnnx(buildModel(spec)).report.programRoot,
    );
    expect(rootOfBranch).to.equal(rootOfPlain);
  });

  it("do not leak their names", () =>
    refused(
      {
        ...branching([{ operator: "Abs", inputs: ["a"], outputs: ["y"] }]),
        nodes: [
          ...branching([
            { operator: "Abs", inputs: ["a"], outputs: ["inner"] },
            { operator: "Neg", inputs: ["inner"], outputs: ["y"] },
          ]).nodes.slice(0, 1),
          { ...branching([]).nodes[1], outputs: ["z"] },
          { operator: "Neg", inputs: ["inner"], outputs: ["y"] },
        ],
      },
      "UNDEFINED_NAME",
      "inner",
    ));

  /** An If whose condition is the sign of the first element. */
  const atRunTime = (nodes: readonly NodeSpec[], extra: Partial<ModelSpec> = {}): ModelSpec => {
    const { nodes: all } = branching(nodes);
    const condition = [
      { operator: "Gather", inputs: ["x", "first"], outputs: ["head"] },
      { operator: "Less", inputs: ["head", "zero"], outputs: ["c"] },
    ];
    const constants = { first: long(0), zero: floats([], [0]) };
    return { nodes: [...condition, ...all], inputs: [x], outputs: [y], constants, ...extra };
  };

  it("may be chosen by run-time values where both give the same shape, and nest", async () => {
    const abs = [{ operator: "Abs", inputs: ["a"], outputs: ["y"] }];
    const inner = branching(abs).nodes[1];
    for (const nodes of [abs, [{ operator: "Exp", inputs: ["a"], outputs: ["y"] }], [inner]]) {
      for (const values of [X, X.map((element) => -element)]) await agreesOn(atRunTime(nodes), values);
    }
  });

  it("chosen by run-time values are refused where types or shapes differ", () => {
    const open = { outputs: [{ name: "y", dtype: FLOAT32 }] };
    const pair = [{ operator: "Concat", inputs: ["a", "x"], outputs: ["y"], attributes: { axis: 0 } }];
    refused(atRunTime(pair, open), "UNSUPPORTED", "chooses between [6] and [3]");
    const sign = [{ operator: "Less", inputs: ["a", "x"], outputs: ["y"] }];
    refused(atRunTime(sign, open), "TYPE_MISMATCH", "chooses between bool and float32");
  });
});

describe("functions of the model", () => {
  const scaled = {
    name: "Scaled",
    domain: "local",
    inputs: ["a", "b"],
    outputs: ["c"],
    nodes: [
      { operator: "LeakyRelu", inputs: ["a"], outputs: ["x"], attributes: { alpha: { reference: "slope", type: 1 } } },
      { operator: "Sum", inputs: ["x", "b"], outputs: ["c"] },
    ],
    defaults: { slope: { float: 0.25 } },
  };
  const call = (
    name: string,
    inputs: string[],
    outputs: string[],
    attributes: NodeSpec["attributes"] = {},
  ): NodeSpec => ({
    operator: name,
    domain: "local",
    inputs,
    outputs,
    attributes,
  });

  it("stand in for their calls, with names and attributes of their own", () =>
    agreesOn({
      nodes: [call("Scaled", ["x", "x"], ["t"], { slope: { float: 0.5 } }), call("Scaled", ["t", "x"], ["y"])],
      inputs: [x],
      outputs: [y],
      functions: [scaled],
    }));

  it("refuse to call themselves, to be called wrongly, or to multiply without end", () => {
    const model = (functions: ModelSpec["functions"], node: NodeSpec): ModelSpec => ({
      nodes: [node],
      inputs: [x],
      outputs: [y],
      functions: functions!,
    });
    const unary = (name: string, nodes: readonly NodeSpec[]) => ({
      name,
      domain: "local",
      inputs: ["a"],
      outputs: ["z"],
      nodes,
    });
    const ping = unary("Ping", [call("Pong", ["a"], ["z"])]);
    const pong = unary("Pong", [call("Ping", ["a"], ["z"])]);
    refused(model([ping, pong], call("Ping", ["x"], ["y"])), "CYCLE", "calls itself");
    refused(model([scaled], call("Scaled", ["x", "x", "x"], ["y"])), "BAD_ARITY");
    refused(model([scaled, scaled], call("Scaled", ["x", "x"], ["y"])), "DUPLICATE_NAME", "Scaled");
    refused(model([], call("Scaled", ["x", "x"], ["y"])), "UNKNOWN_OPERATOR", "local.Scaled");
    const level = (i: number) => unary(`F${i}`, [call(`F${i + 1}`, ["a"], ["b"]), call(`F${i + 1}`, ["b"], ["z"])]);
    const tower = [
      ...Array.from({ length: 30 }, (_, i) => level(i)),
      unary("F30", [{ operator: "Neg", inputs: ["a"], outputs: ["z"] }]),
    ];
    refused(model(tower, call("F0", ["x"], ["y"])), "TOO_LARGE", "functions included");
  });
});
