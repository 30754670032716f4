/**
 * What a run does, one thing after the other: plain data, so that it can be sent to threads. A step falls into parts that may
 * be computed in any order, by any thread.
 */
import type { Size } from "../codegen/graph.ts";
import type { Region } from "../contraction.ts";
import type { NativeKernel } from "../generatedKernels.ts";

/** A kernel of the generated module, and the node whose tensor it computes. */
export interface KernelCall {
  readonly name: string;
  readonly node: number;
  readonly count: Size;
  /** The kernel in the machine's code, which then is the one to take; the module has none of this name. */
  readonly native?: NativeKernel;
}

/** All elements of one tensor, in any order. */
export type MapStep = { readonly kind: "map"; readonly unit: number } & KernelCall;

/** A contraction, region by region; then the kernel makes elements of the region's sums. */
export type ContractionStep = { readonly kind: "contraction" } & KernelCall & ContractionCall;

/** What falls into parts: a part of a map has `unit` elements, one of a contraction is a region. */
export type PartedStep = MapStep | ContractionStep;

/** A row group: row by row, in each the members in order, each of which falls into parts. */
export interface RowsStep {
  readonly kind: "rows";
  readonly members: readonly RowMember[];
  /** Whether any member has more than one part in a row; otherwise one thread computes it alone. */
  readonly shared: boolean;
}

/** Row groups that do not read one another: each is a part. */
export interface TogetherStep {
  readonly kind: "together";
  readonly steps: readonly RowsStep[];
}

export type Step = PartedStep | RowsStep | TogetherStep;

/** A member of a row group: a tensor of so many equal rows, and how each of them is computed. */
export interface RowMember {
  readonly rows: Size;
  readonly step: PartedStep;
  /** Of a contraction. */
  readonly sums?: RowSums;
}

/** A contraction that is computed once for each row of a group: two of its words are addresses that move from row to row. */
export interface RowSums {
  /** Address of the contraction's words. */
  readonly at: number;
  /** Addresses of row 0's sums and of the elements of its rows; bytes from there to the next row's. */
  readonly out: number;
  readonly outBytes: number;
  readonly factor: number;
  readonly factorBytes: number;
}

export interface ContractionCall {
  /** Address of the contraction's words. */
  readonly at: number;
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly region: Region;
  readonly scratchBytes: number;
  /** First elements of the output: by batch, and by row from there. */
  readonly outBatch: Int32Array;
  readonly outRow: Int32Array;
}

/** A step that the machine's code computes whole, with nothing left to do in JavaScript. */
export type MachineStep = RowsStep | TogetherStep | (PartedStep & { readonly native: NativeKernel });

export const isMachineStep = (step: Step): step is MachineStep =>
  kernelCalls(step).every(({ native }) => native !== undefined);

/** The kernels that a step calls, in order, each with what else computes its elements. */
export function kernelCalls(step: Step): readonly PartedStep[] {
  if (step.kind === "together") return step.steps.flatMap(kernelCalls);
  return step.kind === "rows" ? step.members.map((member) => member.step) : [step];
}

/** Scratch that a step may use. */
export const scratchOf = (step: Step): number =>
  Math.max(0, ...kernelCalls(step).map((call) => (call.kind === "map" ? 0 : call.scratchBytes)));

/** Instructions that are worth a part of their own. */
const PART_COST = 200_000;
/** Elements that a part's bounds are multiples of, so that no two threads write into one vector or byte. */
const PART_UNIT = 64;

/** Elements of one part of a map, an element of which takes `cost` instructions, perhaps none. */
export const partElements = ({ cost }: { readonly cost: number }): number =>
  Math.max(PART_UNIT, Math.ceil(PART_COST / (Math.max(cost, 1) * PART_UNIT)) * PART_UNIT);

/** Who shares out the parts of a row: the machine's code, in a microsecond, or JavaScript, which takes longer. */
export type Sharer = "machine" | "host";

/** Instructions that are worth a part of a row: all threads wait for the last before the next member begins. */
const ROW_PART_COST: Readonly<Record<Sharer, number>> = { machine: 50_000, host: PART_COST };
/** Multiply-adds of a row that are worth sharing. */
const ROW_PRODUCTS: Readonly<Record<Sharer, number>> = { machine: 2 ** 17, host: 2 ** 18 };

/** How much longer threads take that share rows, for they wait at each. */
const WAITING = 1.1;

/**
 * Whether threads are done sooner with a whole row group each than with one group after another.
 *
 * @param groups Instructions of each, and whether threads share its rows.
 */
export function sharesGroups(
  groups: readonly { readonly cost: number; readonly shared: boolean }[],
  threads: number,
  by: Sharer,
): boolean {
  if (groups.length < 2 || groups.some(({ cost }) => cost < ROW_PART_COST[by])) return false;
  const inTurn = groups.map(({ cost, shared }) => (shared ? (WAITING * cost) / threads : cost));
  return Math.max(...groups.map(({ cost }) => cost)) <= inTurn.reduce((sum, time) => sum + time, 0);
}

/** Elements of one part of a row of `width` elements: an equal share for each thread, if so many parts are worth it. */
export function rowPartElements(cost: number, width: number, threads: number, by: Sharer): number {
  const parts = Math.min(threads, Math.floor((cost * width) / ROW_PART_COST[by]));
  return Math.ceil(width / Math.max(parts, 1) / PART_UNIT) * PART_UNIT;
}

/** Whether threads share a contraction of one row. */
export const sharesProducts = (products: number, threads: number, by: Sharer): boolean =>
  threads > 1 && products >= ROW_PRODUCTS[by];
