/**
 * Which weights stay quantised in memory: what is packed, read back element by element, beside the engine's own values.
 *
 * @weight 10
 */
import { DType, float32, tensorOfWords, type Tensor } from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../../graph/src/index.ts";
import { buildModel, type ModelSpec } from "../../../graph/src/testing/onnxBuilder.ts";
import { SIDE } from "../contraction.ts";
import { Engine } from "../engine.ts";
import { Evaluator } from "../evaluated.ts";
import { Quantiser } from "../kernels/quantiser.ts";
import { wasmKernels } from "../kernels/wasmKernels.ts";
import { quantisedLayout } from "../quantisedColumns.ts";
import { planned } from "../testing/planned.ts";
import { MAX_PAGES } from "../wasm/module.ts";
import { constantNodes } from "./constantNodes.ts";
import type { LinearMemory } from "./memory.ts";
import { PackedParameters, sideOf } from "./packing.ts";
import { Parameters } from "./parameters.ts";
import { packQuantised, type Columns, type QuantisedPlace } from "./quantisedPacking.ts";
import { matches } from "./steps.ts";

const PANEL = 8;

const random = new Random(3);

function words(dtype: DType, shape: readonly number[], of: (i: number) => number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return tensorOfWords(
    dtype,
    shape,
    Array.from({ length: count }, (_, i) => of(i)),
  );
}

/** A product of one row and weights that nodes make of constants; `w` is their name. */
function product(
  depth: number,
  nodes: ModelSpec["nodes"],
  constants: ModelSpec["constants"],
  transposed = false,
): ModelSpec {
  const attributes = { transB: transposed ? 1 : 0 };
  return {
    opset: 21,
    nodes: [...nodes, { operator: "Gemm", inputs: ["x", "w"], outputs: ["y"], attributes }],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [1, depth] }],
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants,
  };
}

interface Dequantised {
  readonly dtype: DType;
  /** Of the weights; the depth comes first, but where the product takes them transposed. */
  readonly shape: readonly [number, number];
  readonly axis: number;
  readonly block?: number;
  readonly transposed?: boolean;
  readonly zeros?: boolean;
}

/** Weights of a DequantizeLinear node. */
function dequantised({ dtype, shape, axis, block = 0, transposed = false, zeros = false }: Dequantised): ModelSpec {
  const grid = block === 0 ? [shape[axis]] : shape.map((size, d) => (d === axis ? Math.ceil(size / block) : size));
  const scale = words(DType.FLOAT32, grid, () => float32.fromNumber(random.between(-500, 500) / 700));
  const any = () => random.u32() | 0;
  const node = {
    operator: "DequantizeLinear",
    inputs: ["q", "scale", ...(zeros ? ["zero"] : [])],
    outputs: ["w"],
    attributes: { axis, block_size: block },
  };
  const constants = {
    q: words(dtype, shape, any),
    scale,
    ...(zeros && { zero: words(dtype, grid, any) }),
  };
  return product(shape[transposed ? 1 : 0], [node], constants, transposed);
}

/** Weights of a MatMulNBits node. */
function blocked(depth: number, columns: number, bits: number, block: number, zeros: boolean): ModelSpec {
  const blocks = Math.ceil(depth / block);
  const byte = () => random.below(256);
  const constants = {
    w: words(DType.UINT8, [columns, blocks, (block * bits) / 8], byte),
    scales: words(DType.FLOAT32, [columns * blocks], () => float32.fromNumber(random.between(1, 500) / 700)),
    ...(zeros && { zeros: words(DType.UINT8, [columns * Math.ceil((blocks * bits) / 8)], byte) }),
  };
  const node = {
    operator: "MatMulNBits",
    domain: "com.microsoft",
    inputs: ["x", ...Object.keys(constants)],
    outputs: ["y"],
    attributes: { K: depth, N: columns, bits, block_size: block },
  };
  return { ...product(depth, [], constants), nodes: [node] };
}

interface Packed {
  readonly columns: Columns;
  readonly place: QuantisedPlace | undefined;
  readonly memory: LinearMemory;
  readonly whole: Uint8Array;
  /** Bytes of memory that packing took. */
  readonly taken: number;
}

/** Packs the weights of a model's one product. */
function packed(spec: ModelSpec): Packed {
  const { program } = importOnnx(buildModel(spec));
  const inputs = [words(DType.FLOAT32, spec.inputs![0].shape as number[], () => 0)];
  const request = { inputs, symbols: [], seed: 0n, calls: 1 };
  const { list, surroundings, memory } = planned({ program, request });
  const evaluator = new Evaluator((...parts) => new Engine(...parts), program, { backend: "wasm" }, memory);
  const limits = { shared: false, maximum: MAX_PAGES };
  const kernels = wasmKernels(memory.memory, limits);
  const held = new PackedParameters(program, memory, new Parameters(program, memory), kernels, evaluator);
  const found = constantNodes([list], matches([list], surroundings, request), held, new Set());
  const [match] = found.matches.values();
  const { computed, lane, depth } = sideOf(match, SIDE.COLUMNS);
  const columns = { factor: computed!, lane, depth };
  const quantiser = new Quantiser(memory.memory, limits, PANEL);
  const before = memory.top;
  const place = packQuantised(columns, { memory, evaluator, quantiser, panel: PANEL });
  return { columns, place, memory, whole: evaluator.whole(computed!), taken: memory.top - before };
}

/** Every element of packed columns is the factor's own; how they are quantised. */
function check(spec: ModelSpec): QuantisedPlace["quantisation"] {
  const { columns, place, memory, whole } = packed(spec);
  const { lane, depth } = columns;
  const { address, quantisation } = place!;
  const { bits, group } = quantisation;
  const layout = quantisedLayout(PANEL, depth.length, lane.length, quantisation);
  const view = new DataView(memory.memory.buffer as ArrayBuffer);
  const want = new DataView(whole.buffer, whole.byteOffset);
  let different = 0;
  lane.forEach((offset, n) => {
    const [panel, own] = [Math.floor(n / PANEL), n % PANEL];
    depth.forEach((more, r) => {
      const g = Math.floor(r / group);
      const scaleAt = address + panel * layout.panel + g * layout.group + 4 * own;
      const word = view.getUint32(scaleAt + 4 * PANEL * (1 + Math.floor((r % group) / layout.wordSteps)), true);
      const zero = view.getUint8(address + layout.zeros + (panel * layout.groups + g) * PANEL + own);
      const integer = ((word >>> (bits * (r % layout.wordSteps))) & (2 ** bits - 1)) - zero;
      const element = float32.mul(float32.fromNumber(integer), view.getUint32(scaleAt, true));
      if (element !== want.getUint32(4 * (offset + more), true)) different++;
    });
  });
  expect(different).to.equal(0);
  return quantisation;
}

describe("weights that stay quantised", () => {
  it("are those of MatMulNBits, in groups as large as its blocks", () => {
    for (const bits of [2, 4, 8]) {
      for (const zeros of [false, true]) {
        expect(check(blocked(96, 40, bits, 32, zeros))).to.deep.equal({ bits: bits === 8 ? 8 : 4, group: 32 });
      }
    }
    expect(check(blocked(100, 21, 4, 16, true)).group).to.equal(16);
    expect(check(blocked(70, 21, 4, 128, false)).group).to.equal(70);
  });

  it("are computed and packed part by part", () => {
    expect(check(blocked(1100, 2003, 4, 128, true))).to.deep.equal({ bits: 4, group: 128 });
  }).timeout(60_000);

  it("are those of DequantizeLinear, by slices and by blocks, whichever way they lie", () => {
    // More than are folded when a model is imported.
    const shape = [1100, 1001] as const;
    const [INT8, UINT8, INT4, UINT4] = [DType.INT8, DType.UINT8, DType.INT4, DType.UINT4];
    expect(check(dequantised({ dtype: INT8, shape, axis: 1 }))).to.deep.equal({ bits: 8, group: 1100 });
    expect(check(dequantised({ dtype: UINT8, shape, axis: 1, zeros: true }))).to.deep.equal({ bits: 8, group: 1100 });
    expect(check(dequantised({ dtype: UINT4, shape, axis: 1, zeros: true }))).to.deep.equal({ bits: 4, group: 1100 });
    expect(check(dequantised({ dtype: INT4, shape, axis: 0, block: 64 }))).to.deep.equal({ bits: 4, group: 64 });
    expect(check(dequantised({ dtype: INT8, shape, axis: 0, transposed: true }))).to.deep.equal({
      bits: 8,
      group: 1001,
    });
    const across = { dtype: UINT4, shape, axis: 1, block: 32, transposed: true, zeros: true };
    expect(check(dequantised(across))).to.deep.equal({ bits: 4, group: 32 });
  }).timeout(120_000);

  it("are none whose integers are wide, or whose scales change from step to step; the memory is left as it was", () => {
    const shape = [1100, 1001] as const;
    for (const spec of [
      dequantised({ dtype: DType.INT16, shape, axis: 1 }),
      dequantised({ dtype: DType.INT8, shape, axis: 0 }),
    ]) {
      expect(packed(spec)).to.include({ place: undefined, taken: 0 });
    }
  }).timeout(60_000);
});
