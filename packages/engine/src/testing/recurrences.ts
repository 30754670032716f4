/** For tests: recurrences over random numbers, and Scans with a product in their body. */
import { DType, makeTensor, tensorOfWords, type Tensor } from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../../graph/src/index.ts";
import {
  buildModel,
  type AttributeValue,
  type GraphSpec,
  type ModelSpec,
  type NodeSpec,
} from "../../../graph/src/testing/onnxBuilder.ts";
import type { Example } from "./everyBackend.ts";

/** A model of one recurrence or Scan. */
export interface Recurrence extends Example {
  /** Contractions in its row groups. */
  readonly contractions: number;
}

const SPECIALS = [0, -0, 1e-40, 2 ** -149, 3e38, Infinity, -Infinity];

function floats(random: Random, shape: readonly number[], specials = false): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () =>
    specials && random.chance(2) ? random.pick(SPECIALS) : random.between(-1000, 1000) / 700,
  );
  return makeTensor(DType.FLOAT32, shape, new Uint8Array(values.buffer));
}

function exampleOf(name: string, contractions: number, model: ModelSpec, inputs: readonly Tensor[]): Recurrence {
  const { program } = importOnnx(buildModel(model));
  return { name, contractions, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

const GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;
const STATES = { RNN: 1, GRU: 1, LSTM: 2 } as const;
export type Operator = keyof typeof GATES;

export interface Sizes {
  readonly time?: number;
  readonly batch?: number;
  readonly hidden?: number;
}

/** A recurrence of random options over random numbers. */
export function recurrence(operator: Operator, seed: number, sizes: Sizes = {}): Recurrence {
  const random = new Random(seed);
  const { time = random.between(2, 7), batch = random.between(1, 4), hidden = random.between(23, 40) } = sizes;
  const size = random.between(1, 6);
  const direction = random.pick(["forward", "reverse", "bidirectional"]);
  const directions = direction === "bidirectional" ? 2 : 1;
  const [rows, specials] = [GATES[operator] * hidden, random.chance(40)];
  const layout = random.chance(30) ? 1 : 0;
  const constants: Record<string, Tensor> = {
    w: floats(random, [directions, rows, size]),
    r: floats(random, [directions, rows, hidden], specials),
  };
  const [inputs, given]: [string[], Record<string, Tensor>] = [["x", "w", "r"], {}];
  given.x = floats(random, layout === 1 ? [batch, time, size] : [time, batch, size], specials);
  const optional = (chance: number, name: string, tensor: () => Tensor, constant: boolean): void => {
    if (!random.chance(chance)) return void inputs.push("");
    (constant ? constants : given)[name] = tensor();
    inputs.push(name);
  };
  const lengths = () => Array.from({ length: batch }, () => random.between(1, time));
  optional(60, "b", () => floats(random, [directions, 2 * rows]), true);
  optional(40, "lengths", () => tensorOfWords(DType.INT32, [batch], lengths()), false);
  for (let i = 0; i < STATES[operator]; i++) {
    const shape = layout === 1 ? [batch, directions, hidden] : [directions, batch, hidden];
    optional(60, `state${i}`, () => floats(random, shape, specials), random.chance(50));
  }
  if (operator === "LSTM") optional(50, "p", () => floats(random, [directions, 3 * hidden]), true);
  while (inputs.at(-1) === "") inputs.pop();
  const attributes: Record<string, AttributeValue> = { hidden_size: hidden, direction, layout };
  if (operator === "GRU") attributes.linear_before_reset = seed % 2;
  if (operator === "LSTM" && random.chance(40)) attributes.input_forget = 1;
  if (random.chance(30)) attributes.clip = { float: 1.5 };
  // Of a GRU the products for the hidden gate are a node of their own.
  const contractions = directions * (operator === "GRU" ? 2 : 1);
  const spec: ModelSpec = {
    opset: 22,
    nodes: [{ operator, inputs, outputs: ["y"], attributes }],
    inputs: Object.entries(given).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants,
  };
  const what = `${operator}, seed ${seed}: ${JSON.stringify({ time, batch, hidden, ...attributes })} of ${inputs.join(" ")}`;
  return exampleOf(what, contractions, spec, Object.values(given));
}

/** A Scan: state' = tanh(state · W + x · V), a matrix of `rows` states. */
export function scan(seed: number): Recurrence {
  const random = new Random(seed);
  const [time, rows, hidden, size] = [random.between(2, 6), random.between(1, 15), random.between(20, 50), 5];
  const body = {
    nodes: [
      { operator: "MatMul", inputs: ["state", "w"], outputs: ["a"] },
      { operator: "MatMul", inputs: ["item", "v"], outputs: ["b"] },
      { operator: "Add", inputs: ["a", "b"], outputs: ["sum"] },
      { operator: "Tanh", inputs: ["sum"], outputs: ["next"] },
      { operator: "Identity", inputs: ["next"], outputs: ["out"] },
    ],
    inputs: [
      { name: "state", dtype: DType.FLOAT32, shape: [rows, hidden] },
      { name: "item", dtype: DType.FLOAT32, shape: [rows, size] },
    ],
    outputs: [
      { name: "next", dtype: DType.FLOAT32 },
      { name: "out", dtype: DType.FLOAT32 },
    ],
    constants: { w: floats(random, [hidden, hidden]), v: floats(random, [size, hidden]) },
  };
  const given = { first: floats(random, [rows, hidden], true), items: floats(random, [time, rows, size], true) };
  const spec: ModelSpec = {
    opset: 22,
    nodes: [scanOf(body)],
    inputs: Object.entries(given).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
  };
  return exampleOf(`Scan, seed ${seed}: ${rows} rows, ${hidden}`, 1, spec, Object.values(given));
}

/** A Scan of one state, `first`, over one input, `items`. */
const scanOf = (body: GraphSpec): NodeSpec => ({
  operator: "Scan",
  inputs: ["first", "items"],
  outputs: ["last", "y"],
  attributes: { num_scan_inputs: 1, body: { graph: body } },
});

/** A Scan over so many rows of 2,000 elements, of which each gives eight: 8,000 bytes of a row's factor. */
export function readout(time: number): Recurrence {
  const random = new Random(time);
  const body = {
    nodes: [
      { operator: "MatMul", inputs: ["item", "w"], outputs: ["sum"] },
      { operator: "Add", inputs: ["state", "sum"], outputs: ["next"] },
      { operator: "Identity", inputs: ["next"], outputs: ["out"] },
    ],
    inputs: [
      { name: "state", dtype: DType.FLOAT32, shape: [1, 8] },
      { name: "item", dtype: DType.FLOAT32, shape: [1, 2000] },
    ],
    outputs: [
      { name: "next", dtype: DType.FLOAT32 },
      { name: "out", dtype: DType.FLOAT32 },
    ],
    constants: { w: floats(random, [2000, 8]) },
  };
  const items = { name: "items", dtype: DType.FLOAT32, shape: [time, 1, 2000] };
  const spec: ModelSpec = {
    opset: 22,
    nodes: [scanOf(body)],
    inputs: [items],
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants: { first: floats(random, [1, 8]) },
  };
  return exampleOf(`readout of ${time}`, 1, spec, [makeTensor(DType.FLOAT32, items.shape)]);
}
