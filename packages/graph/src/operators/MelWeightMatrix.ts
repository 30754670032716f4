/**
 * Triangular weights from spectrum bins to mel bins. The edges of the triangles are equally spaced in log(1 + f / 700) and
 * rounded down to bins; all in binary32, the edges in a node of their own.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { expm1, log1p } from "../functions/index.ts";
import { FLOATS, INTEGERS, isFloat } from "../lowering/types.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import { cast, elementType } from "../lowering/cast.ts";

/** Hertz at which the scale turns from linear to logarithmic. */
const CORNER = 700;

export const MelWeightMatrix: Operator = {
  name: "MelWeightMatrix",
  inputs: [5, 5],
  lower(node) {
    const { graph } = node;
    const [mels, length] = [node.scalar(0), node.scalar(1)];
    check(mels !== undefined && length !== undefined, "BAD_ARITY", "the numbers of bins are missing");
    check((mels.constant ?? 0) >= 0 && (length.constant ?? 0) >= 0, "BAD_ATTRIBUTE", `${mels} mel bins of ${length}`);
    const numbers = [node.input(2, ...INTEGERS), node.input(3, ...FLOATS), node.input(4, ...FLOATS)];
    numbers.forEach((value, i) => {
      check(
        value.shape.every((size) => size.equals(1)),
        "SHAPE_MISMATCH",
        `input ${i + 2} is not one number`,
      );
    });
    const dtype = elementType(node, node.attributes.int("output_datatype", 1));
    check(dtype !== DType.BOOL, "UNSUPPORTED", "a matrix of booleans");
    const edges = graph.map(DType.INT64, [mels.add(2)], (code) => {
      const [rate, low, high] = numbers.map((value) => code.read(value, code.constant(0)));
      const corner = code.constantFloat(CORNER);
      const melOf = (hertz: Value) => log1p(code, code.fdiv(hertz, corner));
      const step = code.fdiv(code.fsub(melOf(high), melOf(low)), code.utof(code.size(mels.add(2))));
      const mel = code.ffma(code.utof(code.index(0)), step, melOf(low));
      const hertz = code.fmul(corner, expm1(code, mel));
      const bin = code.fdiv(code.fmul(code.utof(code.size(length.add(1))), hertz), code.itof(rate));
      return code.ftoi64(code.ffloor(bin));
    });
    const bins: Dimension = length.div(2).add(1);
    return graph.map(dtype, [bins, mels], (code: NodeCode) => {
      const [bin, mel] = code.coordinates();
      const [lower, centre, higher] = [0, 1, 2].map((offset) => code.read(edges, code.plus(mel, offset)));
      const zero = code.constant(0);
      const one = code.constantFloat(1);
      const ratio = (a: Value, b: Value) => code.fdiv(code.itof(a), code.itof(b));
      const rise = code.isub(centre, lower);
      const rising = code.select(rise, ratio(code.isub(bin, lower), rise), one);
      const upward = code.and(code.ile(lower, bin), code.ile(bin, centre));
      const falling = ratio(code.isub(higher, bin), code.isub(higher, centre));
      const downward = code.and(code.ile(centre, bin), code.ilt(bin, higher));
      const weight = code.select(downward, falling, code.select(upward, rising, zero));
      return isFloat(dtype) ? weight : cast(code, DType.FLOAT32, dtype, weight);
    });
  },
};
