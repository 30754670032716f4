/** The first half of the columns, plus a bias, times Gelu of the second half plus its own. */
import { check } from "../../errors.ts";
import { geluByErf } from "../../lowering/composed.ts";
import { FLOATS } from "../../lowering/types.ts";
import { constantSize, MICROSOFT, type Operator } from "../../operator.ts";

export const BiasSplitGelu: Operator = {
  name: "BiasSplitGelu",
  domain: MICROSOFT,
  inputs: [2, 2],
  lower(node) {
    const [x, bias] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS)];
    const dtype = node.sameType(x, bias);
    node.rank(x, 3, "the input");
    node.rank(bias, 1, "the bias");
    node.equalSizes(bias.shape[0], x.shape[2], "the bias");
    const columns = constantSize(x.shape[2], "the columns of the input");
    check(columns % 2 === 0, "SHAPE_MISMATCH", `${columns} columns in two halves`);
    const half = columns / 2;
    return node.graph.map(dtype, [x.shape[0], x.shape[1], x.shape[2].div(2)], (code) => {
      const [b, s, column] = code.coordinates();
      const element = (offset: number) => {
        const at = code.plus(column, offset);
        return code.fadd(code.read(x, code.linearIndex(x.shape, [b, s, at])), code.read(bias, at));
      };
      return code.fmul(element(0), geluByErf(code, element(half)));
    });
  },
};
