/** Class labels: integers as they are; strings become indices, and the strings a table beside the program. */
import { DType, type Value } from "@assay/vm";
import type { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { constantIndices } from "./constants.ts";

export interface ClassLabels {
  readonly count: number;
  readonly integers?: readonly number[];
  readonly strings?: readonly string[];
}

/** The labels of a classifier: one of two attributes. */
export function readLabels(node: NodeContext, integers: string): ClassLabels {
  const ints = node.attributes.ints(integers, undefined) ?? [];
  const strings = node.attributes.strings("classlabels_strings", undefined) ?? [];
  check(ints.length === 0 || strings.length === 0, "BAD_ATTRIBUTE", "labels that are both integers and strings");
  ints.forEach((label) => check(Number.isSafeInteger(label), "BAD_ATTRIBUTE", "a label beyond 2^53"));
  if (strings.length > 0) return { count: strings.length, strings };
  check(ints.length > 0, "BAD_ATTRIBUTE", "no labels");
  return { count: ints.length, integers: ints };
}

/** A tensor of labels, each chosen by the index that `index` computes. */
export function labelled(
  graph: Graph,
  shape: readonly Dimension[],
  labels: ClassLabels,
  index: (code: NodeCode) => Value,
): TensorValue {
  const { integers, strings } = labels;
  const plain = integers === undefined || integers.every((label, i) => label === i);
  const table = plain ? undefined : constantIndices([integers.length], integers);
  const value = graph.map(DType.INT64, shape, (code) => (table ? code.read(table, index(code)) : index(code)));
  return strings === undefined ? value : { ...value, labels: strings };
}
