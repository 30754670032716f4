/** From planned nodes to steps: each is a contraction with its last part as a kernel, or a kernel alone. */
import type { Request } from "@assay/vm";
import type { OperandPlan } from "../codegen/graph.ts";
import { writeKernel } from "../codegen/kernel.ts";
import type { Library } from "../codegen/library.ts";
import type { NativeKernel } from "../generatedKernels.ts";
import type { ModuleWriter } from "../wasm/module.ts";
import { placeContraction } from "./contractions.ts";
import { costOf, kernelPlan, sumsAddress, type KernelContext } from "./kernels.ts";
import type { PlannedGroup, PlannedList, PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import { recognise, type MatchedContraction } from "./recognise.ts";
import type { RowContraction } from "./rowContractions.ts";
import type { KernelCall, RowMember, RowSums, Step } from "./step.ts";

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
  const computed = group.nodes.filter(({ record, count }) => record !== undefined && count.most > 0);
  if (group.rowByRow && computed.length > 0) return [rowsStep(computed, context)];
  return computed.map((node) => {
    const match = context.matches.get(node);
    return match === undefined ? kernelStep(node, context) : contractionStep(node, match, context);
  });
}

function rowsStep(nodes: readonly PlannedNode[], context: StepContext): Step {
  let scratchBytes = 0;
  const members = nodes.map((node): RowMember => {
    const call = { ...kernelCall(node, true, context), rows: node.rows };
    const contraction = context.rowContractions.get(node);
    if (contraction === undefined) return call;
    const { sums, scratch } = rowSums(node, contraction, context);
    scratchBytes = Math.max(scratchBytes, scratch);
    return { ...call, sums };
  });
  return { kind: "rows", members, scratchBytes };
}

/** The contraction of each row of a node, and bytes of scratch for it. */
function rowSums(
  node: PlannedNode,
  { match, factor }: RowContraction,
  context: StepContext,
): { readonly sums: RowSums; readonly scratch: number } {
  const { places, surroundings } = context;
  const { dtype, count, address } = factor;
  const operands = [...operandPlans(node, surroundings), { kind: "tensor", dtype, count, address } as const];
  const out = sumsAddress(node, context);
  const { at, contraction } = placeContraction(match, operands, out, places);
  const { rows, columns, depth } = match;
  const sums = {
    ...{ at, rows, columns, out },
    outBytes: 4 * rows * columns,
    factor: contraction.rowFactor.address,
    factorBytes: 4 * rows * depth,
  };
  return { sums, scratch: places.kernels.scratchBytes(contraction) };
}

function kernelStep(node: PlannedNode, context: StepContext): Step {
  return { kind: "map", ...kernelCall(node, false, context), cost: costOf(node) };
}

function contractionStep(node: PlannedNode, match: MatchedContraction, context: StepContext): Step {
  const { places } = context;
  const operands = [...operandPlans(node, context.surroundings), ...(context.prepared.get(node) ?? [])];
  const { at, contraction } = placeContraction(match, operands, sumsAddress(node, context), places);
  return {
    kind: "contraction",
    ...kernelCall(node, false, context),
    at,
    batches: match.batches,
    rows: match.rows,
    columns: match.columns,
    region: places.kernels.region(contraction, context.threads),
    scratchBytes: places.kernels.scratchBytes(contraction),
    outBatch: match.outBatch,
    outRow: match.outRow,
  };
}

/** The call of a node's kernel, which is written into the module unless the machine's own code does it. */
function kernelCall(node: PlannedNode, rowByRow: boolean, context: StepContext): KernelCall {
  const native = context.native.get(node);
  const plan = kernelPlan(node, rowByRow, context);
  if (native === undefined) writeKernel(context.writer, context.library, plan);
  return { name: plan.name, node: node.index, count: node.count, native };
}
