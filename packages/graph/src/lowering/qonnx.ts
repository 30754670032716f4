/** What the operators of QONNX have in common. */
import { DType, type Value } from "@assay/vm";
import { checkSameShape, formatShape } from "../dimension.ts";
import { broadcastShape } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

/** The domain; exporters write it with older names too. */
export const QONNX = "qonnx.custom_op.general";

/** Input 0, and the scale that is broadcast to it, with what else is. Throws SHAPE_MISMATCH. */
export function readQuantised(node: NodeContext, ...others: TensorValue[]): { x: TensorValue; scale: TensorValue } {
  const [x, scale] = [node.input(0, DType.FLOAT32), node.input(1, DType.FLOAT32)];
  const shapes = [x, scale, ...others].map(({ shape }) => shape);
  checkSameShape(
    broadcastShape(shapes),
    x.shape,
    `${shapes.slice(1).map(formatShape).join(" and ")} for ${formatShape(x.shape)}`,
  );
  return { x, scale };
}

/** 1 where x is 0 or more, -1 elsewhere. */
export function plusOrMinusOne(code: NodeCode, x: Value): Value {
  return code.select(code.fle(code.constant(0), x), code.constantFloat(1), code.constantFloat(-1));
}
