/** What a run does, one thing after the other: plain data, so that it can be sent to threads. */

/** A kernel of the generated module, and the node whose tensor it computes. */
export interface KernelCall {
  readonly name: string;
  readonly node: number;
}

export type Step =
  /** All elements of one tensor, in any order. */
  | ({ readonly kind: "map" } & KernelCall)
  /** A row group: row by row, in each the kernels in order. */
  | { readonly kind: "rows"; readonly kernels: readonly KernelCall[] };
