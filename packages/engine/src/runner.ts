/** Computes parts of a plan's steps with one instance of its module: one for each thread. */
import type { Size } from "./codegen/graph.ts";
import { CANONICAL_FLOATS } from "./codegen/canonical.ts";
import { rowsName } from "./codegen/kernel.ts";
import { OUT_WORD, ROWS_WORD, WORDS, type ContractionKernels } from "./contraction.ts";
import type { CanonicalFloats } from "./plan/canonical.ts";
import { partElements, type RowSums, type Step } from "./plan/step.ts";
import { STEP_WORDS } from "./plan/stepWords.ts";
import { instantiate, type CompiledModule, type Memory } from "./wasm/webAssembly.ts";

type Kernel = (from: number, to: number) => void;
type RowKernel = (from: number, width: number, stride: number, rows: number) => void;
type Contraction = Step & { kind: "contraction" };

export class Runner {
  readonly #memory: Memory;
  readonly #kernels: Record<string, Kernel>;
  readonly #rowKernels: Record<string, RowKernel>;
  readonly #contractions: ContractionKernels;
  readonly #scratch: number;

  /** @param scratch Address of this thread's scratch. */
  constructor(module: CompiledModule, memory: Memory, contractions: ContractionKernels, scratch: number) {
    this.#memory = memory;
    const exports = instantiate<Record<string, Kernel & RowKernel>>(module, memory);
    this.#kernels = exports;
    this.#rowKernels = exports;
    this.#contractions = contractions;
    this.#scratch = scratch;
  }

  /** Makes the NaNs among the floats from an address to an end the one NaN. */
  readonly canonicalFloats: CanonicalFloats = (at, end) => this.#kernels[CANONICAL_FLOATS](at, end);

  /**
   * Computes steps [from, to) of a list, all of which the machine's code does whole (`isMachineStep`).
   *
   * @param words Address of the list's words.
   * @param signals Address of the words that other threads follow; 0 where there are none.
   */
  lead(words: number, from: number, to: number, signals = 0): void {
    this.#contractions.generated!.lead(words + 4 * STEP_WORDS * from, to - from, this.#scratch, signals);
  }

  /** Takes parts of steps of a plan that another thread leads, where there are any. */
  follow(plan: number, signals: number): void {
    this.#contractions.generated?.follow(plan, this.#scratch, signals);
  }

  /** How many parts a step falls into. */
  parts(step: Step): number {
    switch (step.kind) {
      case "map":
        return Math.max(1, Math.ceil(this.#size(step.count) / partElements(step)));
      case "rows":
        return 1;
      case "contraction": {
        const { batches, rows, columns, region } = step;
        return (
          Math.ceil(batches / region.batches) * Math.ceil(rows / region.rows) * Math.ceil(columns / region.columns)
        );
      }
    }
  }

  /** Computes one part. */
  part(step: Step, part: number): void {
    switch (step.kind) {
      case "map": {
        const [unit, count] = [partElements(step), this.#size(step.count)];
        return this.#kernels[step.name](part * unit, Math.min(count, (part + 1) * unit));
      }
      case "rows":
        return this.#rows(step);
      case "contraction":
        return this.#contraction(step, part);
    }
  }

  /** Computes a whole step. */
  run(step: Step): void {
    if (step.kind === "map") return this.#kernels[step.name](0, this.#size(step.count));
    const parts = this.parts(step);
    for (let part = 0; part < parts; part++) this.part(step, part);
  }

  #size(size: Size): number {
    return size.constant ?? new Int32Array(this.#memory.buffer, size.slot, 1)[0];
  }

  #rows(step: Step & { kind: "rows" }): void {
    const members = step.members.map(({ name, native, count, rows, sums }) => {
      const own = this.#size(rows);
      return { name, native, sums, rows: own, width: own === 0 ? 0 : this.#size(count) / own };
    });
    // INVARIANT: all of a group are in the machine's code, or none is.
    if (members.every(({ native }) => native !== undefined)) {
      const own = members.map(({ native, sums, rows, width }) => ({ ...native!, sums, rows, width }));
      this.#contractions.generated!.rows(own, this.#scratch);
      return;
    }
    const most = Math.max(...members.map(({ rows }) => rows));
    for (let row = 0; row < most; row++) {
      for (const { name, rows, width, sums } of members) {
        if (row >= rows) continue;
        if (sums !== undefined) this.#rowSums(sums, row);
        this.#kernels[name](row * width, (row + 1) * width);
      }
    }
  }

  /** The sums of one row of a row group. */
  #rowSums({ at, rows, columns, out, outBytes, factor, factorBytes }: RowSums, row: number): void {
    const words = new Int32Array(this.#memory.buffer, at, WORDS);
    words[OUT_WORD] = out + row * outBytes;
    words[ROWS_WORD] = factor + row * factorBytes;
    this.#contractions.contract(at, 0, 1, 0, rows, 0, columns, this.#scratch);
  }

  /** Parts run through rows first: they share packed columns, which then are in the cache. */
  #contraction(step: Contraction, part: number): void {
    const { batches, rows, columns, region } = step;
    const across = Math.ceil(rows / region.rows);
    const along = Math.ceil(columns / region.columns);
    const m = (part % across) * region.rows;
    const n = (Math.floor(part / across) % along) * region.columns;
    const b = Math.floor(part / (across * along)) * region.batches;
    const [b1, m1] = [Math.min(batches, b + region.batches), Math.min(rows, m + region.rows)];
    const n1 = Math.min(columns, n + region.columns);
    this.#contractions.contract(step.at, b, b1, m, m1, n, n1, this.#scratch);
    this.#finish(step, b, b1, m, m1, n, n1);
  }

  /** The elements of a region's sums, while those are in the cache. */
  #finish(step: Contraction, b0: number, b1: number, m0: number, m1: number, n0: number, n1: number): void {
    const rows = this.#rowKernels[rowsName(step.name)];
    const { outBatch, outRow } = step;
    const width = n1 - n0;
    for (let b = b0; b < b1; b++) {
      const first = outBatch[b] + n0;
      for (let m = m0; m < m1;) {
        // Rows at one distance from each other are done together; those that touch are one.
        const start = outRow[m];
        const stride = m + 1 < m1 ? outRow[m + 1] - start : width;
        let count = 1;
        while (m + count < m1 && outRow[m + count] === start + count * stride) count++;
        if (stride === width) rows(first + start, width * count, 0, 1);
        else rows(first + start, width, stride, count);
        m += count;
      }
    }
  }
}
