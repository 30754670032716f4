/** alpha · A·B over the last two axes, either transposed; the sum of products, then times alpha. */
import type { Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { dotProduct } from "./dot.ts";
import { FLOATS } from "./types.ts";

/** A tensor seen with its axes in another order. */
interface View {
  readonly shape: readonly Dimension[];
  read(code: NodeCode, place: readonly (Value | undefined)[]): Value;
}

function viewed(tensor: TensorValue, order: readonly number[]): View {
  return {
    shape: order.map((axis) => tensor.shape[axis]),
    read: (code, place) =>
      code.read(
        tensor,
        code.linearIndex(
          tensor.shape,
          tensor.shape.map((_, axis) => place[order.indexOf(axis)]),
        ),
      ),
  };
}

/** The product that the attributes of a fused node describe; `final` is what becomes of an element. */
export function fusedMatMul(node: NodeContext, final?: (code: NodeCode, x: Value) => Value): TensorValue {
  const { attributes } = node;
  const [a, b] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS)];
  const dtype = node.sameType(a, b);
  const alpha = attributes.float("alpha", 1);
  const [left, right] = [a, b].map((tensor, i) => {
    const side = ["A", "B"][i];
    const rank = tensor.shape.length;
    check(rank >= 2, "UNSUPPORTED", `${side} of rank ${rank}`);
    // The first axis becomes the last of the batch's.
    const batch = attributes.flag(`transBatch${side}`, false) && rank > 2;
    const axes = [...tensor.shape.keys()];
    const order = batch ? [...axes.slice(1, -1), 0, rank - 1] : axes;
    const last = order.slice(-2);
    return viewed(tensor, [...order.slice(0, -2), ...(attributes.flag(`trans${side}`, false) ? last.reverse() : last)]);
  });
  const [rows, depth] = left.shape.slice(-2);
  const [depthB, columns] = right.shape.slice(-2);
  node.equalSizes(depth, depthB, "the inner dimensions");
  const batch = broadcastShape([left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  return node.graph.reduce(
    dtype,
    [...batch, rows, columns],
    dotProduct({
      dtype,
      extent: depth,
      factors(code, r) {
        const place = code.coordinates();
        const column = place.pop()!;
        const row = place.pop()!;
        const at = (view: View, last: readonly [Value, Value]) => {
          const skipped = place.length - (view.shape.length - 2);
          const leading = view.shape.slice(0, -2).map((size, i) => (size.equals(1) ? undefined : place[skipped + i]));
          return view.read(code, [...leading, ...last]);
        };
        return [at(left, [row, r]), at(right, [r, column])];
      },
      final(code, sum) {
        const product = alpha === 1 ? sum : code.fmul(code.constantFloat(alpha), sum);
        return final === undefined ? product : final(code, product);
      },
    }),
  );
}
