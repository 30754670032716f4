/** Support vector machines: kernels between rows and support vectors, and sums of them. */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { exp, tanh } from "../functions/index.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { dotProduct } from "./dot.ts";
import { floatTable } from "./linear.ts";
import { trailingSum } from "./sum.ts";

export interface Kernel {
  readonly type: "LINEAR" | "POLY" | "RBF" | "SIGMOID";
  readonly gamma: number;
  readonly offset: number;
  readonly degree: number;
}

export function readKernel(node: NodeContext): Kernel {
  const type = node.attributes.choice("kernel_type", ["LINEAR", "POLY", "RBF", "SIGMOID"], "LINEAR");
  const [gamma = 0, offset = 0, degree = 3] = node.attributes.floats("kernel_params", undefined) ?? [];
  return { type, gamma, offset, degree };
}

/** The kernel of every row and vector: [rows, vectors]. */
export function kernelsOf(
  node: NodeContext,
  x: TensorValue,
  vectors: readonly number[],
  count: number,
  kernel: Kernel,
): TensorValue {
  const { graph } = node;
  check(
    count >= 1 && vectors.length % count === 0,
    "BAD_ATTRIBUTE",
    `${vectors.length} values for ${count} support vectors`,
  );
  const width = vectors.length / count;
  node.equalSizes(x.shape[1], width, "the features of a support vector");
  const table = floatTable([count, width], vectors);
  const shape = [x.shape[0], Dimension.constant(count)];
  const pair = (code: NodeCode, place: readonly Value[], r: Value): [Value, Value] => [
    code.read(x, code.linearIndex(x.shape, [place[0], r])),
    code.read(table, code.linearIndex(table.shape, [place[1], r])),
  ];
  const { type, gamma, offset } = kernel;
  if (type === "RBF") {
    return trailingSum(graph, {
      dtype: DType.FLOAT32,
      shape,
      extent: Dimension.constant(width),
      term(code, place, r) {
        const difference = code.fsub(...pair(code, place, r));
        return code.fmul(difference, difference);
      },
      final: (code, sum) => exp(code, code.fmul(code.constantFloat(-gamma), sum)),
    });
  }
  const products = graph.reduce(
    DType.FLOAT32,
    shape,
    dotProduct({
      dtype: DType.FLOAT32,
      extent: Dimension.constant(width),
      factors: (code, r) => pair(code, code.coordinates(), r),
    }),
  );
  if (type === "LINEAR") return products;
  return graph.elementwise(DType.FLOAT32, [products], (code, product) => {
    const inner = code.ffma(code.constantFloat(gamma), product, code.constantFloat(offset));
    return type === "SIGMOID" ? tanh(code, inner) : power(code, inner, kernel.degree);
  });
}

/** x to a small whole power, by multiplication from the left. */
function power(code: NodeCode, x: Value, degree: number): Value {
  check(
    Number.isInteger(degree) && degree >= 1 && degree <= 16,
    "UNSUPPORTED",
    `a polynomial kernel of degree ${degree}`,
  );
  let product = x;
  for (let i = 1; i < degree; i++) product = code.fmul(product, x);
  return product;
}

/** One weighted sum of the kernels for each row of weights, plus its offset: [rows, sums]. */
export function weightedSums(
  node: NodeContext,
  kernels: TensorValue,
  weights: readonly (readonly number[])[],
  offsets: readonly number[],
): TensorValue {
  const [rows, vectors] = kernels.shape;
  const table = floatTable([weights.length, weights[0].length], weights.flat());
  const bias = floatTable([offsets.length], offsets);
  return node.graph.reduce(
    DType.FLOAT32,
    [rows, Dimension.constant(weights.length)],
    dotProduct({
      dtype: DType.FLOAT32,
      extent: vectors,
      factors: (code, r) => [
        code.read(kernels, code.linearIndex(kernels.shape, [code.index(0), r])),
        code.read(table, code.linearIndex(table.shape, [code.index(1), r])),
      ],
      final: (code, sum) => code.fadd(sum, code.read(bias, code.index(1))),
    }),
  );
}
