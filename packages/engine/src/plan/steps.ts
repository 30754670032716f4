/** From planned nodes to steps: each is a contraction with its last part as a kernel, or a kernel alone. */
import type { Request } from "@assay/vm";
import { writeKernel } from "../codegen/kernel.ts";
import type { Library } from "../codegen/library.ts";
import type { NativeKernel } from "../generatedKernels.ts";
import type { ModuleWriter } from "../wasm/module.ts";
import { placeContraction } from "./contractions.ts";
import { costOf, kernelPlan, sumsAddress, type KernelContext } from "./kernels.ts";
import type { PlannedGroup, PlannedList, PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import { recognise, type MatchedContraction } from "./recognise.ts";
import type { KernelCall, Step } from "./step.ts";

export interface StepContext extends KernelContext {
  readonly writer: ModuleWriter;
  readonly library: Library;
  readonly threads: number;
  /** Kernels in the machine's code. */
  readonly native: ReadonlyMap<PlannedNode, NativeKernel>;
}

/** The contractions of all lists. */
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
  const steps = group.nodes.flatMap((node): Step[] => {
    if (node.record === undefined || node.count.most === 0) return [];
    const match = context.matches.get(node);
    return [match === undefined ? kernelStep(node, group.rowByRow, context) : contractionStep(node, match, context)];
  });
  if (!group.rowByRow || steps.length === 0) return steps;
  const kernels = steps.flatMap((step) => {
    if (step.kind !== "map") return [];
    const { name, node, count, native } = step;
    return [{ name, node, count, native, rows: group.nodes.find(({ index }) => index === node)!.rows }];
  });
  return [{ kind: "rows", kernels }];
}

function kernelStep(node: PlannedNode, rowByRow: boolean, context: StepContext): Step {
  return { kind: "map", ...kernelCall(node, rowByRow, context), cost: costOf(node) };
}

function contractionStep(node: PlannedNode, match: MatchedContraction, context: StepContext): Step {
  const { places } = context;
  const operands = operandPlans(node, context.surroundings);
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
