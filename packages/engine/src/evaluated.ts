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
} from "@assay/vm";
import type { Engine, EngineOptions } from "./engine.ts";
import type { ComputedFactor } from "./plan/computedFactor.ts";
import { movedRecord } from "./plan/movedRecord.ts";

/** Values that a factor's code comes by, for parts of its tensor. */
export interface FactorParts {
  /** Writes the values of each register for indices [from, from + count) of the dimension, as binary32. */
  compute(from: number, count: number, to: readonly Uint8Array[]): void;
  close(): void;
}

export class Evaluator {
  readonly #engineOf: (program: Program, options: EngineOptions) => Engine;
  readonly #params: Program["params"];
  readonly #options: EngineOptions;

  constructor(
    engineOf: (program: Program, options: EngineOptions) => Engine,
    { params }: Program,
    options: EngineOptions,
  ) {
    this.#engineOf = engineOf;
    this.#params = params;
    this.#options = { ...options, threads: 1 };
  }

  /** All elements of a factor, as binary32. */
  whole({ record, sizes }: ComputedFactor): Uint8Array {
    const map = encodeRecord({ ...ofParameters(record), shape: sizes.map((size) => shape.constant(size)) });
    const program = assembleProgram({ prompt: [map], params: this.#params, outputs: [0] });
    const engine = this.#engineOf(program, this.#options);
    try {
      const [tensor] = engine.infer({ inputs: [], symbols: [], seed: 0n, calls: 1 });
      return denseBytes(tensor).slice();
    } finally {
      engine.close();
    }
  }

  /** The values of registers of a factor's code, a part of a dimension at a time; undefined where its code is too long. */
  parts({ record, sizes }: ComputedFactor, registers: readonly number[], dimension: number): FactorParts | undefined {
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
    const engine = this.#engineOf(program, this.#options);
    return {
      compute(from, count, to) {
        const inputs = [tensorOfWords(DType.UINT32, [], [from])];
        engine.inferTo({ inputs, symbols: [count], seed: 0n, calls: 1 }, to);
      },
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
