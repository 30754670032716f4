/** What the kernels of a plan's nodes are made for. */
import { DType, sectionsOf, type Request } from "@assay/vm";
import type { KernelPlan } from "../codegen/body.ts";
import { fixed, type OperandPlan } from "../codegen/graph.ts";
import type { Scatter } from "../codegen/scatter.ts";
import { KIND } from "../contraction.ts";
import type { ContractionPlaces } from "./contractions.ts";
import type { PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import type { MatchedContraction } from "./recognise.ts";
import type { Accumulators } from "./scatters.ts";

export interface KernelContext {
  readonly surroundings: Surroundings;
  readonly request: Request;
  readonly places: ContractionPlaces;
  /** Contractions; of a row group's node that of one row. */
  readonly matches: ReadonlyMap<PlannedNode, MatchedContraction>;
  /** Address of the sums of those contractions whose output cannot hold them. */
  readonly sums: number;
  /** Scattering reductions, by the node whose kernel runs through the steps. */
  readonly scatters: ReadonlyMap<PlannedNode, Scatter>;
  /** Where the last accumulators lie of nodes that make elements of them. */
  readonly accumulators: ReadonlyMap<PlannedNode, Accumulators>;
}

const FOUR_BYTES = new Set<number>([DType.FLOAT32, DType.INT32, DType.UINT32]);

/** Whether the sums of a node can lie where its elements will: both are of four bytes and have a fixed place. */
export const sharesOutput = ({ dtype, address }: PlannedNode): boolean =>
  FOUR_BYTES.has(dtype) && address.constant !== undefined;

/** Bytes for the sums of those contractions that cannot keep them in their output. */
export function sumsBytes(found: ReadonlyMap<PlannedNode, MatchedContraction>): number {
  const apart = [...found.keys()].filter((node) => !sharesOutput(node));
  return Math.max(0, ...apart.map(({ count }) => 4 * count.most + 64));
}

/** Where a contraction's sums lie. */
export const sumsAddress = (node: PlannedNode, { sums }: KernelContext): number =>
  sharesOutput(node) ? node.address.constant! : sums;

/** About how many instructions an element takes; of a contraction those of its last part. */
export function costOf({ record, extent }: PlannedNode): number {
  const lengths = sectionsOf(record!).map(({ code }) => code.length / 4);
  return record!.kind === "map" ? lengths[0] : lengths[0] + lengths[2] + lengths[1] * extent.most;
}

/** The kernel of a node; of a contraction the one that makes elements of its sums. */
export function kernelPlan(node: PlannedNode, rowByRow: boolean, context: KernelContext): KernelPlan {
  const { record, dimensions, count, extent } = node;
  const { request, places, surroundings } = context;
  const operands = operandPlans(node, surroundings);
  const sums = sumsOf(node, context);
  return {
    name: node.name,
    record: record!,
    dimensions,
    count,
    extent,
    symbols: request.symbols,
    calls: request.calls,
    out: node.address,
    constants: (pattern) => places.tables.place(new Int32Array(4).fill(pattern)),
    rowByRow,
    scatter: context.scatters.get(node),
    ...(sums === undefined ? { operands } : { operands: [...operands, sums], sums: operands.length }),
  };
}

/** What the last part of a reduction has beside the record's own operands: the sums of a contraction, or last accumulators. */
function sumsOf(node: PlannedNode, context: KernelContext): OperandPlan | undefined {
  const { count } = node;
  const accumulators = context.accumulators.get(node);
  if (accumulators !== undefined) return { kind: "tensor", count, ...accumulators };
  const match = context.matches.get(node);
  if (match === undefined) return undefined;
  const dtype = match.kind === KIND.FLOAT32 ? DType.FLOAT32 : DType.INT32;
  return { kind: "tensor", dtype, count, address: fixed(sumsAddress(node, context)) };
}
