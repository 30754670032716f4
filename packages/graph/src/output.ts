/** The outputs of a model as nodes of the program, held to what the model declares of them. */
import { isDType, nameOf } from "@assay/vm";
import { formatShape, sameShape } from "./dimension.ts";
import { check } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { isGrouped, type LoweredNode } from "./loweredNode.ts";
import type { DeclaredValue } from "./onnx/model.ts";
import { STRING } from "./onnx/tensor.ts";
import type { TensorValue } from "./tensorValue.ts";

/** A graph output as a node of its own: an input or a constant is copied, and what a row group of two or more computes. */
export function outputNode(
  graph: Graph,
  declared: DeclaredValue,
  value: TensorValue,
): { value: TensorValue; node: LoweredNode } {
  const place = { node: `output ${JSON.stringify(declared.name)}` };
  if (isDType(declared.elementType)) {
    const same = declared.elementType === value.dtype;
    const types = `${nameOf(value.dtype)}, declared ${nameOf(declared.elementType)}`;
    check(same, "TYPE_MISMATCH", `the output is ${types}`, place);
  }
  const isString = declared.elementType === STRING;
  const fits = isString ? value.labels !== undefined : value.labels === undefined || declared.elementType === 0;
  check(fits, "TYPE_MISMATCH", isString ? "the output is declared to hold strings" : "the output holds strings", place);
  graph.operator = "Identity";
  if (
    value.source.kind === "node" &&
    sameShape(value.source.node.shape, value.shape) &&
    !isGrouped(value.source.node)
  ) {
    return { value, node: value.source.node };
  }
  // An output in another shape than its node's is a copy too, so that the output's shape is in the program.
  return copyOf(graph, value);
}

/** A copy of a value as a node of its own. */
export function copyOf(graph: Graph, value: TensorValue): { value: TensorValue; node: LoweredNode } {
  const copy = graph.map(value.dtype, value.shape, (code) => code.element(value));
  if (copy.source.kind !== "node") throw new Error("a map is a node");
  return { value: copy, node: copy.source.node };
}

/** A remark where the declared shape of an output is not the one it has, which decides nothing; undefined elsewhere. */
export function shapeRemark(declared: DeclaredValue, { shape }: TensorValue): string | undefined {
  if (declared.shape === undefined) return undefined;
  const fits =
    declared.shape.length === shape.length &&
    declared.shape.every((size, axis) => {
      const { constant } = shape[axis];
      return typeof size !== "number" || constant === undefined || constant === size;
    });
  const text = declared.shape.map((size) => size ?? "?").join(", ");
  return fits ? undefined : `output ${JSON.stringify(declared.name)} is ${formatShape(shape)}, declared [${text}]`;
}
