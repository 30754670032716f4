/** Runs a plan's steps with one instance of its module: one for each thread. */
import type { Layout } from "@assay/vm";
import type { ContractionKernels } from "./contraction.ts";
import type { Step } from "./plan/step.ts";
import { compileModule, instantiate, type Memory } from "./wasm/webAssembly.ts";

type Kernel = (from: number, to: number) => void;
type Contraction = Step & { kind: "contraction" };

export class Runner {
  readonly #kernels: Record<string, Kernel>;
  readonly #contractions: ContractionKernels;
  readonly #scratch: number;

  constructor(module: Uint8Array<ArrayBuffer>, memory: Memory, contractions: ContractionKernels, scratch: number) {
    this.#kernels = instantiate(compileModule(module), memory);
    this.#contractions = contractions;
    this.#scratch = scratch;
  }

  run(step: Step, call: number, layout: Layout): void {
    switch (step.kind) {
      case "map":
        return this.#kernels[step.name](0, layout.geometry(call, step.node).description.count);
      case "rows":
        return this.#rows(step, call, layout);
      case "contraction":
        return this.#contraction(step);
    }
  }

  #rows(step: Step & { kind: "rows" }, call: number, layout: Layout): void {
    const members = step.kernels.map(({ name, node }) => {
      const { count, rows } = layout.geometry(call, node).description;
      return { kernel: this.#kernels[name], rows, width: rows === 0 ? 0 : count / rows };
    });
    const most = Math.max(...members.map(({ rows }) => rows));
    for (let row = 0; row < most; row++) {
      for (const { kernel, rows, width } of members) if (row < rows) kernel(row * width, (row + 1) * width);
    }
  }

  #contraction(step: Contraction): void {
    const { batches, rows, columns, region } = step;
    for (let b = 0; b < batches; b += region.batches) {
      const b1 = Math.min(batches, b + region.batches);
      for (let n = 0; n < columns; n += region.columns) {
        const n1 = Math.min(columns, n + region.columns);
        for (let m = 0; m < rows; m += region.rows) {
          this.#region(step, b, b1, m, Math.min(rows, m + region.rows), n, n1);
        }
      }
    }
  }

  /** The sums of a region, and then its elements while they are in the cache. */
  #region(step: Contraction, b0: number, b1: number, m0: number, m1: number, n0: number, n1: number): void {
    this.#contractions.contract(step.at, b0, b1, m0, m1, n0, n1, this.#scratch);
    const kernel = this.#kernels[step.name];
    const { outBatch, outRow } = step;
    const width = n1 - n0;
    // Rows that follow one another in the output are one range.
    let [from, to] = [0, 0];
    for (let b = b0; b < b1; b++) {
      for (let m = m0; m < m1; m++) {
        const start = outBatch[b] + outRow[m] + n0;
        if (start !== to) {
          if (to > from) kernel(from, to);
          from = start;
        }
        to = start + width;
      }
    }
    if (to > from) kernel(from, to);
  }
}
