/** What the operators of functions, sums and products refuse, and with which code: each node is valid but for one thing. */
import { expect } from "chai";
import { DType } from "@assay/vm";
import { GraphError, importOnnx, type GraphErrorCode } from "../index.ts";
import { f, longs, scalar, typed, type InputCase, type OperatorCase } from "../testing/case.ts";
import { modelOf, tensorOf } from "../testing/caseModel.ts";
import { Random } from "../testing/random.ts";

const constantFloats = (...values: number[]): InputCase => ({ shape: [values.length], values, constant: true });
const rois = f(3, 4);
const batches = typed(DType.INT64, [3], [0, 1]);

/** Operator, operator set, attributes, inputs, code. */
type Refusal = [string, number, OperatorCase["attributes"], (InputCase | undefined)[], GraphErrorCode];

const REFUSALS: Record<string, Refusal> = {
  "an equation for another number of inputs": ["Einsum", 12, { equation: "ij,jk" }, [f(2, 3)], "BAD_ATTRIBUTE"],
  "an equation with strange signs": ["Einsum", 12, { equation: "i$->i" }, [f(2, 3)], "BAD_ATTRIBUTE"],
  "an equation for another rank": ["Einsum", 12, { equation: "ijk->i" }, [f(2, 3)], "SHAPE_MISMATCH"],
  "a label that no operand has": ["Einsum", 12, { equation: "ij->k" }, [f(2, 3)], "BAD_ATTRIBUTE"],
  "a label twice in the result": ["Einsum", 12, { equation: "ij->ii" }, [f(2, 3)], "BAD_ATTRIBUTE"],
  "two sizes of one label": ["Einsum", 12, { equation: "ij,jk->ik" }, [f(2, 3), f(4, 5)], "SHAPE_MISMATCH"],
  "a result of ten axes": [
    "Einsum",
    12,
    { equation: "abcde,fghij->abcdefghij" },
    [f(1, 1, 1, 1, 1), f(1, 1, 1, 1, 1)],
    "TOO_LARGE",
  ],
  "scales and sizes": [
    "Resize",
    13,
    {},
    [f(1, 1, 2, 2), undefined, constantFloats(1, 1, 2, 2), longs(1, 1, 4, 4)],
    "BAD_ARITY",
  ],
  "scales known only at run time": ["Resize", 13, {}, [f(1, 1, 2, 2), undefined, f(4)], "DATA_DEPENDENT_SHAPE"],
  "a scale of 0": ["Resize", 13, {}, [f(2, 2), undefined, constantFloats(0, 1)], "BAD_ATTRIBUTE"],
  "an infinite scale": ["Resize", 13, {}, [f(2, 2), undefined, constantFloats(Infinity, 1)], "BAD_ATTRIBUTE"],
  "a scale too small to count with": [
    "Resize",
    13,
    {},
    [f(2, 2), undefined, constantFloats(1e-30, 1)],
    "BAD_ATTRIBUTE",
  ],
  "a scale for one axis of two": ["Resize", 13, {}, [f(2, 2), undefined, constantFloats(2)], "SHAPE_MISMATCH"],
  "antialias of nearest": ["Resize", 18, { antialias: 1 }, [f(2, 2), undefined, constantFloats(2, 2)], "BAD_ATTRIBUTE"],
  "a resized boolean with linear": [
    "Resize",
    18,
    { mode: "linear" },
    [typed(DType.BOOL, [2, 2], [0, 2]), undefined, constantFloats(2, 2)],
    "TYPE_MISMATCH",
  ],
  "an Upsample that shrinks": ["Upsample", 9, {}, [f(2, 2), constantFloats(1, 0.5)], "BAD_ATTRIBUTE"],
  "an inverse of half a spectrum": ["DFT", 17, { inverse: 1, onesided: 1 }, [f(2, 8, 2)], "UNSUPPORTED"],
  "half a spectrum of complex numbers": ["DFT", 17, { onesided: 1 }, [f(2, 8, 2)], "BAD_ATTRIBUTE"],
  "a transform of the parts": ["DFT", 17, { axis: 2 }, [f(2, 8, 2)], "BAD_ATTRIBUTE"],
  "numbers of three parts": ["DFT", 17, {}, [f(2, 8, 3)], "SHAPE_MISMATCH"],
  "a transform of 2^40 terms": ["DFT", 17, {}, [f(2, 8, 1), scalar(2 ** 40)], "TOO_LARGE"],
  "frames longer than the signal": ["STFT", 17, {}, [f(1, 8, 1), scalar(2), f(9)], "SHAPE_MISMATCH"],
  "frames that do not move": ["STFT", 17, {}, [f(1, 8, 1), scalar(0), f(4)], "BAD_ATTRIBUTE"],
  "a window of integers": ["HannWindow", 17, { output_datatype: 7 }, [scalar(8)], "UNSUPPORTED"],
  "as many samples as the regions need": ["RoiAlign", 16, {}, [f(1, 1, 4, 4), rois, batches], "UNSUPPORTED"],
  "a grid of other coordinates": ["GridSample", 20, {}, [f(1, 1, 4, 4), f(1, 2, 2, 3)], "SHAPE_MISMATCH"],
  "a grid over four axes": ["GridSample", 20, {}, [f(1, 1, 2, 2, 2, 2), f(1, 2, 2, 2, 2, 4)], "SHAPE_MISMATCH"],
  "a determinant of no square": ["Det", 11, {}, [f(2, 3)], "SHAPE_MISMATCH"],
  "a determinant of 65 rows": ["Det", 11, {}, [f(65, 65)], "TOO_LARGE"],
  "columns that do not fit the image": ["Col2Im", 18, {}, [f(1, 4, 5), longs(3, 3), longs(2, 2)], "SHAPE_MISMATCH"],
  "float remainders with the divisor's sign": ["Mod", 13, {}, [f(3), f(3)], "BAD_ATTRIBUTE"],
  "a power of booleans": ["Pow", 15, {}, [typed(DType.BOOL, [2], [0, 2]), f(2)], "TYPE_MISMATCH"],
  "a norm of order 0": ["LpPool", 18, { kernel_shape: [2], p: 0 }, [f(1, 1, 4)], "BAD_ATTRIBUTE"],
  "offsets for another kernel": ["DeformConv", 19, {}, [f(1, 1, 3, 3), f(1, 1, 2, 2), f(1, 4, 2, 2)], "SHAPE_MISMATCH"],
  "a volume to deform": ["DeformConv", 19, {}, [f(1, 1, 3, 3, 3), f(1, 1, 2, 2, 2), f(1, 24, 2, 2, 2)], "UNSUPPORTED"],
  "an activation that none knows": [
    "RNN",
    14,
    { hidden_size: 2, activations: ["Gauss"] },
    [f(3, 1, 2), f(1, 2, 2), f(1, 2, 2)],
    "UNSUPPORTED",
  ],
  "Affine without its numbers": [
    "RNN",
    14,
    { hidden_size: 2, activations: ["Affine"] },
    [f(3, 1, 2), f(1, 2, 2), f(1, 2, 2)],
    "BAD_ATTRIBUTE",
  ],
};

describe("operators of functions, sums and products refuse", () => {
  for (const [what, [operator, opset, attributes, inputs, code]] of Object.entries(REFUSALS)) {
    it(`${operator}: ${what}`, () => {
      const test: OperatorCase = { inputs, attributes, opset };
      const random = new Random(1);
      const tensors = inputs.map((input) => input && tensorOf(input, random));
      const { bytes } = modelOf(operator, test, tensors, "fixed", []);
      let caught: unknown;
      try {
        importOnnx(bytes);
      } catch (error) {
        caught = error;
      }
      expect(caught, "refused").to.be.instanceOf(GraphError);
      expect((caught as GraphError).code, (caught as GraphError).message).to.equal(code);
    });
  }

  it("what draws random numbers, and say what to do instead", () => {
    const { bytes } = modelOf("RandomNormalLike", { inputs: [f(2)] }, [tensorOf(f(2), new Random(1))], "fixed", []);
    expect(() => importOnnx(bytes)).to.throw(GraphError, /RandomNormalLike.*seed.*input.*UNKNOWN_OPERATOR/);
  });
});
