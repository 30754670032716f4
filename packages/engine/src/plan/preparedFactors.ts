/**
 * Factors that a contraction cannot read where they lie: floats of two bytes, and what is no tensor's element but any code. A
 * kernel of its own before the contraction writes them as floats into a place that all contractions share. (Parameters of two
 * bytes, and what is made of parameters alone, are packed as floats instead, once.)
 */
import { DType, type MapRecord } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { fixed, type OperandPlan } from "../codegen/graph.ts";
import { SIDE } from "../contraction.ts";
import { elementsOf, type ComputedFactor } from "./computedFactor.ts";
import type { LinearMemory } from "./memory.ts";
import type { PlannedList, PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import { isPacked, sideOf, type PackedParameters } from "./packing.ts";
import { LEAST_USES, MOST_COMPUTED_BYTES, type MatchedContraction } from "./recognise.ts";

/** Contractions whose factors are floats in memory all, and the lists with the kernels that put them there. */
export interface PreparedFactors {
  readonly lists: readonly PlannedList[];
  readonly matches: Map<PlannedNode, MatchedContraction>;
  /** Operands of a contraction's node behind the record's own. */
  readonly operands: ReadonlyMap<PlannedNode, readonly OperandPlan[]>;
}

/** Puts kernels before those contractions of `found` that need any. */
export function prepareFactors(
  lists: readonly PlannedList[],
  found: ReadonlyMap<PlannedNode, MatchedContraction>,
  surroundings: Surroundings,
  memory: LinearMemory,
  packed: PackedParameters,
): PreparedFactors {
  const matches = new Map([...found].filter(([node, match]) => isWorthIt(node, match, packed)));
  const operands = new Map<PlannedNode, OperandPlan[]>();
  const before = new Map<PlannedNode, PlannedNode[]>();
  const wanted = [...matches].flatMap(([node, match]) => unreadable(node, match, surroundings, packed));
  const places = [SIDE.ROWS, SIDE.COLUMNS].map((side) => {
    const most = Math.max(0, ...wanted.map((one) => (one.side === side ? elementsOf(one.factor) : 0)));
    return fixed(most === 0 ? 0 : memory.take(4 * most + 64));
  });
  for (const { node, side, factor } of wanted) {
    const own = operands.get(node) ?? [];
    const match = matches.get(node)!;
    const slot = node.record!.operands.length + own.length;
    const read = { ...sideOf(match, side), slot, dtype: DType.FLOAT32, computed: undefined };
    matches.set(node, { ...match, [side === SIDE.ROWS ? "rowFactor" : "columnFactor"]: read });
    const [address, count] = [places[side], fixed(elementsOf(factor))];
    operands.set(node, [...own, { kind: "tensor", dtype: DType.FLOAT32, count, address }]);
    before.set(node, [...(before.get(node) ?? []), kernelOf(node, side, factor, address)]);
  }
  const prepared = lists.map((list): PlannedList => {
    const groups = list.groups.map((group) => {
      return { ...group, nodes: group.nodes.flatMap((node) => [...(before.get(node) ?? []), node]) };
    });
    return { ...list, groups };
  });
  return { lists: prepared, matches, operands };
}

interface Wanted {
  readonly node: PlannedNode;
  readonly side: number;
  readonly factor: ComputedFactor;
}

/** The factors of a contraction that are to be computed before it. */
function unreadable(
  node: PlannedNode,
  match: MatchedContraction,
  surroundings: Surroundings,
  packed: PackedParameters,
): Wanted[] {
  const plans = operandPlans(node, surroundings);
  return [SIDE.ROWS, SIDE.COLUMNS].flatMap((side) => {
    const { computed, dtype, slot } = sideOf(match, side);
    if (computed !== undefined) return packed.holds(computed, side) ? [] : [{ node, side, factor: computed }];
    if (dtype !== DType.FLOAT16 && dtype !== DType.BFLOAT16) return [];
    const plan = plans[slot];
    // INVARIANT: a factor that is not computed is a tensor of a fixed count (`factorOf`).
    if (isPacked(sideOf(match, side), plans) || plan.kind !== "tensor") return [];
    return [{ node, side, factor: widened(node, slot, plan.count.constant!) }];
  });
}

/** An operand of a node as floats. */
function widened(node: PlannedNode, slot: number, count: number): ComputedFactor {
  const record: MapRecord = {
    kind: "map",
    dtype: DType.FLOAT32,
    shape: [],
    operands: [node.record!.operands[slot]],
    constants: [],
    value: { code: Uint8Array.of(OPCODE.linear, 0, 0, 0, OPCODE.load, 0, 0, 0), results: [1] },
  };
  return { record, sizes: [count], constant: false };
}

/** Whether what is computed of a contraction's factors is used often enough, or once for all runs. */
function isWorthIt({ count }: PlannedNode, match: MatchedContraction, packed: PackedParameters): boolean {
  return [SIDE.ROWS, SIDE.COLUMNS].every((side) => {
    const { computed, elementwise } = sideOf(match, side);
    if (computed === undefined || elementwise === true || packed.holds(computed, side)) return true;
    const elements = elementsOf(computed);
    return 4 * elements <= MOST_COMPUTED_BYTES && count.most * match.depth >= LEAST_USES * elements;
  });
}

function kernelOf(
  { list, index, group, name }: PlannedNode,
  side: number,
  factor: ComputedFactor,
  address: PlannedNode["address"],
): PlannedNode {
  const count = elementsOf(factor);
  return {
    ...{ list, index, group, address },
    name: `${name}Factor${side}`,
    record: factor.record,
    dtype: DType.FLOAT32,
    dimensions: factor.sizes.map(fixed),
    count: fixed(count),
    rows: fixed(1),
    extent: fixed(0),
    bytes: 4 * count,
  };
}
