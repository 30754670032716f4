/**
 * The fixed fusion pass, part of what a program root means: an element-wise node takes in those of its operands that are
 * used by nothing else and have its shape. At most one reduction is taken in, into whose `final` the code goes. Nodes are
 * visited in order, operands in order of first use; a step that would make a section too long or let it load from too
 * many places is left out.
 */
import { MAX_OPERANDS, type Value } from "@assay/vm";
import { sameShape } from "./dimension.ts";
import { GraphError } from "./errors.ts";
import { writeBody, type Body, type LoweredNode, type MapBody, type ReduceBody } from "./loweredNode.ts";
import type { NodeCode } from "./nodeCode.ts";
import type { TensorValue } from "./tensorValue.ts";

/** Most constants and instructions of a section made by fusion. */
export const MAX_FUSED_REGISTERS = 128;
/** Most loads of a section made by fusion: each costs a proof in a dispute. */
export const MAX_FUSED_LOADS = 4;

/** Fuses the nodes of one list in place; those that were taken in are left without users. `kept` stay as they are. */
export function fuse(nodes: readonly LoweredNode[], kept: ReadonlySet<LoweredNode>): void {
  const users = new Map<LoweredNode, number>();
  for (const node of nodes) {
    for (const operand of node.operands.nodes) users.set(operand, (users.get(operand) ?? 0) + 1);
  }
  for (const node of nodes) {
    const { body } = node;
    if (body.kind !== "map" || body.elementwise === undefined || node.group !== undefined) continue;
    const movable = node.operands.nodes.filter(
      (operand) =>
        users.get(operand) === 1 &&
        operand.group === undefined &&
        !kept.has(operand) &&
        sameShape(operand.shape, node.shape) &&
        readOnlyInPlace(body.elementwise!, operand),
    );
    let taken: LoweredNode[] = [];
    for (const operand of movable) {
      const more = [...taken, operand];
      const fused = fusedBody(body, more);
      if (fused !== undefined && fits(node, fused)) {
        node.define(fused);
        taken = more;
      }
    }
  }
}

/** Whether `operand` is among the element-wise inputs, and never through a value of another shape. */
function readOnlyInPlace(inputs: readonly TensorValue[], operand: LoweredNode): boolean {
  const seen = inputs.some(({ source }) => source.kind === "view" && source.view.nodes.includes(operand));
  const reads = inputs.filter(({ source }) => source.kind === "node" && source.node === operand);
  return !seen && reads.length > 0 && reads.every(({ shape }) => sameShape(shape, operand.shape));
}

/** `body` with the code of `taken` before it; undefined where they are more than one reduction. */
function fusedBody(body: MapBody, taken: readonly LoweredNode[]): Body | undefined {
  const reductions = taken.filter((node) => node.body.kind === "reduce");
  if (reductions.length > 1) return undefined;
  const maps = taken.flatMap((node) => (node.body.kind === "map" ? [{ node, body: node.body }] : []));
  const value = (code: NodeCode): Value => {
    for (const map of maps) code.fuse(map.node, map.body.value(code));
    return body.value(code);
  };
  if (reductions.length === 0) return { kind: "map", elementwise: body.elementwise, value };
  const [producer] = reductions;
  const reduction = producer.body as ReduceBody;
  return {
    ...reduction,
    final(code, accumulators) {
      code.fuse(producer, reduction.final(code, accumulators));
      return value(code);
    },
  };
}

function fits(node: LoweredNode, body: Body): boolean {
  try {
    const { sections, operands } = writeBody(node, body);
    return (
      sections.registers <= MAX_FUSED_REGISTERS &&
      sections.loads <= MAX_FUSED_LOADS &&
      operands.sources.length <= MAX_OPERANDS
    );
  } catch (error) {
    if (error instanceof GraphError && error.code === "TOO_LARGE") return false;
    throw error;
  }
}
