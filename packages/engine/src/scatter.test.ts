/**
 * Scattering reductions, whose steps name the elements that they mean: ScatterElements and ScatterND of every reduction and
 * type, records of other forms, and those that only look alike; with the interpreter's bits on every backend.
 *
 * @weight 30
 */
import {
  assembleProgram,
  CodeBuilder,
  DType,
  encodeRecord,
  float32,
  nameOf,
  reduceRecord,
  shape as sizes,
  tensorOfWords,
  type Program,
  type Tensor,
  type Value,
} from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../graph/src/index.ts";
import { buildModel, type NodeSpec } from "../../graph/src/testing/onnxBuilder.ts";
import { Engine } from "./index.ts";
import { scatters } from "./plan/scatters.ts";
import { onEveryBackend, type Example } from "./testing/everyBackend.ts";
import { planned } from "./testing/planned.ts";

const { FLOAT32, FLOAT16, INT32, INT64, UINT8, BOOL } = DType;
const SPECIALS = [0, -0, 1e-40, 3e38, Infinity, -Infinity, NaN].map((value) => float32.fromNumber(value));
const countOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Elements of a type, among floats some special ones. */
function elements(random: Random, dtype: DType, shape: readonly number[]): Tensor {
  const isFloat = dtype === FLOAT32 || dtype === FLOAT16;
  const word = (): number => {
    if (!isFloat) return dtype === BOOL ? random.below(2) : random.u32() >>> 1;
    return random.chance(5) ? random.pick(SPECIALS) : float32.fromNumber(random.between(-900, 900) / 64);
  };
  return tensorOfWords(dtype, shape, Array.from({ length: countOf(shape) }, word));
}

interface Scattering {
  readonly operator: "ScatterElements" | "ScatterND";
  readonly dtype?: DType;
  readonly data: readonly number[];
  readonly indices: readonly number[];
  /** What index i is; drawn if absent, sometimes negative, sometimes outside. */
  readonly index?: (i: number) => number;
  readonly reduction?: string;
  readonly axis?: number;
  readonly indexType?: DType;
  /** What the result is given to. */
  readonly then?: Pick<NodeSpec, "operator" | "attributes"> & { readonly dtype: DType };
}

function scattering(name: string, given: Scattering): Example {
  const { operator, dtype = FLOAT32, data, indices, reduction, axis = 0, indexType = INT64, then } = given;
  const random = new Random(name.length + dtype);
  const tuple = indices.at(-1)!;
  const bound = (i: number): number => data[operator === "ScatterND" ? i % tuple : axis];
  const index = given.index ?? ((i) => random.between(-bound(i) - 1, bound(i)));
  const updates = operator === "ScatterND" ? [...indices.slice(0, -1), ...data.slice(tuple)] : indices;
  const words = Array.from({ length: countOf(indices) }, (_, i) => BigInt.asUintN(64, BigInt(index(i))));
  const tensors = {
    x: elements(random, dtype, data),
    indices: tensorOfWords(indexType, indices, words),
    updates: elements(random, dtype, updates),
  };
  const attributes = {
    ...(operator === "ScatterElements" && { axis }),
    ...(reduction !== undefined && { reduction }),
  };
  const scatter = { operator, attributes, inputs: Object.keys(tensors), outputs: [then === undefined ? "y" : "z"] };
  const rest = then === undefined ? [] : [{ ...then, inputs: ["z"], outputs: ["y"] }];
  const inputs = Object.entries(tensors).map(([input, tensor]) => ({
    name: input,
    dtype: tensor.dtype,
    shape: [...tensor.shape],
  }));
  const file = buildModel({
    opset: 18,
    nodes: [scatter, ...rest],
    inputs,
    outputs: [{ name: "y", dtype: then?.dtype ?? dtype }],
  });
  const { program } = importOnnx(file);
  return { name, program, request: { inputs: Object.values(tensors), symbols: [], seed: 0n, calls: 1 } };
}

/** How many of a program's nodes scatter. */
function scattersOf(example: Example): number {
  const { list, surroundings, request, memory } = planned(example);
  return scatters([list], surroundings, request, memory).found.size;
}

/** A step in rows × columns elements: what must hold, and the new accumulator. */
type Step = (code: CodeBuilder, old: Value) => readonly [meant: Value, value: Value];

const [ROWS, COLUMNS, STEPS] = [7, 11, 23];

/** A reduction whose operands are data[rows, columns], places[steps] and updates[steps]. */
function written(
  name: string,
  step: Step,
  dtype: DType = INT32,
  final?: (code: CodeBuilder, last: Value) => Value,
): Example {
  const shape = [ROWS, COLUMNS];
  const operands = [0, 1, 2].map((index) => ({ kind: "input", index }) as const);
  const record = reduceRecord(
    { dtype, shape: shape.map(sizes.constant), operands, extent: STEPS, accumulators: [INT32] },
    {
      init: (code) => [code.load(0, code.linear())],
      step(code) {
        const old = code.acc(0);
        return [code.select(...step(code, old), old)];
      },
      final: (code) => final?.(code, code.acc(0)) ?? code.acc(0),
    },
  );
  const random = new Random(name.length);
  const places = Array.from({ length: STEPS }, () => random.between(-1, COLUMNS));
  const inputs = [
    elements(random, INT32, shape),
    tensorOfWords(
      INT32,
      [STEPS],
      places.map((place) => BigInt.asUintN(64, BigInt(place))),
    ),
    elements(random, INT32, [STEPS]),
  ];
  const program: Program = assembleProgram({
    prompt: [encodeRecord(record)],
    outputs: [0],
    inputs: inputs.map((tensor) => ({ dtype: tensor.dtype, shape: tensor.shape.map(sizes.constant) })),
  });
  return { name, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

const place = (code: CodeBuilder): Value => code.load(1, code.step());
const update = (code: CodeBuilder): Value => code.load(2, code.step());

const REDUCTIONS = ["none", "add", "mul", "max", "min"];
const OUTSIDE = 1000;

const ofOperators: readonly Example[] = [
  ...REDUCTIONS.flatMap((reduction) =>
    [FLOAT32, INT64, INT32].flatMap((dtype) => [
      scattering(`ScatterElements, ${reduction}, ${nameOf(dtype)}`, {
        ...{ operator: "ScatterElements", reduction, dtype, axis: 1 },
        ...{ data: [5, 9, 6], indices: [5, 14, 6] },
      }),
      scattering(`ScatterND, ${reduction}, ${nameOf(dtype)}`, {
        ...{ operator: "ScatterND", reduction, dtype },
        ...{ data: [8, 37], indices: [19, 1] },
      }),
    ]),
  ),
  ...[0, 1, 2].flatMap((axis) => [
    scattering(`ScatterElements along axis ${axis}`, {
      ...{ operator: "ScatterElements", axis, data: [6, 5, 7], indices: [6, 5, 7], reduction: "add" },
    }),
    scattering(`ScatterElements along axis ${axis}, fewer indices than data`, {
      ...{ operator: "ScatterElements", axis, data: [6, 5, 7], indices: [4, 3, 2], reduction: "add" },
    }),
  ]),
  ...[1, 2, 3].map((tuple) =>
    scattering(`ScatterND, tuples of ${tuple} in rank 3`, {
      ...{ operator: "ScatterND", data: [4, 5, 18], indices: [3, 8, tuple], reduction: "add" },
    }),
  ),
  scattering("ScatterND, one place again and again", {
    ...{ operator: "ScatterND", data: [9, 33], indices: [40, 1], index: () => 4, reduction: "add" },
  }),
  scattering("ScatterElements, one place again and again", {
    ...{ operator: "ScatterElements", axis: 1, data: [3, 17], indices: [3, 17], index: () => -2, reduction: "mul" },
  }),
  scattering("ScatterND, all indices outside", {
    ...{ operator: "ScatterND", data: [9, 20], indices: [12, 1], index: (i) => (i % 2 === 0 ? OUTSIDE : -OUTSIDE) },
  }),
  scattering("ScatterElements, indices of 32 bits", {
    ...{ operator: "ScatterElements", data: [12, 5], indices: [9, 5], indexType: INT32 },
  }),
  scattering("ScatterND, one update", { operator: "ScatterND", data: [6, 70], indices: [1, 1], index: () => 3 }),
  scattering("ScatterElements, one update", {
    ...{ operator: "ScatterElements", data: [90], indices: [1], index: () => -90 },
  }),
  scattering("ScatterND, many places in two parts", {
    ...{ operator: "ScatterND", data: [30, 700], indices: [60, 1], reduction: "add" },
  }),
  scattering("ScatterElements, many rows in parts", {
    ...{ operator: "ScatterElements", axis: 1, data: [210, 90], indices: [210, 90], reduction: "max" },
  }),
  ...[UINT8, BOOL].map((dtype) =>
    scattering(`ScatterND of ${nameOf(dtype)}`, { operator: "ScatterND", dtype, data: [9, 41], indices: [7, 1] }),
  ),
  // The accumulators are not what the node's elements are.
  ...["none", "add"].map((reduction) =>
    scattering(`ScatterND, ${reduction}, float16`, {
      ...{ operator: "ScatterND", dtype: FLOAT16, reduction, data: [9, 41], indices: [30, 1] },
    }),
  ),
  scattering("ScatterElements, then its square root", {
    ...{ operator: "ScatterElements", data: [12, 19], indices: [9, 19], reduction: "add" },
    then: { operator: "Sqrt", dtype: FLOAT32 },
  }),
  scattering("ScatterND of int64, then as floats", {
    ...{ operator: "ScatterND", dtype: INT64, data: [12, 19], indices: [9, 1], reduction: "add" },
    then: { operator: "Cast", attributes: { to: FLOAT32 }, dtype: FLOAT32 },
  }),
];

const ofRecords: readonly Example[] = [
  written("a column named by the step", (code) => [code.ieq(place(code), code.index(1)), update(code)]),
  written("a row named by the step and the column", (code, old) => [
    code.ieq(code.index(0), code.imod(code.iadd(place(code), code.index(1)), code.constant(ROWS + 1))),
    code.isub(old, update(code)),
  ]),
  written("a condition that reads the place", (code, old) => [
    code.and(
      code.ieq(place(code), code.index(1)),
      code.ilt(code.load(0, code.linear()), code.iadd(update(code), code.index(1))),
    ),
    code.isub(code.imul(old, code.constant(3)), code.iadd(code.linear(), update(code))),
  ]),
  written("a condition that is any word", (code) => [
    code.and(code.ieq(place(code), code.index(1)), code.truth(code.index(0))),
    code.index(1),
  ]),
  written(
    "an element made of the last accumulator",
    (code) => [code.ieq(place(code), code.index(1)), update(code)],
    INT32,
    (code, last) => code.isub(last, code.index(0)),
  ),
];

const withoutUpdates = [
  scattering("ScatterND, no updates", { operator: "ScatterND", data: [6, 7], indices: [0, 1] }),
  scattering("ScatterElements, no updates", { operator: "ScatterElements", data: [6, 7], indices: [0, 7] }),
];

const lookAlikes: readonly Example[] = [
  written("a place that reads the coordinate it is compared with", (code) => [
    code.ieq(code.iadd(place(code), code.index(1)), code.index(1)),
    update(code),
  ]),
  written("a condition that reads the accumulator", (code, old) => [
    code.and(code.ieq(place(code), code.index(1)), code.ilt(old, update(code))),
    update(code),
  ]),
  written("a coordinate that every step names", (code, old) => [
    code.ieq(code.index(1), code.constant(3)),
    code.iadd(old, update(code)),
  ]),
  written("one of two names", (code) => [
    code.or(code.ieq(place(code), code.index(1)), code.ieq(place(code), code.index(0))),
    update(code),
  ]),
  written("a coordinate alone", (code) => [code.index(1), update(code)]),
  written("not the name", (code) => [code.ine(place(code), code.index(1)), update(code)]),
];

describe("scattering reductions", () => {
  it("are found", () => {
    for (const one of [...ofOperators, ...ofRecords]) expect(scattersOf(one), one.name).to.equal(1);
    for (const one of lookAlikes) expect(scattersOf(one), one.name).to.equal(0);
  });

  it("have kernels for the start, for the steps, and where it is needed for the end", () => {
    const kernels = ({ program, request }: Example): number | undefined =>
      new Engine(program, { backend: "wasm" }).prepare(request)?.all;
    expect(kernels(ofRecords[0])).to.equal(2);
    expect(kernels(ofRecords.at(-1)!)).to.equal(3);
    expect(kernels(lookAlikes[0])).to.equal(1);
  });

  it("are told to a liar once, when they are whole", () => {
    const { program, request } = ofRecords.at(-1)!;
    const engine = new Engine(program, { backend: "wasm" });
    const wanted = engine.run(request).outputs[0];
    const told: Tensor[] = [];
    engine.run(request, (_call, _position, tensor) => {
      told.push(tensor);
      return tensor;
    });
    expect(told.map(({ data }) => data)).to.deep.equal([wanted.data]);
  });

  onEveryBackend([...ofOperators, ...ofRecords, ...withoutUpdates, ...lookAlikes]);
});
