/** Running sum along an axis: a row group, row by row; exclusive and reversed forms too. */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import { add } from "../lowering/arithmetic.ts";
import { NUMBERS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const CumSum: Operator = {
  name: "CumSum",
  inputs: [2, 2],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...NUMBERS);
    node.input(1, DType.INT64, DType.INT32);
    const [given] = node.constants(1) ?? [];
    check(given !== undefined, "BAD_ATTRIBUTE", "the axis is missing");
    const axis = node.axis(given, x.shape.length);
    const exclusive = attributes.flag("exclusive", false);
    const reverse = attributes.flag("reverse", false);
    const size = x.shape[axis];
    // Rows are places along the axis: the axis goes first.
    const order = [axis, ...[...x.shape.keys()].filter((i) => i !== axis)];
    const rows = order.map((i) => x.shape[i]);
    const group = graph.rowGroup();
    const { value, node: sums } = group.declare(x.dtype, rows);
    const last = size.sub(1);
    sums.define({
      kind: "map",
      value(code) {
        const place = code.coordinates();
        const [row, ...rest] = place;
        const above = code.read(value, code.linearIndex(rows, [code.isub(row, code.constant(1)), ...rest]));
        const shifted = exclusive ? code.isub(row, code.constant(1)) : row;
        const at = reverse ? code.isub(code.size(last), shifted) : shifted;
        const source = x.shape.map((_, i) => (i === axis ? at : place[order.indexOf(i)]));
        const element = code.readIf(code.within(at, size), x, code.linearIndex(x.shape, source));
        // The first sum is the element itself, so that -0 stays -0.
        return code.select(row, add(code, x.dtype, above, element), element);
      },
    });
    return arranged(value);

    /** The sums with the axis back in its place. */
    function arranged(sum: TensorValue): TensorValue {
      if (axis === 0 && !reverse) return sum;
      return graph.map(x.dtype, x.shape, (code) => {
        const place = code.coordinates();
        const row = reverse ? code.isub(code.size(last), place[axis]) : place[axis];
        const source = order.map((i) => (i === axis ? row : place[i]));
        return code.read(sum, code.linearIndex(rows, source));
      });
    }
  },
};
