/** Computes parts of a plan's steps with one instance of its module: one for each thread. */
import type { Size } from "./codegen/graph.ts";
import { CANONICAL_FLOATS } from "./codegen/canonical.ts";
import { rowsName } from "./codegen/kernel.ts";
import { OUT_WORD, ROWS_WORD, WORDS, type ContractionKernels } from "./contraction.ts";
import type { CanonicalFloats } from "./plan/canonical.ts";
import type { ContractionStep, PartedStep, RowsStep, RowSums, Step, TogetherStep } from "./plan/step.ts";
import { STEP_WORDS } from "./plan/stepWords.ts";
import { instantiate, type CompiledModule, type Memory } from "./wasm/webAssembly.ts";

type Kernel = (from: number, to: number) => void;
type RowKernel = (from: number, width: number, stride: number, rows: number) => void;

/** What is computed at one time: a step's elements, those of one row of a row group's member, or several row groups. */
export interface Task {
  readonly step: PartedStep | TogetherStep;
  /** Elements of the tensor before the task's own. */
  readonly first: number;
  readonly count: number;
}

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

  /** What is computed of a step at one time: all, or of a row group one row of one member. */
  task(step: Step, member = 0, row = 0): Task {
    if (step.kind === "together") return { step, first: 0, count: step.steps.length };
    if (step.kind !== "rows") return { step, first: 0, count: this.#size(step.count) };
    const { step: own, rows } = step.members[member];
    const width = this.#size(own.count) / this.#size(rows);
    return { step: own, first: row * width, count: width };
  }

  /** How many parts a task falls into. */
  parts({ step, count }: Task): number {
    if (step.kind === "together") return count;
    if (step.kind === "map") return Math.max(1, Math.ceil(count / step.unit));
    const { batches, rows, columns, region } = step;
    return Math.ceil(batches / region.batches) * Math.ceil(rows / region.rows) * Math.ceil(columns / region.columns);
  }

  /** Computes one part. */
  part({ step, first, count }: Task, part: number): void {
    if (step.kind === "together") return this.run(step.steps[part]);
    if (step.kind === "contraction") return this.#contraction(step, first, part);
    const { name, unit } = step;
    this.#kernels[name](first + part * unit, first + Math.min(count, (part + 1) * unit));
  }

  /** Computes all parts of a task. */
  whole(task: Task): void {
    const { step, first, count } = task;
    if (step.kind === "map") return this.#kernels[step.name](first, first + count);
    const parts = this.parts(task);
    for (let part = 0; part < parts; part++) this.part(task, part);
  }

  /** Computes a whole step. */
  run(step: Step): void {
    if (step.kind === "rows") this.rows(step, (task) => this.whole(task));
    else this.whole(this.task(step));
  }

  /** Runs through a row group: row by row, in each the members in order, which `compute` computes. */
  rows(step: RowsStep, compute: (task: Task, member: number, row: number) => void): void {
    const members = step.members.map(({ step: own, rows, sums }) => {
      const count = this.#size(rows);
      return { step: own, sums, rows: count, width: count === 0 ? 0 : this.#size(own.count) / count };
    });
    const most = Math.max(...members.map(({ rows }) => rows));
    for (let row = 0; row < most; row++) {
      for (let i = 0; i < members.length; i++) {
        const { step: own, sums, rows, width } = members[i];
        if (row >= rows) continue;
        if (sums !== undefined) this.#enterRow(sums, row);
        compute({ step: own, first: row * width, count: width }, i, row);
      }
    }
  }

  /** Moves a contraction's addresses to a row. */
  #enterRow({ at, out, outBytes, factor, factorBytes }: RowSums, row: number): void {
    const words = new Int32Array(this.#memory.buffer, at, WORDS);
    words[OUT_WORD] = out + row * outBytes;
    words[ROWS_WORD] = factor + row * factorBytes;
  }

  #size(size: Size): number {
    return size.constant ?? new Int32Array(this.#memory.buffer, size.slot, 1)[0];
  }

  /** Parts run through rows first: they share packed columns, which then are in the cache. */
  #contraction(step: ContractionStep, first: number, part: number): void {
    const { batches, rows, columns, region } = step;
    const across = Math.ceil(rows / region.rows);
    const along = Math.ceil(columns / region.columns);
    const m = (part % across) * region.rows;
    const n = (Math.floor(part / across) % along) * region.columns;
    const b = Math.floor(part / (across * along)) * region.batches;
    const [b1, m1] = [Math.min(batches, b + region.batches), Math.min(rows, m + region.rows)];
    const n1 = Math.min(columns, n + region.columns);
    this.#contractions.contract(step.at, b, b1, m, m1, n, n1, this.#scratch);
    this.#finish(step, first, b, b1, m, m1, n, n1);
  }

  /** The elements of a region's sums, while those are in the cache; `before`: elements before the contraction's first. */
  #finish(
    step: ContractionStep,
    before: number,
    b0: number,
    b1: number,
    m0: number,
    m1: number,
    n0: number,
    n1: number,
  ): void {
    const rows = this.#rowKernels[rowsName(step.name)];
    const { outBatch, outRow } = step;
    const width = n1 - n0;
    for (let b = b0; b < b1; b++) {
      const first = before + outBatch[b] + n0;
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
