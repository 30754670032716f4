/** Constants quantised at import beside the code of QuantizeLinear on the same floats, bit by bit. */
import { expect } from "chai";
import { denseBytes, DType, run, tensorOfWords, type Tensor } from "@assay/vm";
import { importOnnx } from "../index.ts";
import { buildModel, floats } from "../testing/onnxBuilder.ts";
import { Random } from "../testing/random.ts";

const SHAPE = [7, 5, 400];
const COUNT = 14_000;

/** Floats around every step and half step, and far away. */
function elements(): number[] {
  const random = new Random(3);
  const specials = [0, -0, 0.5, -0.5, 1e-40, -1e-40, 3e38, -3e38, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 127.5, 128];
  const near = (step: number) => (step / 2) * 0.037 * (1 + (random.below(3) - 1) * 2 ** -23);
  return Array.from({ length: COUNT }, (_, i) =>
    Math.fround(i % 9 === 0 ? random.pick(specials) : near((i % 1200) - 600)),
  );
}

function quantised(x: Tensor, constant: boolean, scales: readonly number[], zero: Tensor, axis: number) {
  const bytes = buildModel({
    nodes: [{ operator: "QuantizeLinear", inputs: ["x", "scale", "zero"], outputs: ["y"], attributes: { axis } }],
    inputs: constant ? [] : [{ name: "x", dtype: DType.FLOAT32, shape: SHAPE }],
    outputs: [{ name: "y", dtype: zero.dtype }],
    constants: { scale: floats(scales.length === 1 ? [] : [scales.length], scales), zero, ...(constant && { x }) },
  });
  const { program } = importOnnx(bytes);
  const { outputs } = run(program, { inputs: constant ? [] : [x], symbols: [], seed: 0n, calls: 1 });
  return { operands: program.params.length, bits: Buffer.from(denseBytes(outputs[0])).toString("hex") };
}

describe("quantisedConstant", () => {
  const x = floats(SHAPE, elements());
  const zeros = (dtype: DType, values: readonly number[]): Tensor =>
    tensorOfWords(dtype, values.length === 1 ? [] : [values.length], [...values]);
  for (const [name, scales, zero, axis] of [
    ["one scale", [0.037], zeros(DType.UINT8, [117]), 1],
    ["signed", [0.037], zeros(DType.INT8, [-128]), 1],
    [
      "at the least and the greatest scale",
      [2 ** -60, 2 ** 40, 0.037, 1, 3, 0.1, 7],
      zeros(DType.INT8, [0, 1, 2, 3, 4, 5, 6]),
      0,
    ],
    ["a scale for each place of an axis", [0.037, 0.074, 0.1, 1, 0.01], zeros(DType.INT8, [0, 0, 5, -7, 127]), -2],
  ] as const) {
    it(`gives the bits of the code: ${name}`, () => {
      const own = quantised(x, true, scales, zero, axis);
      expect(own.bits).to.equal(quantised(x, false, scales, zero, axis).bits);
      // The bytes are the parameter.
      expect(own.operands).to.equal(1);
    });
  }
});
