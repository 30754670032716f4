/**
 * Short sums of integers of one row, computed as floats: which sums are such, and that they have the interpreter's bits on every
 * backend at the ends of what bytes and zero points can be.
 */
import { DType, tensorOfWords, type Tensor } from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../../graph/src/index.ts";
import { buildModel, floats, type NodeSpec } from "../../../graph/src/testing/onnxBuilder.ts";
import { KIND } from "../contraction.ts";
import { onEveryBackend, type Example } from "../testing/everyBackend.ts";
import { planned } from "../testing/planned.ts";
import { matches } from "./steps.ts";

const { UINT8, INT8, INT32 } = DType;
const random = new Random(9);

/** Bytes, the least and the greatest often. */
const bytes = (dtype: DType, shape: readonly number[]): Tensor =>
  tensorOfWords(
    dtype,
    shape,
    Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => {
      const byte = random.chance(20) ? random.pick([0, 255]) : random.below(256);
      return dtype === INT8 ? byte - 128 : byte;
    }),
  );

interface Case {
  readonly types: readonly [DType, DType];
  readonly x: readonly number[];
  readonly w: readonly number[];
  /** Of the kernel one, or one for each map. */
  readonly zeros: readonly [number, readonly number[]];
  readonly attributes: NodeSpec["attributes"];
  /** Whether the input's zero point is an input too. */
  readonly given?: boolean;
}

/** The integers as they are, as an operator gives them whose last part is nothing. */
function example(name: string, { types, x, w, zeros, attributes = {}, given = false }: Case): Example {
  const [zeroX, zeroW] = [
    tensorOfWords(types[0], [], [zeros[0]]),
    tensorOfWords(types[1], zeros[1].length === 1 ? [] : [zeros[1].length], [...zeros[1]]),
  ];
  const { program } = importOnnx(
    buildModel({
      nodes: [{ operator: "ConvInteger", inputs: ["x", "w", "zx", "zw"], outputs: ["y"], attributes }],
      inputs: [
        { name: "x", dtype: types[0], shape: x },
        ...(given ? [{ name: "zx", dtype: types[0], shape: [] }] : []),
      ],
      outputs: [{ name: "y", dtype: INT32 }],
      constants: { w: bytes(types[1], w), zw: zeroW, ...(!given && { zx: zeroX }) },
    }),
  );
  const inputs = [bytes(types[0], x), ...(given ? [zeroX] : [])];
  return { name, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

/** Requantised, in batches. */
function requantised(): Example {
  const [channels, size] = [6, 17];
  const nodes: NodeSpec[] = [
    {
      operator: "QLinearConv",
      inputs: ["x", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"],
      outputs: ["y"],
      attributes: { group: channels, pads: [1, 1, 1, 1], strides: [2, 2] },
    },
  ];
  const scales = Array.from({ length: channels }, (_, i) => 0.003 * (i + 1));
  const { program } = importOnnx(
    buildModel({
      nodes,
      inputs: [{ name: "x", dtype: UINT8, shape: [3, channels, size, size] }],
      outputs: [{ name: "y", dtype: UINT8 }],
      constants: {
        ...{ sx: floats([], [0.02]), sw: floats([channels], scales), sy: floats([], [0.05]) },
        zx: tensorOfWords(UINT8, [], [121]),
        zw: tensorOfWords(INT8, [channels], new Array<number>(channels).fill(0)),
        zy: tensorOfWords(UINT8, [], [7]),
        w: bytes(INT8, [channels, 1, 3, 3]),
        b: tensorOfWords(INT32, [channels], [0, 1, -1, 1000, -70_000, 2 ** 30]),
      },
    }),
  );
  const inputs = [bytes(UINT8, [3, channels, size, size])];
  return { name: "QLinearConv", program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

/** The kinds of a program's contractions. */
function kindsOf(one: Example): number[] {
  const { list, surroundings, request } = planned(one);
  return [...matches([list], surroundings, request).values()].map(({ kind }) => kind);
}

describe("short sums", () => {
  const pads = { pads: [1, 1, 1, 1] };
  const depthwise = { types: [UINT8, INT8], x: [2, 5, 13, 20], w: [5, 1, 3, 3], zeros: [255, [-128]] } as const;
  const examples = [
    example("of unsigned and signed bytes", { ...depthwise, attributes: { ...pads, group: 5 } }),
    example("of signed and unsigned bytes", {
      ...{ types: [INT8, UINT8], x: [1, 4, 30, 33], w: [4, 1, 5, 5], zeros: [-128, [255]] },
      attributes: { pads: [2, 2, 2, 2], strides: [2, 2], group: 4 },
    }),
    example("without zero points", { ...depthwise, zeros: [0, [0]], attributes: { group: 5, strides: [2, 2] } }),
    example("with a zero point that is an input", { ...depthwise, given: true, attributes: { ...pads, group: 5 } }),
    example("with zero points that are alike", { ...depthwise, zeros: [9, [3, 3, 3, 3, 3]], attributes: { group: 5 } }),
    example("of 32 products", {
      ...{ types: [UINT8, UINT8], x: [1, 6, 70], w: [3, 2, 16], zeros: [0, [0]] },
      attributes: { group: 3, pads: [8, 8] },
    }),
    requantised(),
  ];

  it("are contractions of floats", () => {
    expect(examples.flatMap(kindsOf)).to.deep.equal(examples.map(() => KIND.FLOAT32));
  });

  it("are sums of up to 32 products with one zero point each", () => {
    const long = { types: [UINT8, UINT8], x: [1, 6, 70], w: [3, 2, 17], zeros: [0, [0]] } as const;
    expect(kindsOf(example("long", { ...long, attributes: { group: 3 } }))).to.deep.equal([KIND.INT32]);
    const several = { ...depthwise, zeros: [9, [1, 2, 3, 4, 5]] as const };
    expect(kindsOf(example("several", { ...several, attributes: { group: 5 } }))).to.deep.equal([]);
  });

  onEveryBackend(examples);
});
