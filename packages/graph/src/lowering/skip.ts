/** The sum of an input, a skip connection and an optional bias that onnxruntime fuses into a normalisation. */
import { DType } from "@assay/vm";
import { sameShape } from "../dimension.ts";
import { check } from "../errors.ts";
import { broadcastShape } from "../graph.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

/** The sum in float32, and as an output in the type of the inputs. */
export function skipSum(
  node: NodeContext,
  x: TensorValue,
  skip: TensorValue,
  bias: TensorValue | undefined,
): { sum: TensorValue; output: TensorValue } {
  check(x.shape.length > 0, "SHAPE_MISMATCH", "the input is a scalar");
  const terms = [x, skip, ...(bias ? [bias] : [])];
  const fits = sameShape(broadcastShape(terms.map(({ shape }) => shape)), x.shape);
  check(fits, "SHAPE_MISMATCH", "skip or bias does not broadcast to the input");
  const sum = node.graph.elementwise(
    DType.FLOAT32,
    terms,
    (code, ...elements) => elements.reduce((total, element) => code.fadd(total, element)),
    x.shape,
  );
  const output = x.dtype === DType.FLOAT32 ? sum : node.graph.elementwise(x.dtype, [sum], (_code, element) => element);
  return { sum, output };
}

/** Throws unless outputs 1 and 2 (statistics, which only training uses) are unnamed. */
export function checkNoStatistics(node: NodeContext): void {
  const unused = [1, 2].every((index) => (node.outputs[index] ?? "") === "");
  check(unused, "UNSUPPORTED", "mean and deviation as outputs");
}
