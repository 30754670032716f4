/** From planned nodes to steps: each is a contraction with its last part as a kernel, or a kernel alone. */
import { bitsOf, type Request } from "@assay/vm";
import type { OperandPlan } from "../codegen/graph.ts";
import { writeKernel } from "../codegen/kernel.ts";
import type { Library } from "../codegen/library.ts";
import type { Region } from "../contraction.ts";
import type { NativeKernel } from "../generatedKernels.ts";
import type { ModuleWriter } from "../wasm/module.ts";
import { placeContraction, type PlacedContraction } from "./contractions.ts";
import { costOf, kernelPlan, sumsAddress, type KernelContext } from "./kernels.ts";
import { separate } from "./independentGroups.ts";
import type { PlannedGroup, PlannedList, PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import { recognise, type MatchedContraction } from "./recognise.ts";
import type { RowContraction } from "./rowContractions.ts";
import {
  partElements,
  rowPartElements,
  sharesGroups,
  sharesProducts,
  type ContractionCall,
  type ContractionStep,
  type KernelCall,
  type MapStep,
  type RowMember,
  type RowsStep,
  type Sharer,
  type Step,
} from "./step.ts";

export interface StepContext extends KernelContext {
  readonly writer: ModuleWriter;
  readonly library: Library;
  readonly threads: number;
  /** Kernels in the machine's code. */
  readonly native: ReadonlyMap<PlannedNode, NativeKernel>;
  /** Operands of a contraction behind those of its node's record. */
  readonly prepared: ReadonlyMap<PlannedNode, readonly OperandPlan[]>;
  /** Nodes of row groups that are contractions. */
  readonly rowContractions: ReadonlyMap<PlannedNode, RowContraction>;
}

/** The contractions of all lists, but those in row groups. */
export function matches(
  lists: readonly PlannedList[],
  surroundings: Surroundings,
  { symbols, calls }: Request,
): Map<PlannedNode, MatchedContraction> {
  const found = new Map<PlannedNode, MatchedContraction>();
  for (const { groups } of lists) {
    for (const { nodes, rowByRow } of groups) {
      for (const node of rowByRow ? [] : nodes) {
        const { record, dimensions, count, extent } = node;
        if (record === undefined) continue;
        const operands = operandPlans(node, surroundings);
        const match = recognise({ record, dimensions, count, extent, operands, symbols, calls });
        if (match !== undefined) found.set(node, match);
      }
    }
  }
  return found;
}

/** Steps that compute a group. */
export function stepsOf(group: PlannedGroup, context: StepContext): Step[] {
  if (group.rowByRow) return rowSteps(group, context);
  return computedOf(group).map((node) => {
    const match = context.matches.get(node);
    return match === undefined ? kernelStep(node, context) : contractionStep(node, match, context);
  });
}

const computedOf = ({ nodes }: PlannedGroup): PlannedNode[] =>
  nodes.filter(({ record, count }) => record !== undefined && count.most > 0);

/** A row group, or several that do not read one another: a thread for each, where that is sooner than sharing their rows. */
function rowSteps(joined: PlannedGroup, context: StepContext): Step[] {
  const groups = separate(joined)
    .map(computedOf)
    .filter((nodes) => nodes.length > 0);
  const steps = groups.map((nodes) => rowsStep(nodes, context));
  const priced = groups.map((nodes, i) => {
    return { shared: steps[i].shared, cost: nodes.reduce((sum, node) => sum + rowsCost(node, context), 0) };
  });
  const [by, ...others] = new Set(groups.map((nodes) => sharerOf(nodes, context)));
  // A thread is in the machine's code or in JavaScript when it computes its group.
  if (others.length > 0 || !sharesGroups(priced, context.threads, by)) return steps;
  return [{ kind: "together", steps }];
}

const sharerOf = (nodes: readonly PlannedNode[], { native }: StepContext): Sharer =>
  nodes.every((node) => native.has(node)) ? "machine" : "host";

/** About how many instructions all rows of a node take, or how many multiply-adds. */
function rowsCost(node: PlannedNode, { rowContractions }: StepContext): number {
  const match = rowContractions.get(node)?.match;
  if (match === undefined) return costOf(node) * node.count.most;
  return match.rows * match.columns * match.depth * node.rows.most;
}

function rowsStep(nodes: readonly PlannedNode[], context: StepContext): RowsStep {
  const by = sharerOf(nodes, context);
  const members = nodes.map((node): RowMember => {
    const row = context.rowContractions.get(node);
    return row === undefined ? mapMember(node, by, context) : contractionMember(node, row, by, context);
  });
  return { kind: "rows", members, shared: members.some(({ step, rows }) => isCut(step, rows.most)) };
}

/** Whether a row of a member has more than one part. */
function isCut(step: MapStep | ContractionStep, rows: number): boolean {
  if (step.kind === "map") return step.count.most > rows * step.unit;
  return step.region.rows < step.rows || step.region.columns < step.columns;
}

function mapMember(node: PlannedNode, by: Sharer, context: StepContext): RowMember {
  const { rows, count, dtype } = node;
  // Of elements smaller than a byte a row may begin within one: such a row is one part.
  const threads = bitsOf(dtype) < 8 ? 1 : context.threads;
  const unit = rowPartElements(costOf(node), Math.ceil(count.most / rows.most), threads, by);
  return { rows, step: { kind: "map", ...kernelCall(node, true, context), unit } };
}

function contractionMember(
  node: PlannedNode,
  { match, factor }: RowContraction,
  by: Sharer,
  context: StepContext,
): RowMember {
  const { dtype, count, address } = factor;
  const { rows, columns, depth } = match;
  const placed = place(node, match, [{ kind: "tensor", dtype, count, address }], context);
  const { at, contraction } = placed;
  const sums = {
    ...{ at, out: contraction.out, outBytes: 4 * rows * columns },
    ...{ factor: contraction.rowFactor.address, factorBytes: 4 * rows * depth },
  };
  const shared = sharesProducts(rows * columns * depth, context.threads, by);
  const region = shared ? goodRegion(placed, context) : { batches: 1, rows, columns };
  const call = { ...kernelCall(node, true, context), ...contractionCall(placed, match, region, context) };
  return { rows: node.rows, step: { kind: "contraction", ...call }, sums };
}

function kernelStep(node: PlannedNode, context: StepContext): MapStep {
  return { kind: "map", ...kernelCall(node, false, context), unit: partElements({ cost: costOf(node) }) };
}

function contractionStep(node: PlannedNode, match: MatchedContraction, context: StepContext): ContractionStep {
  const placed = place(node, match, context.prepared.get(node) ?? [], context);
  const call = contractionCall(placed, match, goodRegion(placed, context), context);
  return { kind: "contraction", ...kernelCall(node, false, context), ...call };
}

/** Places a node's contraction; `more`: its operands behind those of the record. */
function place(
  node: PlannedNode,
  match: MatchedContraction,
  more: readonly OperandPlan[],
  context: StepContext,
): PlacedContraction {
  const operands = [...operandPlans(node, context.surroundings), ...more];
  return placeContraction(match, operands, sumsAddress(node, context), context.places);
}

const goodRegion = ({ contraction }: PlacedContraction, { places, threads }: StepContext): Region =>
  places.kernels.region(contraction, threads);

function contractionCall(
  { at, contraction }: PlacedContraction,
  { batches, rows, columns, outBatch, outRow }: MatchedContraction,
  region: Region,
  { places }: StepContext,
): ContractionCall {
  return {
    at,
    batches,
    rows,
    columns,
    region,
    scratchBytes: places.kernels.scratchBytes(contraction),
    outBatch,
    outRow,
  };
}

/** The call of a node's kernel, which is written into the module unless the machine's own code does it. */
function kernelCall(node: PlannedNode, rowByRow: boolean, context: StepContext): KernelCall {
  const native = context.native.get(node);
  const plan = kernelPlan(node, rowByRow, context);
  if (native === undefined) writeKernel(context.writer, context.library, plan);
  return { name: plan.name, node: node.index, count: node.count, native };
}
