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

export type Step =
  /** All elements of one tensor, in any order. `cost`: about how many instructions an element takes. */
  | ({ readonly kind: "map"; readonly cost: number } & KernelCall)
  /** A row group: row by row, in each the members in order. */
  | { readonly kind: "rows"; readonly members: readonly RowMember[]; readonly scratchBytes: number }
  /** A contraction, region by region; then the kernel makes elements of the region's sums. */
  | ({ readonly kind: "contraction" } & KernelCall & ContractionCall);

/** A member of a row group: in each of its rows first the sums, where it is a contraction, then the kernel. */
export interface RowMember extends KernelCall {
  readonly rows: Size;
  readonly sums?: RowSums;
}

/** A contraction that is computed once for each row of a group. */
export interface RowSums {
  /** Address of the contraction's words, of which the two addresses are those of row 0. */
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
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
export type MachineStep = Exclude<Step, { kind: "rows" }> & { readonly native: NativeKernel };

export const isMachineStep = (step: Step): step is MachineStep => step.kind !== "rows" && step.native !== undefined;

/** Instructions that are worth a part of their own. */
const PART_COST = 200_000;
/** Elements that a part's bounds are multiples of, so that no two threads write into one vector or byte. */
const PART_UNIT = 64;

/** Elements of one part of a map, an element of which takes `cost` instructions, perhaps none. */
export const partElements = ({ cost }: { readonly cost: number }): number =>
  Math.max(PART_UNIT, Math.ceil(PART_COST / (Math.max(cost, 1) * PART_UNIT)) * PART_UNIT);
