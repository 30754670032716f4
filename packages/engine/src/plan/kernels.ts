/** What the kernels of a plan's nodes are made for. */
import { DType, sectionsOf, type Request } from "@assay/vm";
import type { KernelPlan } from "../codegen/body.ts";
import { fixed, type OperandPlan } from "../codegen/graph.ts";
import { KIND } from "../contraction.ts";
import type { ContractionPlaces } from "./contractions.ts";
import type { PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import type { MatchedContraction } from "./recognise.ts";

export interface KernelContext {
  readonly surroundings: Surroundings;
  readonly request: Request;
  readonly places: ContractionPlaces;
  /** Contractions; of a row group's node that of one row. */
  readonly matches: ReadonlyMap<PlannedNode, MatchedContraction>;
  /** Address of the sums of those contractions whose output cannot hold them. */
  readonly sums: number;
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
  const { request, places, surroundings, matches } = context;
  const operands = operandPlans(node, surroundings);
  const match = matches.get(node);
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
    ...(match === undefined ? { operands } : lastPart(node, match, operands, context)),
  };
}

/** Beside the record's own operands the last part of a contraction has its sums. */
function lastPart(
  node: PlannedNode,
  match: MatchedContraction,
  operands: readonly OperandPlan[],
  context: KernelContext,
): Pick<KernelPlan, "operands" | "sums"> {
  const dtype = match.kind === KIND.FLOAT32 ? DType.FLOAT32 : DType.INT32;
  const address = fixed(sumsAddress(node, context));
  return { operands: [...operands, { kind: "tensor", dtype, count: node.count, address }], sums: operands.length };
}
