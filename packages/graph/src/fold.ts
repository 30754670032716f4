/**
 * Constant folding: what depends on the model alone is computed once, by the reference interpreter, and becomes a derived
 * parameter. Small work only: anything bigger stays in the program.
 */
import { denseBytes, OPCODE, run, type Tensor } from "@assay/vm";
import { countOf } from "./dimension.ts";
import { encodeProgram, reachable } from "./encode.ts";
import type { Graph } from "./graph.ts";
import { quantisedOf, remembering } from "./lowering/dequantised.ts";
import { isGrouped, writeBody, type LoweredNode } from "./loweredNode.ts";
import { copyOf } from "./output.ts";
import { constantValue, isConstant, type TensorValue } from "./tensorValue.ts";

/**
 * Most elements, reduction steps counted as elements, that are folded for one node, and for a whole model; of a node that
 * dequantises bytes fewer, for these are smaller and products want them.
 */
export const MAX_FOLDED = { node: 2 ** 18, model: 2 ** 20, bytes: 2 ** 12 } as const;

/** What a model has left of `MAX_FOLDED.model`. */
export interface FoldingBudget {
  left: number;
}

/**
 * The outputs of a graph that reads no inputs, as constants; undefined where that is too much work or a shape is not
 * constant. What is folded is taken from the budget.
 */
export function fold(
  graph: Graph,
  outputs: readonly (TensorValue | undefined)[],
  budget: FoldingBudget,
): TensorValue[] | undefined {
  const ofBytes = outputs.some((output) => output && quantisedOf(output) !== undefined);
  const most = Math.min(ofBytes ? MAX_FOLDED.bytes : MAX_FOLDED.node, budget.left);
  let work = 0;
  for (const node of graph.nodes) {
    const { shape, body } = node;
    if (asksRequest(node)) return undefined;
    const count = countOf(shape).constant;
    const steps = body.kind === "reduce" ? body.extent.constant : 1;
    if (count === undefined || steps === undefined) return undefined;
    work += count * Math.max(1, steps);
    if (work > most) return undefined;
  }
  budget.left -= work;
  const folded = outputs.map((output) => output && constantOf(graph, output));
  return folded.every((output) => output !== undefined) ? folded : undefined;
}

/** A value of a graph that reads no inputs as a constant; undefined where its shape is not. */
function constantOf(graph: Graph, value: TensorValue): TensorValue | undefined {
  if (isConstant(value)) return value;
  // A tensor without elements may have another size that is known only at run time.
  if (value.source.kind !== "node" || !value.shape.every((size) => size.constant !== undefined)) return undefined;
  const { node, quantised } = value.source;
  const read = isGrouped(node) ? copyOf(graph, value).node : node;
  const program = encodeProgram({
    prompt: reachable(graph.nodes, [read]),
    outputs: [read],
    inputs: [],
    symbols: [],
  });
  const [tensor] = run(program, { inputs: [], symbols: [], seed: 0n, calls: 1 }).outputs;
  const shape = value.shape.map((size) => size.constant!);
  const folded = withKnown(constantValue(reshaped(tensor, shape)), value);
  return quantised === undefined ? folded : remembering(folded, quantised);
}

/** Instructions whose result the request decides. */
const OF_REQUEST: readonly number[] = [OPCODE.symbol, OPCODE.call, OPCODE.calls, OPCODE.seed];

/** Whether a node's code reads something of the request, as sizes of constants of symbolic shape do. */
function asksRequest(node: LoweredNode): boolean {
  const { sections } = writeBody(node, node.body).sections;
  return sections.some(({ code }) => code.some((opcode, at) => at % 4 === 0 && OF_REQUEST.includes(opcode)));
}

function reshaped(tensor: Tensor, shape: readonly number[]): Tensor {
  const data = denseBytes(tensor);
  return { dtype: tensor.dtype, shape, data };
}

function withKnown(value: TensorValue, output: TensorValue): TensorValue {
  const named = output.labels === undefined ? value : { ...value, labels: output.labels };
  return output.known === undefined || named.known !== undefined ? named : { ...named, known: output.known };
}
