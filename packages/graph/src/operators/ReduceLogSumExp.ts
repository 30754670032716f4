/** Logarithm of the sum of e^x over axes, as max + log Σ e^(x - max) with a max that is finite. */
import { exp, log } from "../functions/index.ts";
import { NEGATIVE_INFINITY, POSITIVE_INFINITY } from "../lowering/arithmetic.ts";
import { accumulateOver, reduction, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";

export const ReduceLogSumExp = reduction("ReduceLogSumExp", FLOATS, 18, (node, x, axes) => {
  const greatest = accumulateOver(
    node,
    x,
    axes,
    (code) => code.constant(NEGATIVE_INFINITY),
    (code, best, element) => code.fmax(best, element),
  );
  const shift = node.graph.elementwise(x.dtype, [greatest], (code, most) =>
    code.select(code.flt(code.fabs(most), code.constant(POSITIVE_INFINITY)), most, code.constant(0)),
  );
  const sum = sumOver(node, x, axes, (code, element, place) =>
    exp(code, code.fsub(element, code.read(shift, code.linearIndex(axes.shape, place)))),
  );
  return node.graph.elementwise(x.dtype, [shift, sum], (code, most, total) => code.fadd(most, log(code, total)));
});
