/** Integer matrix products as floats: float(sum) · (scale of A · scale of B) + bias. */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { integerMatrixProduct, type Operands } from "./integerProduct.ts";

export interface ScaledProduct {
  readonly operands: Operands;
  readonly scaleA: TensorValue;
  readonly scaleB: TensorValue;
  /** One value for each column. */
  readonly bias?: TensorValue | undefined;
}

export function scaledProduct(node: NodeContext, { operands, scaleA, scaleB, bias }: ScaledProduct): TensorValue {
  const product = integerMatrixProduct(node, operands);
  const [left, right] = [product.left(scaleA, "the scale of A"), product.right(scaleB, "the scale of B")];
  const last = product.shape.length - 1;
  if (bias !== undefined) {
    node.rank(bias, 1, "the bias");
    check(operands.b.shape.length >= 2, "UNSUPPORTED", "a bias of a product with a vector");
    node.equalSizes(bias.shape[0], operands.b.shape.at(-1)!, "the bias");
  }
  return node.graph.reduce(
    DType.FLOAT32,
    product.shape,
    product.reduction((code, sum) => {
      const value = code.fmul(code.itof(sum), code.fmul(left(code), right(code)));
      return bias === undefined ? value : code.fadd(value, code.read(bias, code.index(last)));
    }),
  );
}
