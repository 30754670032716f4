/**
 * The seam between a player and the machine that made a trace: what a tensor's record means, accumulators between steps,
 * and witnesses. Twin of IStepEvaluator.sol: the program's machine stands behind it, or a toy.
 */
import type { Description } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";

/** Which part of an element is wrong, by the contract's numbers. */
export const PARTS = ["value", "steps", "final", "shape"] as const;
export type Part = (typeof PARTS)[number];

/** What a player needs to know of a tensor beside its description. */
export interface Steps {
  /** Steps of its reduction; 0 of a map. */
  readonly extent: number;
  /** Bytes of a snapshot; 0 of a map. */
  readonly snapshotBytes: number;
}

/** A place of a trace, and what part of it. */
export interface Accusation {
  readonly call: number;
  readonly position: number;
  readonly element: number;
  readonly part: Part;
  /** First step and the step after the last (part steps). */
  readonly from: number;
  readonly to: number;
  /** Accumulators before (parts steps and final). */
  readonly before: Uint8Array;
}

export interface Machine {
  /** What the program says of the tensor at a position. */
  description(call: number, position: number): Description;
  /** Extent and snapshot size of the tensor at a position. */
  steps(call: number, position: number): Steps;
  /** Accumulators of one element after each of `steps`, one snapshot after the other. */
  snapshots(call: number, position: number, element: number, steps: readonly number[]): Uint8Array;
  /** Header, record and record path of the tensor at a position. */
  shapeWitness(call: number, position: number): Uint8Array;
  /** All that the evaluator reads to compute an accused part again, its paths taken from `trace`. */
  witness(trace: Trace, accusation: Accusation): Uint8Array;
}
