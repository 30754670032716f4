/** 1 at the first greatest element along an axis, 0 elsewhere. */
import { DType } from "@assay/vm";
import { argument } from "../lowering/argument.ts";
import { axesOf, reducedIndex } from "../lowering/reduction.ts";
import { normalisedAxes } from "../lowering/softmax.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const Hardmax: Operator = {
  name: "Hardmax",
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    const axes = axesOf(x, normalisedAxes(node, x.shape.length), true);
    const where = node.graph.reduce(
      DType.INT64,
      axes.shape,
      argument({
        dtype: x.dtype,
        extent: axes.extent,
        greatest: true,
        element: (code, r) => code.read(x, reducedIndex(code, x, axes, code.coordinates(), r)),
      }),
    );
    return node.graph.map(x.dtype, x.shape, (code) => {
      const place = code.coordinates();
      const own = code.linearIndex(
        axes.reduced.map((axis) => x.shape[axis]),
        axes.reduced.map((axis) => place[axis]),
      );
      const outer = place.map((at, axis) => (axes.reduced.includes(axis) ? undefined : at));
      const chosen = code.read(where, code.linearIndex(axes.shape, outer));
      return code.select(code.ieq(own, chosen), code.constantFloat(1), code.constant(0));
    });
  },
};
