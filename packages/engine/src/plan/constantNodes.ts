/**
 * Nodes that are made of parameters alone, as dequantised weights are: contractions read them packed, like parameters, and a
 * run computes them only where something else reads them, or they are kept.
 */
import { DType } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { SIDE } from "../contraction.ts";
import { prunedRecord } from "./prunedRecord.ts";
import { isOfRequest, type ComputedFactor } from "./computedFactor.ts";
import type { PlannedList, PlannedNode } from "./nodes.ts";
import { sideOf, type PackedParameters } from "./packing.ts";
import type { MatchedContraction } from "./recognise.ts";

export interface ConstantNodes {
  readonly lists: readonly PlannedList[];
  readonly matches: ReadonlyMap<PlannedNode, MatchedContraction>;
}

/** @param kept Nodes whose tensors are asked for; "all" where every tensor is. */
export function constantNodes(
  lists: readonly PlannedList[],
  found: ReadonlyMap<PlannedNode, MatchedContraction>,
  packed: PackedParameters,
  kept: ReadonlySet<PlannedNode> | "all",
): ConstantNodes {
  const matches = new Map(found);
  const byName = new Map(lists.map((list) => [list.name, list]));
  /** Operands that are read packed, by the node that they are. */
  const read = new Map<PlannedNode, Set<string>>();
  for (const node of found.keys()) {
    for (const side of [SIDE.ROWS, SIDE.COLUMNS]) {
      const match = matches.get(node)!;
      const { slot, computed, guards } = sideOf(match, side);
      const operand = node.record!.operands.at(slot);
      if (computed !== undefined || guards.length > 0 || operand?.kind !== "node") continue;
      const source = byName.get(node.list)!.nodes.at(operand.index);
      const factor = source && constantFactor(source);
      if (source === undefined || factor === undefined || !packed.holds(factor, side)) continue;
      const name = side === SIDE.ROWS ? "rowFactor" : "columnFactor";
      matches.set(node, { ...match, [name]: { ...sideOf(match, side), computed: factor } });
      if (!loadsElsewhere(node, slot)) read.set(source, (read.get(source) ?? new Set()).add(useOf(node, slot)));
    }
  }
  if (kept === "all") return { lists, matches };
  const isIdle = (node: PlannedNode): boolean => {
    const uses = read.get(node);
    if (uses === undefined || kept.has(node)) return false;
    return byName.get(node.list)!.nodes.every((consumer) =>
      (consumer.record?.operands ?? []).every((operand, slot) => {
        const reads = (operand.kind === "node" || operand.kind === "row") && operand.index === node.index;
        return !reads || (uses.has(useOf(consumer, slot)) && isPackedOnly(matches.get(consumer)!, slot));
      }),
    );
  };
  const left = lists.map((list): PlannedList => {
    const groups = list.groups.map((group) => ({ ...group, nodes: group.nodes.filter((node) => !isIdle(node)) }));
    return { ...list, groups };
  });
  return { lists: left, matches };
}

const useOf = ({ name }: PlannedNode, slot: number): string => `${name} ${slot}`;

/** A node as a factor that is the same in every run; undefined where it is none. */
function constantFactor({ record, dtype, dimensions }: PlannedNode): ComputedFactor | undefined {
  if (record?.kind !== "map" || record.group !== undefined || dtype !== DType.FLOAT32) return undefined;
  const { operands, value } = record;
  if (operands.length === 0 || !operands.every(({ kind }) => kind === "parameter")) return undefined;
  const sizes = dimensions.map(({ constant }) => constant);
  if (isOfRequest(value.code) || !sizes.every((size) => size !== undefined)) return undefined;
  return { record: prunedRecord(record), sizes, constant: true };
}

/** Whether a contraction's node loads an operand for more than its factors. */
function loadsElsewhere({ record }: PlannedNode, slot: number): boolean {
  if (record?.kind !== "reduce") return true;
  return [record.init, record.final].some(({ code }) =>
    code.some((opcode, at) => at % 4 === 0 && opcode === OPCODE.load && code[at + 1] === slot),
  );
}

/** Whether each factor of a contraction that is this operand is read packed. */
function isPackedOnly(match: MatchedContraction, slot: number): boolean {
  return [match.rowFactor, match.columnFactor].every((factor) => factor.slot !== slot || factor.computed !== undefined);
}
