/**
 * Scattering reductions as up to three kernels: one writes every element's start, one runs through the steps, and one makes
 * elements of the last accumulators where those are not the elements already.
 */
import { bitsOf, byteLength, type DType, type MapRecord, type ReduceRecord, type Request } from "@assay/vm";
import { fixed, type Size } from "../codegen/graph.ts";
import type { Scatter } from "../codegen/scatter.ts";
import type { LinearMemory } from "./memory.ts";
import type { PlannedList, PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import { recogniseScatter } from "./recogniseScatter.ts";

export interface Scatters {
  readonly lists: readonly PlannedList[];
  /** By the node whose kernel runs through the steps. */
  readonly found: ReadonlyMap<PlannedNode, Scatter>;
  /** Nodes that make elements of accumulators, which lie there. */
  readonly accumulators: ReadonlyMap<PlannedNode, Accumulators>;
}

/** The last accumulators of a reduction, a tensor. */
export interface Accumulators {
  readonly dtype: DType;
  readonly address: Size;
}

/** Looks for scattering reductions outside row groups, and puts their kernels in their places. */
export function scatters(
  lists: readonly PlannedList[],
  surroundings: Surroundings,
  { symbols, calls }: Request,
  memory: LinearMemory,
): Scatters {
  const recognised = (node: PlannedNode, address: Size): Scatter | undefined => {
    const { record, dimensions, count, extent } = node;
    if (record?.kind !== "reduce") return undefined;
    const operands = operandPlans(node, surroundings);
    return recogniseScatter({ record, dimensions, count, extent, operands, symbols, calls }, address);
  };
  const single = lists.flatMap(({ groups }) => groups.flatMap(({ nodes, rowByRow }) => (rowByRow ? [] : nodes)));
  const nodes = single.filter((node) => recognised(node, node.address) !== undefined);
  const apart = nodes
    .filter((node) => !fitsOutput(node))
    .map((node) => byteLength(accumulatorOf(node), node.count.most));
  const shared = apart.length === 0 ? 0 : memory.take(Math.max(...apart) + 64);

  const found = new Map<PlannedNode, Scatter>();
  const accumulators = new Map<PlannedNode, Accumulators>();
  const kernels = new Map<PlannedNode, readonly PlannedNode[]>();
  for (const node of nodes) {
    const address = fitsOutput(node) ? node.address : fixed(shared);
    const scatter = recognised(node, address)!;
    const start = startOf(node, address);
    const steps = stepsOf(node, scatter, address);
    found.set(steps, scatter);
    if (scatter.isElement) kernels.set(node, [start, steps]);
    else {
      const finish: PlannedNode = { ...node, extent: fixed(0) };
      accumulators.set(finish, { dtype: steps.dtype, address });
      kernels.set(node, [start, steps, finish]);
    }
  }
  const inPlace = lists.map((list): PlannedList => {
    const groups = list.groups.map((group) => {
      return { ...group, nodes: group.nodes.flatMap((node) => kernels.get(node) ?? [node]) };
    });
    return { ...list, groups };
  });
  return { lists: inPlace, found, accumulators };
}

const reduceOf = ({ record }: PlannedNode): ReduceRecord => record as ReduceRecord;
const accumulatorOf = (node: PlannedNode): DType => reduceOf(node).accumulators[0];

/** Whether the accumulators can lie where the elements will. */
const fitsOutput = (node: PlannedNode): boolean => bitsOf(accumulatorOf(node)) === bitsOf(node.dtype);

/** The kernel that writes what the accumulators start from. */
function startOf(node: PlannedNode, address: Size): PlannedNode {
  const { shape, operands, constants, init } = reduceOf(node);
  const dtype = accumulatorOf(node);
  const record: MapRecord = { kind: "map", dtype, shape, operands, constants, value: init };
  return { ...node, name: `${node.name}Start`, record, dtype, extent: fixed(0), address };
}

/** The kernel that runs through the steps; what it counts are places outside and inside them. */
function stepsOf(node: PlannedNode, { outer, lanes }: Scatter, address: Size): PlannedNode {
  const dtype = accumulatorOf(node);
  const places = node.dimensions.slice(0, outer).reduce((product, { most }) => product * most, lanes);
  return {
    ...node,
    name: `${node.name}Steps`,
    record: { ...reduceOf(node), dtype },
    dtype,
    count: fixed(places),
    address,
  };
}
