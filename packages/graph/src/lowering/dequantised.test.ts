/** What moves the elements of a dequantised tensor moves its bytes, and gives the bits that moving its floats gives. */
import { expect } from "chai";
import { denseBytes, DType, run, tensorOfWords, type Tensor } from "@assay/vm";
import { importOnnx } from "../index.ts";
import { buildModel, floats, longs, type ModelSpec, type NodeSpec } from "../testing/onnxBuilder.ts";

const { UINT8, INT8, FLOAT32 } = DType;
const SHAPE = [2, 4, 6, 6];
const COUNT = 288;
const scale = Math.fround(0.037);

interface Move {
  readonly node: NodeSpec;
  readonly constants?: Readonly<Record<string, Tensor>>;
  /** Further quantised inputs, by the same scale. */
  readonly more?: readonly string[];
}

const move = (
  operator: string,
  attributes: NodeSpec["attributes"] = {},
  constants: Move["constants"] = {},
  outputs = ["a"],
): Move => ({ node: { operator, inputs: ["d", ...Object.keys(constants)], outputs, attributes }, constants });

const MOVES: Readonly<Record<string, Move>> = {
  Transpose: move("Transpose", { perm: [0, 2, 3, 1] }),
  Reshape: move("Reshape", {}, { shape: longs([2], [8, 36]) }),
  Slice: move(
    "Slice",
    {},
    { s: longs([2], [1, 0]), e: longs([2], [4, 5]), axes: longs([2], [1, 3]), by: longs([2], [1, 2]) },
  ),
  Split: move("Split", { axis: 1 }, { sizes: longs([2], [1, 3]) }, ["other", "a"]),
  Expand: move("Expand", {}, { shape: longs([5], [3, 1, 1, 1, 1]) }),
  Tile: move("Tile", {}, { by: longs([4], [1, 2, 1, 1]) }),
  DepthToSpace: move("DepthToSpace", { blocksize: 2 }),
  SpaceToDepth: move("SpaceToDepth", { blocksize: 3 }),
  MaxPool: move("MaxPool", { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }),
  Concat: { node: { operator: "Concat", inputs: ["d", "d2"], outputs: ["a"], attributes: { axis: 1 } }, more: ["2"] },
};
/** Some indices are outside. */
const GATHERED: Readonly<Record<string, Move>> = {
  Gather: move("Gather", { axis: 1 }, { at: longs([3], [2, -1, 9]) }),
  GatherElements: move(
    "GatherElements",
    { axis: 2 },
    {
      at: longs(
        [2, 4, 1, 6],
        Array.from({ length: 48 }, (_, i) => (i % 8) - 1),
      ),
    },
  ),
  GatherND: move("GatherND", {}, { at: longs([3, 2], [0, 3, 1, 1, 1, 7]) }),
};

/** Dequantised and moved; `y` are the floats, or what they are quantised to. */
function moved({ node, constants = {}, more = [] }: Move, zero: number, again?: Partial<Again>): ModelSpec {
  const dtype = zero < 0 ? INT8 : UINT8;
  const inputs = ["", ...more].map((name) => ({ name: `q${name}`, dtype, shape: SHAPE }));
  const read = ["", ...more].map((name) => ({
    operator: "DequantizeLinear",
    inputs: [`q${name}`, "scale", "zero"],
    outputs: [`d${name}`],
  }));
  const given: Record<string, Tensor> = {
    ...constants,
    scale: floats([], [scale]),
    zero: tensorOfWords(dtype, [], [zero]),
  };
  if (again === undefined)
    return { nodes: [...read, node], inputs, outputs: [{ name: "a", dtype: FLOAT32 }], constants: given };
  const to = { dtype, zero, scale, ...again };
  given.scaleY = floats([], [to.scale]);
  given.zeroY = tensorOfWords(to.dtype, [], [to.zero]);
  const quantise = { operator: "QuantizeLinear", inputs: ["a", "scaleY", "zeroY"], outputs: ["y"] };
  return { nodes: [...read, node, quantise], inputs, outputs: [{ name: "y", dtype: to.dtype }], constants: given };
}

interface Again {
  readonly dtype: DType;
  readonly zero: number;
  readonly scale: number;
}

const bytes = (seed: number, zero: number): Tensor =>
  tensorOfWords(
    zero < 0 ? INT8 : UINT8,
    SHAPE,
    Array.from({ length: COUNT }, (_, i) => (i * 37 + seed * 11) % 256),
  );

function computed(spec: ModelSpec, inputs: readonly Tensor[]) {
  const { program, report } = importOnnx(buildModel(spec));
  const { outputs } = run(program, { inputs, symbols: [], seed: 0n, calls: 1 });
  return { nodes: report.nodeOperators.prompt, bits: Buffer.from(denseBytes(outputs[0])).toString("hex") };
}

/** The floats that DequantizeLinear gives, as ONNX defines it. */
function floatsOf({ dtype, data }: Tensor, zero: number): Tensor {
  const elements = dtype === INT8 ? [...new Int8Array(data.slice().buffer)] : [...data];
  return floats(
    SHAPE,
    elements.map((element) => Math.fround((element - zero) * scale)),
  );
}

/** The operator alone, on floats. */
const alone = ({ node, constants = {}, more = [] }: Move): ModelSpec => ({
  nodes: [node],
  inputs: ["", ...more].map((name) => ({ name: `d${name}`, dtype: FLOAT32, shape: SHAPE })),
  outputs: [{ name: "a", dtype: FLOAT32 }],
  constants,
});

describe("dequantised", () => {
  const cases = Object.entries({ ...MOVES, ...GATHERED }).flatMap(([name, one]) =>
    [3, 0, -7].map((zero) => ({ name, one, zero })),
  );
  for (const { name, one, zero } of cases) {
    it(`${name} moves bytes less ${zero} and gives the floats' bits`, () => {
      const inputs = ["", ...(one.more ?? [])].map((_, i) => bytes(i, zero));
      const own = computed(moved(one, zero), inputs);
      expect(own.bits).to.equal(
        computed(
          alone(one),
          inputs.map((tensor) => floatsOf(tensor, zero)),
        ).bits,
      );
      const again = computed(moved(one, zero, {}), inputs);
      expect(again.nodes).not.to.include("DequantizeLinear").and.not.to.include("QuantizeLinear");
    });
  }

  it("moves floats where a window may be all padding, or parts have other scales", () => {
    const attributes = { kernel_shape: [2, 2], dilations: [4, 4], pads: [3, 3, 3, 3] };
    const wide = move("MaxPool", attributes);
    const own = computed(moved(wide, 3), [bytes(0, 3)]);
    expect(own.bits).to.equal(computed(alone(wide), [floatsOf(bytes(0, 3), 3)]).bits);
    expect(own.nodes).to.deep.equal(["DequantizeLinear", "MaxPool"]);
    const spec = moved(MOVES.Concat, 3, {});
    const nodes = spec.nodes.map((node) =>
      node.outputs[0] === "d2" ? { ...node, inputs: ["q2", "other", "zero"] } : node,
    );
    const apart = { ...spec, nodes, constants: { ...spec.constants, other: floats([], [0.5]) } };
    expect(importOnnx(buildModel(apart)).report.nodeOperators.prompt).to.include("DequantizeLinear");
  });

  it("gives its bytes back where it is quantised as before, and only then", () => {
    const turn = MOVES.Transpose;
    const plain = computed(moved(turn, 3, {}), [bytes(0, 3)]);
    expect(plain.nodes).to.deep.equal(["Transpose"]);
    const others: Partial<Again>[] = [{ zero: 4 }, { scale: 0.038 }, { dtype: INT8 }];
    for (const again of others) {
      expect(computed(moved(turn, 3, again), [bytes(0, 3)]).nodes, JSON.stringify(again)).not.to.deep.equal([
        "Transpose",
      ]);
    }
  });

  it("every byte comes back by every zero point, at the least and the greatest scale", () => {
    const all = tensorOfWords(
      UINT8,
      [256],
      Array.from({ length: 256 }, (_, i) => i),
    );
    for (const scale of [2 ** -60, Math.fround(0.1), Math.fround(1 / 3), 2 ** 40]) {
      for (const zero of [0, 1, 77, 128, 254, 255]) {
        // As floats that nothing is known of: a scale that is an input.
        const nodes = [
          { operator: "DequantizeLinear", inputs: ["q", "scale", "zero"], outputs: ["d"] },
          { operator: "QuantizeLinear", inputs: ["d", "scale", "zero"], outputs: ["y"] },
        ];
        const spec = {
          nodes,
          inputs: [
            { name: "q", dtype: UINT8, shape: [256] },
            { name: "scale", dtype: FLOAT32, shape: [] },
          ],
          outputs: [{ name: "y", dtype: UINT8 }],
          constants: { zero: tensorOfWords(UINT8, [], [zero]) },
        };
        expect(computed(spec, [all, floats([], [scale])]).bits).to.equal(Buffer.from(all.data).toString("hex"));
      }
    }
  });
});
