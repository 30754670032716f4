/** Rows divided by their norm (greatest, sum or root of the sum of squares); a row whose norm is 0 stays as it is. */
import { DType } from "@assay/vm";
import { accumulateOver, axesOf, sumOver } from "../../lowering/reduction.ts";
import { NEGATIVE_INFINITY } from "../../lowering/arithmetic.ts";
import { rowsOf } from "../../lowering/trees.ts";
import { NUMBERS } from "../../lowering/types.ts";
import { ML } from "../../onnx/model.ts";
import type { Operator } from "../../operator.ts";
import { withShape } from "../../tensorValue.ts";

export const Normalizer: Operator = {
  name: "Normalizer",
  domain: ML,
  inputs: [1, 1],
  lower(node) {
    const { graph } = node;
    const given = node.input(0, ...NUMBERS);
    const x = rowsOf(node, given);
    const norm = node.attributes.choice("norm", ["MAX", "L1", "L2"], "MAX");
    const axes = axesOf(x, [1], true);
    const size =
      norm === "MAX"
        ? accumulateOver(
            node,
            x,
            axes,
            (code) => code.constant(NEGATIVE_INFINITY),
            (code, best, element) => code.fmax(best, element),
          )
        : norm === "L1"
          ? sumOver(node, x, axes, (code, element) => code.fabs(element))
          : sumOver(
              node,
              x,
              axes,
              (code, element) => code.fmul(element, element),
              (code, sum) => code.fsqrt(sum),
            );
    const rows = graph.elementwise(DType.FLOAT32, [x, size], (code, element, whole) =>
      code.select(code.feq(whole, code.constant(0)), element, code.fdiv(element, whole)),
    );
    return withShape(rows, given.shape);
  },
};
