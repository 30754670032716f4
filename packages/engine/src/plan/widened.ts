/**
 * Factors of two bytes. Contractions read floats: parameters are packed as such, and what a run computes is written as floats
 * into a place that all contractions share, by a kernel of its own before the contraction.
 */
import { DType, type MapRecord } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { fixed, type OperandPlan } from "../codegen/graph.ts";
import { SIDE } from "../contraction.ts";
import type { LinearMemory } from "./memory.ts";
import type { PlannedList, PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import { isPacked, sideOf } from "./packing.ts";
import type { MatchedContraction } from "./recognise.ts";

/** Contractions whose factors are floats all, and the lists with the kernels that make them so. */
export interface Widened {
  readonly lists: readonly PlannedList[];
  readonly matches: Map<PlannedNode, MatchedContraction>;
  /** Operands of a contraction's node behind the record's own. */
  readonly operands: ReadonlyMap<PlannedNode, readonly OperandPlan[]>;
}

/** Puts a kernel that widens before each contraction of `found` that needs one. */
export function widenFactors(
  lists: readonly PlannedList[],
  found: ReadonlyMap<PlannedNode, MatchedContraction>,
  surroundings: Surroundings,
  memory: LinearMemory,
): Widened {
  const matches = new Map(found);
  const operands = new Map<PlannedNode, OperandPlan[]>();
  const narrow = [...found].flatMap(([node, match]) => narrowFactors(node, match, surroundings));
  const sides = [SIDE.ROWS, SIDE.COLUMNS].map((side) => {
    const most = Math.max(0, ...narrow.map((factor) => (factor.side === side ? factor.count : 0)));
    return most === 0 ? 0 : memory.take(4 * most + 64);
  });
  const before = new Map<PlannedNode, PlannedNode[]>();
  for (const { node, side, slot, count } of narrow) {
    const address = fixed(sides[side]);
    const own = operands.get(node) ?? [];
    const factor = {
      ...sideOf(matches.get(node)!, side),
      slot: node.record!.operands.length + own.length,
      dtype: DType.FLOAT32,
    };
    operands.set(node, [...own, { kind: "tensor", dtype: DType.FLOAT32, count: fixed(count), address }]);
    matches.set(node, { ...matches.get(node)!, [side === SIDE.ROWS ? "rowFactor" : "columnFactor"]: factor });
    const kernels = before.get(node) ?? [];
    before.set(node, [...kernels, widening(node, `${node.name}Widened${side}`, slot, count, address)]);
  }
  const widened = lists.map((list): PlannedList => {
    const groups = list.groups.map((group) => {
      const nodes = group.nodes.flatMap((node) => [...(before.get(node) ?? []), node]);
      return { ...group, nodes };
    });
    return { ...list, groups };
  });
  return { lists: widened, matches, operands };
}

interface NarrowFactor {
  readonly node: PlannedNode;
  readonly side: number;
  readonly slot: number;
  /** Elements of the tensor. */
  readonly count: number;
}

function narrowFactors(node: PlannedNode, match: MatchedContraction, surroundings: Surroundings): NarrowFactor[] {
  const plans = operandPlans(node, surroundings);
  return [SIDE.ROWS, SIDE.COLUMNS].flatMap((side) => {
    const factor = sideOf(match, side);
    const plan = plans[factor.slot];
    const isNarrow = factor.dtype === DType.FLOAT16 || factor.dtype === DType.BFLOAT16;
    // INVARIANT: the factor of a contraction is a tensor of a fixed count (`factorOf`).
    if (!isNarrow || isPacked(factor, plans) || plan.kind !== "tensor") return [];
    return [{ node, side, slot: factor.slot, count: plan.count.constant! }];
  });
}

/** The kernel that writes an operand of a node as floats. */
function widening(
  node: PlannedNode,
  name: string,
  slot: number,
  count: number,
  address: PlannedNode["address"],
): PlannedNode {
  const record: MapRecord = {
    kind: "map",
    dtype: DType.FLOAT32,
    shape: [],
    operands: [node.record!.operands[slot]],
    constants: [],
    value: { code: Uint8Array.of(OPCODE.linear, 0, 0, 0, OPCODE.load, 0, 0, 0), results: [1] },
  };
  const { list, index, group } = node;
  return {
    ...{ list, index, group, name, record, address },
    dtype: DType.FLOAT32,
    dimensions: [fixed(count)],
    count: fixed(count),
    rows: fixed(1),
    extent: fixed(0),
    bytes: 4 * count,
  };
}
