/**
 * Einstein summation, from the left: the first two operands become one, then that with the third, and so on. Before that a label
 * of one operand only that the result lacks is summed away. Two operands are one sum of products over the labels that nothing later
 * needs, in the order in which the first operand has them; with none to sum, their product.
 */
import type { DType, Value } from "@assay/vm";
import { checkEqual, countOf, Dimension } from "../dimension.ts";
import { mul } from "../lowering/arithmetic.ts";
import { dotProduct } from "../lowering/dot.ts";
import { readEquation } from "../lowering/einsum.ts";
import { trailingSum } from "../lowering/sum.ts";
import { accumulatorOf, isFloat, NUMBERS } from "../lowering/types.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

/** A tensor with a label for each axis. */
interface Labelled {
  readonly tensor: TensorValue;
  readonly labels: readonly string[];
}

type Sizes = ReadonlyMap<string, Dimension>;

export const Einsum: Operator = {
  name: "Einsum",
  inputs: [1, 16],
  lower(node) {
    const { graph } = node;
    const inputs = node.all(...NUMBERS);
    const dtype = node.sameType(...inputs);
    // Narrow floats are rounded once, at the end.
    const wide = accumulatorOf(dtype);
    const equation = node.attributes.string("equation");
    const { terms, output } = readEquation(
      equation,
      inputs.map(({ shape }) => shape.length),
    );
    const sizes = sizesOf(inputs, terms);
    const operands = inputs.map((tensor, i): Labelled => ({ tensor, labels: terms[i] }));
    let [result] = operands;
    operands.slice(1).forEach((next, i) => {
      const needed = new Set([...output, ...operands.slice(i + 2).flatMap(({ labels }) => labels)]);
      const kept = (labels: readonly string[]) => labels.filter((label) => needed.has(label));
      const last = i === operands.length - 2;
      const left = summed(graph, wide, sizes, result, new Set([...needed, ...next.labels]));
      const right = summed(graph, wide, sizes, next, new Set([...needed, ...left.labels]));
      const labels = last ? output : [...new Set([...kept(left.labels), ...kept(right.labels)])];
      result = contracted(graph, last ? dtype : wide, sizes, left, right, labels);
    });
    if (operands.length > 1) return result.tensor;
    const single = summed(graph, dtype, sizes, result, new Set(output));
    if (single.labels.join() === output.join()) return single.tensor;
    return graph.map(dtype, shapeOf(sizes, output), (code) => read(code, single, placeOf(output, code.coordinates())));
  },
};

/** The size of each label; axes of size 1 broadcast. */
function sizesOf(inputs: readonly TensorValue[], terms: readonly (readonly string[])[]): Sizes {
  const sizes = new Map<string, Dimension>();
  inputs.forEach(({ shape }, i) => {
    terms[i].forEach((label, axis) => {
      const [known, own] = [sizes.get(label), shape[axis]];
      if (known === undefined || known.equals(1)) sizes.set(label, own);
      else if (!own.equals(1)) checkEqual(own, known, `${label} is both ${known} and ${own}`);
    });
  });
  return sizes;
}

function shapeOf(sizes: Sizes, labels: readonly string[]): Dimension[] {
  return labels.map((label) => sizes.get(label)!);
}

function placeOf(labels: readonly string[], coordinates: readonly Value[]): Map<string, Value> {
  return new Map(labels.map((label, i) => [label, coordinates[i]]));
}

/** The element at the labels' coordinates; a label that occurs twice takes the diagonal. */
function read(code: NodeCode, { tensor, labels }: Labelled, place: ReadonlyMap<string, Value>): Value {
  const coordinates = labels.map((label, axis) => (tensor.shape[axis].equals(1) ? undefined : place.get(label)!));
  return code.read(tensor, code.linearIndex(tensor.shape, coordinates));
}

/** `operand` with the labels that are not needed summed away; itself if there are none. */
function summed(graph: Graph, dtype: DType, sizes: Sizes, operand: Labelled, needed: ReadonlySet<string>): Labelled {
  const unique = [...new Set(operand.labels)];
  const kept = unique.filter((label) => needed.has(label));
  const gone = unique.filter((label) => !needed.has(label));
  if (gone.length === 0) return operand;
  const shape = shapeOf(sizes, kept);
  const inner = shapeOf(sizes, gone);
  const term = (code: NodeCode, place: readonly Value[], r: Value): Value =>
    read(code, operand, new Map([...placeOf(kept, place), ...placeOf(gone, code.split(r, inner))]));
  if (isFloat(dtype)) {
    return { tensor: trailingSum(graph, { dtype, shape, extent: countOf(inner), term }), labels: kept };
  }
  const tensor = graph.reduce(dtype, shape, {
    extent: countOf(inner),
    accumulators: [accumulatorOf(dtype)],
    init: (code) => [code.constant(0)],
    step: (code, [sum]) => [code.iadd(sum, term(code, code.coordinates(), code.step()))],
    final: (_code, [sum]) => sum,
  });
  return { tensor, labels: kept };
}

/** The sum of products of two operands over the labels that `labels` lacks. */
function contracted(
  graph: Graph,
  dtype: DType,
  sizes: Sizes,
  left: Labelled,
  right: Labelled,
  labels: readonly string[],
): Labelled {
  const shape = shapeOf(sizes, labels);
  const gone = [...new Set([...left.labels, ...right.labels])].filter((label) => !labels.includes(label));
  if (gone.length === 0) {
    const tensor = graph.map(dtype, shape, (code) => {
      const place = placeOf(labels, code.coordinates());
      return mul(code, dtype, read(code, left, place), read(code, right, place));
    });
    return { tensor, labels };
  }
  const inner = shapeOf(sizes, gone);
  const tensor = graph.reduce(
    dtype,
    shape,
    dotProduct({
      dtype,
      extent: countOf(inner),
      factors(code, r) {
        const place = new Map([...placeOf(labels, code.coordinates()), ...placeOf(gone, code.split(r, inner))]);
        return [read(code, left, place), read(code, right, place)];
      },
    }),
  );
  return { tensor, labels };
}
