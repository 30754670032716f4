/** What is made of parameters alone, computed by engines of its own. */
import {
  assembleProgram,
  denseBytes,
  DType,
  encodeRecord,
  shape,
  tensorOfWords,
  type MapRecord,
  type Operand,
  type Program,
  type Request,
} from "@assay/vm";
import type { Engine, EngineOptions } from "./engine.ts";
import type { ComputedFactor } from "./plan/computedFactor.ts";
import type { LinearMemory } from "./plan/memory.ts";
import { movedRecord } from "./plan/movedRecord.ts";

/** Values that a factor's code comes by, for parts of its tensor. */
export interface FactorParts {
  /** Writes the values of each register for indices [from, from + count) of the dimension, as binary32. */
  compute(from: number, count: number, to: readonly Uint8Array[]): void;
  close(): void;
}

type EngineOf = (program: Program, options: EngineOptions, memory: LinearMemory) => Engine;

/** Its engines use the memory above what is taken, one after the other. */
export class Evaluator {
  readonly #engineOf: EngineOf;
  readonly #params: Program["params"];
  readonly #options: EngineOptions;
  readonly #memory: LinearMemory;

  constructor(engineOf: EngineOf, { params }: Program, options: EngineOptions, memory: LinearMemory) {
    this.#engineOf = engineOf;
    this.#params = params;
    this.#options = { ...options, threads: 1 };
    this.#memory = memory;
  }

  /** All elements of a factor, as binary32. */
  whole({ record, sizes }: ComputedFactor): Uint8Array {
    const map = encodeRecord({ ...ofParameters(record), shape: sizes.map((size) => shape.constant(size)) });
    const program = assembleProgram({ prompt: [map], params: this.#params, outputs: [0] });
    const mark = this.#memory.top;
    const engine = this.#engineOf(program, this.#options, this.#memory);
    try {
      const [tensor] = engine.infer({ inputs: [], symbols: [], seed: 0n, calls: 1 });
      return denseBytes(tensor).slice();
    } finally {
      engine.close();
      this.#memory.release(mark);
    }
  }

  /**
   * The values of registers of a factor's code, parts of a dimension at a time, whose sizes are `counts`; undefined where its
   * code is too long. What it needs of the memory is taken until that is released.
   */
  parts(
    { record, sizes }: ComputedFactor,
    registers: readonly number[],
    dimension: number,
    counts: readonly number[],
  ): FactorParts | undefined {
    const maps = registers.map((register) => {
      const { value, ...rest } = ofParameters(record);
      const own: MapRecord = { ...rest, value: { ...value, results: [register] } };
      const moved = movedRecord(own, sizes, dimension, { kind: "input", index: 0 });
      const part = sizes.map((size, d) => (d === dimension ? shape.symbol(0) : shape.constant(size)));
      return moved && encodeRecord({ ...moved, shape: part });
    });
    if (!maps.every((map) => map !== undefined)) return undefined;
    const program = assembleProgram({
      prompt: maps,
      params: this.#params,
      outputs: maps.map((_, i) => i),
      symbols: [{ least: 1, greatest: sizes[dimension] }],
      inputs: [{ dtype: DType.UINT32, shape: [] }],
    });
    const engine = this.#engineOf(program, this.#options, this.#memory);
    const request = (from: number, count: number): Request => {
      return { inputs: [tensorOfWords(DType.UINT32, [], [from])], symbols: [count], seed: 0n, calls: 1 };
    };
    // Plans share their memory; one that there is takes no more.
    const tops = counts.map((count) => {
      engine.prepare(request(0, count));
      return this.#memory.top;
    });
    this.#memory.release(Math.max(...tops));
    return {
      compute: (from, count, to) => engine.inferTo(request(from, count), to),
      close: () => engine.close(),
    };
  }
}

/** A factor's record alone: what else its code loads is no part of the factor. */
function ofParameters({ dtype, constants, operands, value }: MapRecord): MapRecord {
  const first = operands.find(({ kind }) => kind === "parameter")!;
  const read = operands.map((operand): Operand => (operand.kind === "parameter" ? operand : first));
  return { kind: "map", dtype, shape: [], operands: read, constants, value };
}
