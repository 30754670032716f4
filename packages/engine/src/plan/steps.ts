/** From planned nodes to steps: each is a contraction with its last part as a kernel, or a kernel alone. */
import { DType, sectionsOf, type Request } from "@assay/vm";
import { fixed, type OperandPlan } from "../codegen/graph.ts";
import { writeKernel } from "../codegen/kernel.ts";
import type { Library } from "../codegen/library.ts";
import { KIND } from "../contraction.ts";
import type { ModuleWriter } from "../wasm/module.ts";
import { placeContraction, type ContractionPlaces } from "./contractions.ts";
import type { PlannedGroup, PlannedList, PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import { recognise, type MatchedContraction } from "./recognise.ts";
import type { Step } from "./step.ts";

export interface StepContext {
  readonly writer: ModuleWriter;
  readonly library: Library;
  readonly surroundings: Surroundings;
  readonly request: Request;
  readonly places: ContractionPlaces;
  readonly matches: ReadonlyMap<PlannedNode, MatchedContraction>;
  /** Address of the sums of those contractions whose output cannot hold them. */
  readonly sums: number;
  readonly threads: number;
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

const FOUR_BYTES = new Set<number>([DType.FLOAT32, DType.INT32, DType.UINT32]);

/** Whether the sums of a node can lie where its elements will: both are of four bytes and have a fixed place. */
const sharesOutput = ({ dtype, address }: PlannedNode): boolean =>
  FOUR_BYTES.has(dtype) && address.constant !== undefined;

/** Bytes for the sums of those contractions that cannot keep them in their output. */
export function sumsBytes(found: ReadonlyMap<PlannedNode, MatchedContraction>): number {
  const apart = [...found.keys()].filter((node) => !sharesOutput(node));
  return Math.max(0, ...apart.map(({ count }) => 4 * count.most + 64));
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
    const { name, node, count } = step;
    return [{ name, node, count, rows: group.nodes.find(({ index }) => index === node)!.rows }];
  });
  return [{ kind: "rows", kernels }];
}

/** About how many instructions an element takes. */
function costOf({ record, extent }: PlannedNode): number {
  const lengths = sectionsOf(record!).map(({ code }) => code.length / 4);
  return record!.kind === "map" ? lengths[0] : lengths[0] + lengths[2] + lengths[1] * extent.most;
}

function kernelStep(node: PlannedNode, rowByRow: boolean, context: StepContext): Step {
  const operands = operandPlans(node, context.surroundings);
  const name = addKernel(node, operands, context, { rowByRow });
  return { kind: "map", name, node: node.index, count: node.count, cost: costOf(node) };
}

function contractionStep(node: PlannedNode, match: MatchedContraction, context: StepContext): Step {
  const { places } = context;
  const operands = operandPlans(node, context.surroundings);
  const sums = sharesOutput(node) ? node.address.constant! : context.sums;
  const { at, contraction } = placeContraction(match, operands, sums, places);
  const dtype = match.kind === KIND.FLOAT32 ? DType.FLOAT32 : DType.INT32;
  const summed: OperandPlan = { kind: "tensor", dtype, count: node.count, address: fixed(sums) };
  const options = { rowByRow: false, sums: operands.length };
  return {
    kind: "contraction",
    name: addKernel(node, [...operands, summed], context, options),
    node: node.index,
    count: node.count,
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

function addKernel(
  node: PlannedNode,
  operands: readonly OperandPlan[],
  { writer, library, request, places }: StepContext,
  options: { rowByRow: boolean; sums?: number },
): string {
  const name = `${node.list}${node.index}`;
  const { record, dimensions, count, extent } = node;
  const { symbols, calls } = request;
  writeKernel(writer, library, {
    name,
    record: record!,
    dimensions,
    count,
    extent,
    operands,
    symbols,
    calls,
    out: node.address,
    constants: (pattern) => places.tables.place(new Int32Array(4).fill(pattern)),
    ...options,
  });
  return name;
}
