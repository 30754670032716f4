/** Products of dequantised tensors: beside their definition in integers, bit by bit, beside the floats that the model says, and where they stay floats. */
import { expect } from "chai";
import { denseBytes, DType, run, tensorOfWords, wordsOf, type Tensor } from "@assay/vm";
import { importOnnx } from "../index.ts";
import { buildModel, floats, type ModelSpec } from "../testing/onnxBuilder.ts";
import { quantisedModel, type Operand, type QuantisedModel } from "../testing/quantisedModel.ts";
import { Random } from "../testing/random.ts";
import { INTEGER_REMARK } from "./dequantisedProduct.ts";

const { UINT8, INT8, INT16, FLOAT32 } = DType;
const { fround } = Math;

/** A tensor of random bytes; of a constant they are part of it. */
function operand(shape: readonly number[], given: Partial<Operand> & { constant?: boolean } = {}): Operand {
  const { constant = false, ...rest } = given;
  const made = { dtype: UINT8 as DType, shape, scales: [0.031], zeros: [117], ...rest };
  return constant ? { ...made, elements: elementsOf(made) } : made;
}

function elementsOf({ dtype, shape }: Pick<Operand, "dtype" | "shape">): number[] {
  const random = new Random(shape.reduce((sum, size) => 31 * sum + size, dtype));
  const least = dtype === INT8 ? -128 : 0;
  return Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => least + random.below(256));
}

const weights = (shape: readonly number[], given: Partial<Operand> = {}): Operand =>
  operand(shape, { dtype: INT8, scales: [0.0123], zeros: [0], constant: true, ...given });

/** Scales of an axis. */
const several = (axis: number, count: number): Partial<Operand> => ({
  axis,
  scales: Array.from({ length: count }, (_, i) => fround(0.004 + 0.0007 * i)),
  zeros: Array.from({ length: count }, () => 0),
});

const importing = (model: QuantisedModel | ModelSpec, integerProducts = true) =>
  importOnnx(buildModel("nodes" in model ? model : quantisedModel(model)), { integerProducts });

/** The outputs for the elements of the operands. */
function outputsOf(model: QuantisedModel, integerProducts = true): readonly Tensor[] {
  const inputs = model.operands
    .filter(({ elements }) => elements === undefined)
    .map((one) => tensorOfWords(one.dtype, one.shape, elementsOf(one)));
  return run(importing(model, integerProducts).program, { inputs, symbols: [], seed: 0n, calls: 1 }).outputs;
}

/** The constants but one. */
const without = ({ constants = {} }: ModelSpec, name: string): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(constants).filter(([other]) => other !== name));

const isInteger = ({ report }: ReturnType<typeof importing>): boolean =>
  report.remarks.some((remark) => remark.startsWith(INTEGER_REMARK));

const bytes = (tensor: Tensor): number[] => wordsOf(tensor).map(Number);
const numbers = (tensor: Tensor): Float32Array => new Float32Array(denseBytes(tensor).slice().buffer);

/** An element less its zero point. */
function centred(one: Operand, place: readonly number[]): number {
  const { shape, zeros, axis = 0 } = one;
  const linear = place.reduce((sum, at, i) => sum * shape[i] + at, 0);
  return (one.elements ?? elementsOf(one))[linear] - (zeros.length === 1 ? zeros[0] : zeros[place[axis]]);
}

const scaleAt = ({ scales }: Operand, place: number): number => fround(scales.length === 1 ? scales[0] : scales[place]);

/** float(sum) · (scale · scale), as the lowering is defined. */
const scaled = (sum: number, one: number, other: number): number => fround(fround(sum) * fround(one * other));

function quantisedBy(x: number, { dtype, scales, zeros }: NonNullable<QuantisedModel["result"]>): number {
  const quotient = fround(x / fround(scales[0]));
  const floor = Math.floor(quotient);
  const half = quotient - floor;
  const rounded = half > 0.5 || (half === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  const [least, greatest] = dtype === INT8 ? [-128, 127] : [0, 255];
  return Math.min(Math.max(rounded + zeros[0], least), greatest);
}

/** A [rows, depth] · B [depth, columns], or B [columns, depth] transposed. */
function matrixProduct(a: Operand, b: Operand, transposed = false): number[] {
  const [rows, depth] = a.shape;
  const columns = b.shape[transposed ? 0 : 1];
  return Array.from({ length: rows * columns }, (_, i) => {
    const [m, n] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += centred(a, [m, k]) * centred(b, transposed ? [n, k] : [k, n]);
    return scaled(sum, scaleAt(a, m), scaleAt(b, n));
  });
}

/** A convolution of one image by kernels of `size` × `size`, padded by 1. */
function convolution(x: Operand, w: Operand, stride: number, groups: number): number[] {
  const [, , rows, columns] = x.shape;
  const [maps, channels, size] = w.shape;
  const [height, width] = [rows, columns].map((own) => Math.floor((own + 2 - size) / stride) + 1);
  const made: number[] = [];
  for (let map = 0; map < maps; map++) {
    const first = Math.floor(map / (maps / groups)) * channels;
    for (let i = 0; i < height * width; i++) {
      const [y, z] = [Math.floor(i / width) * stride - 1, (i % width) * stride - 1];
      let sum = 0;
      for (let c = 0; c < channels; c++)
        for (let p = 0; p < size; p++)
          for (let q = 0; q < size; q++) {
            if (y + p < 0 || y + p >= rows || z + q < 0 || z + q >= columns) continue;
            sum += centred(x, [0, first + c, y + p, z + q]) * centred(w, [map, c, p, q]);
          }
      made.push(scaled(sum, scaleAt(x, 0), scaleAt(w, map)));
    }
  }
  return made;
}

const result = { dtype: UINT8, scales: [0.21], zeros: [128] } as const;

/** Expects integers, the bits of the definition, and of the model's own floats at most one step of difference, seldom. */
function agree(model: QuantisedModel, defined: readonly number[]): void {
  expect(isInteger(importing(model))).to.equal(true);
  const [own] = outputsOf(model);
  const { result: quantised } = model;
  if (quantised === undefined) {
    const [literal] = outputsOf(model, false).map(numbers);
    expect([...numbers(own)]).to.deep.equal(defined.map(fround));
    const size = Math.max(...defined.map(Math.abs));
    numbers(own).forEach((value, i) => expect(Math.abs(value - literal[i])).to.be.lessThan(1e-5 * size));
    return;
  }
  expect(bytes(own)).to.deep.equal(defined.map((value) => quantisedBy(value, quantised)));
  const [literal] = outputsOf(model, false).map(bytes);
  const apart = bytes(own).map((value, i) => Math.abs(value - literal[i]));
  expect(Math.max(...apart)).to.be.lessThan(2);
  expect(apart.filter((step) => step > 0).length).to.be.lessThan(1 + apart.length / 100);
}

describe("dequantisedProduct", () => {
  const [x, w] = [operand([5, 40]), weights([40, 7])];
  const product: QuantisedModel = { operator: "MatMul", operands: [x, w], result };
  const open: QuantisedModel = { operator: "MatMul", operands: [x, w] };
  const image = operand([1, 6, 9, 8]);
  const kernel = weights([4, 6, 3, 3]);
  const pads = { pads: [1, 1, 1, 1] };
  const convolved: QuantisedModel = { operator: "Conv", attributes: pads, operands: [image, kernel], result };

  describe("is the sum in integers times the product of scales", () => {
    it("MatMul, a scale for each tensor", () => agree(product, matrixProduct(x, w)));
    it("MatMul, a scale for each column", () => {
      const columns = weights([40, 7], several(1, 7));
      agree({ ...product, operands: [x, columns] }, matrixProduct(x, columns));
      const negative = { ...columns, axis: -1 };
      expect(bytes(outputsOf({ ...product, operands: [x, negative] })[0])).to.deep.equal(
        bytes(outputsOf({ ...product, operands: [x, columns] })[0]),
      );
    });
    it("MatMul, a scale for each row of a constant left", () => {
      const left = weights([5, 40], several(0, 5));
      const right = operand([40, 7]);
      agree({ ...product, operands: [left, right] }, matrixProduct(left, right));
    });
    it("MatMul of two inputs, signed and unsigned, with zero points", () => {
      for (const [one, other] of [
        [UINT8, INT8],
        [INT8, INT8],
        [INT8, UINT8],
      ]) {
        const [a, b] = [operand([5, 40], { dtype: one, zeros: [3] }), operand([40, 7], { dtype: other, zeros: [0] })];
        agree(
          { ...product, operands: [a, b], result: { dtype: INT8, scales: [0.6], zeros: [-3] } },
          matrixProduct(a, b),
        );
      }
    });
    it("MatMul whose result stays floats", () => {
      agree(open, matrixProduct(x, w));
    });
    it("Gemm, transposed, with a bias of floats", () => {
      const turned = weights([7, 40], several(0, 7));
      const bias = Array.from({ length: 7 }, (_, i) => fround(0.3 * i - 1));
      const model = {
        ...product,
        operator: "Gemm",
        attributes: { transB: 1 },
        operands: [x, turned],
        others: [floats([7], bias)],
      };
      agree(
        model,
        matrixProduct(x, turned, true).map((value, i) => fround(value + bias[i % 7])),
      );
    });
    it("Conv with padding, strides, groups, a scale for each map, and a bias", () => {
      for (const [stride, groups, w] of [
        [1, 1, kernel],
        [2, 1, weights([4, 6, 3, 3], several(0, 4))],
        [2, 2, weights([8, 3, 3, 3], several(0, 8))],
        [1, 1, weights([4, 6, 1, 1])],
      ] as const) {
        const attributes = { ...pads, group: groups, strides: [stride, stride] };
        const bias = Array.from({ length: w.shape[0] }, (_, i) => fround(0.7 * i - 1));
        const model = { ...convolved, attributes, operands: [image, w], others: [floats([bias.length], bias)] };
        const defined = convolution(image, w, stride, groups);
        const places = defined.length / bias.length;
        agree(
          model,
          defined.map((value, i) => fround(value + bias[Math.floor(i / places)])),
        );
      }
    });
    it("with Relu before it is quantised", () => {
      const bounded = { ...convolved, then: ["Relu"] };
      agree(
        bounded,
        convolution(image, kernel, 1, 1).map((value) => Math.max(value, 0)),
      );
    });
    it("of a constant that only its floats would be too many to fold", () => {
      const wide = weights([90, 60], several(1, 60));
      const left = operand([2, 90]);
      agree({ ...product, operands: [left, wide] }, matrixProduct(left, wide));
      // The bytes are the parameter, not the floats.
      const { program } = importing({ ...product, operands: [left, wide] });
      expect(program.params.map(({ dtype }) => dtype)).to.have.members([INT8, FLOAT32]);
    });
  });

  it("turns weights with the axis of their scales, large ones where they lie", () => {
    for (const depth of [40, 600]) {
      const [left, turned] = [operand([3, depth]), weights([130, depth], several(0, 130))];
      const spec = quantisedModel({ ...product, operands: [left, turned] });
      const turn = { operator: "Transpose", inputs: ["d1"], outputs: ["turned"] };
      const nodes = spec.nodes.map((node) =>
        node.operator === "MatMul" ? { ...node, inputs: ["d0", "turned"] } : node,
      );
      const { program, report } = importing({ ...spec, nodes: [turn, ...nodes] });
      const inputs = [tensorOfWords(left.dtype, left.shape, elementsOf(left))];
      const [y] = run(program, { inputs, symbols: [], seed: 0n, calls: 1 }).outputs;
      const defined = matrixProduct(left, turned, true);
      expect(bytes(y)).to.deep.equal(defined.map((value) => quantisedBy(value, result)));
      expect(report.nodeOperators.prompt).to.deep.equal(["QuantizeLinear"]);
    }
  });

  it("gives others the floats all the same", () => {
    const model = { ...product, outputs: ["d0", "o"] };
    expect(isInteger(importing(model))).to.equal(true);
    const [y, d0, o] = outputsOf(model);
    expect([...numbers(d0)]).to.deep.equal(elementsOf(x).map((value) => fround((value - 117) * fround(0.031))));
    expect([...numbers(o)]).to.deep.equal(matrixProduct(x, w));
    expect(bytes(y)).to.deep.equal(matrixProduct(x, w).map((value) => quantisedBy(value, result)));
  });

  it("is turned off by an option", () => {
    expect(isInteger(importing(product, false))).to.equal(false);
    expect(importing(product, false).report.programRoot).not.to.equal(importing(product).report.programRoot);
  });

  describe("stays floats", () => {
    const literal = (model: QuantisedModel | ModelSpec): void => {
      const own = importing(model);
      expect(isInteger(own)).to.equal(false);
      expect(own.report.programRoot).to.equal(importing(model, false).report.programRoot);
    };
    const withLeft = (given: Partial<Operand>) => literal({ ...product, operands: [{ ...x, ...given }, w] });

    it("where a scale is infinite, zero, negative, subnormal, tiny or huge", () => {
      for (const scale of [Infinity, 0, -0.5, 1e-40, 2 ** -61, 2 ** 41]) {
        withLeft({ scales: [scale] });
        const scales = several(1, 7).scales!.with(3, scale);
        literal({ ...product, operands: [x, weights([40, 7], { ...several(1, 7), scales })] });
      }
    });
    it("where a scale turns out to be NaN", () => {
      const spec = quantisedModel(product);
      const constants = without(spec, "s0");
      const quotient = { operator: "Div", inputs: ["nothing", "nothing"], outputs: ["s0"] };
      literal({ ...spec, nodes: [quotient, ...spec.nodes], constants: { ...constants, nothing: floats([], [0]) } });
    });
    it("where the scales are along the axis that is summed, or both sides have an axis", () => {
      literal({ ...product, operands: [x, weights([40, 7], several(0, 40))] });
      literal({ ...product, operands: [weights([5, 40], several(0, 5)), weights([40, 7], several(1, 7))] });
      literal({ ...convolved, operands: [image, weights([4, 6, 3, 3], several(1, 6))] });
      literal({ ...convolved, operands: [{ ...image, ...several(1, 6) }, kernel] });
      literal({ ...open, operands: [x, weights([40], several(0, 40))] });
    });
    it("where elements have 16 bits", () => withLeft({ dtype: INT16, zeros: [0] }));
    it("where a sum could wrap", () => {
      const long = 2 ** 31 / (255 * 255);
      const [a, b] = [operand([1, Math.ceil(long)], { zeros: [0] }), operand([Math.ceil(long), 1], { zeros: [0] })];
      literal({ ...product, operands: [a, b] });
      const [c, d] = [operand([1, Math.floor(long)], { zeros: [0] }), operand([Math.floor(long), 1], { zeros: [0] })];
      expect(isInteger(importing({ ...product, operands: [c, d] }))).to.equal(true);
    });
    it("where a convolution is depthwise", () => {
      literal({ ...convolved, attributes: { ...pads, group: 6 }, operands: [image, weights([6, 1, 3, 3])] });
    });
    it("where one side is no dequantised tensor", () => {
      literal({ ...product, operands: [x], others: [floats([40, 7], new Array<number>(280).fill(0.5))] });
    });
    it("where a scale or a zero point is no constant", () => {
      const spec = quantisedModel(product);
      for (const [name, dtype] of [
        ["s0", FLOAT32],
        ["z0", UINT8],
      ] as const) {
        const constants = without(spec, name);
        literal({ ...spec, constants, inputs: [...spec.inputs, { name, dtype, shape: [] }] });
      }
    });
    it("where the floats were computed with before", () => {
      const spec = quantisedModel(product);
      const between = { operator: "Abs", inputs: ["d0"], outputs: ["a0"] };
      const nodes = spec.nodes.map((one) => (one.operator === "MatMul" ? { ...one, inputs: ["a0", "d1"] } : one));
      literal({ ...spec, nodes: [...nodes, between] });
    });
  });

  it("refuses what the floats would be refused for", () => {
    const error = (model: QuantisedModel, integerProducts: boolean): string => {
      try {
        importing(model, integerProducts);
      } catch (thrown) {
        return String(thrown);
      }
      return "";
    };
    const spec = quantisedModel(product);
    const other = { ...spec, constants: { ...spec.constants, z0: tensorOfWords(INT8, [], [0]) } };
    expect(() => importing(other)).to.throw("input 2 is int8, not uint8");
    for (const model of [
      { ...product, operands: [x, weights([40, 7], { ...several(1, 7), axis: 2 })] },
      { ...product, operands: [x, weights([41, 7])] },
      { ...convolved, operands: [image, weights([4, 5, 3, 3])] },
    ]) {
      expect(error(model, true)).to.equal(error(model, false)).and.not.equal("");
    }
  });
});
