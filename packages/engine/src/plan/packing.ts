/**
 * Parameters in the packed form that contractions read fastest, made once and kept for every plan. A parameter that is only
 * read packed never lies in the memory as it is, except for the moment of packing; the largest are packed first, for what
 * comes after a parameter takes that place over.
 */
import { byteLength, countOf, type Program } from "@assay/vm";
import {
  encodeContraction,
  FACTOR,
  KIND,
  MODE,
  SIDE,
  type Contraction,
  type ContractionKernels,
  type Factor,
} from "../contraction.ts";
import { writeCanonical } from "./canonical.ts";
import type { LinearMemory } from "./memory.ts";
import type { Parameters } from "./parameters.ts";
import type { MatchedContraction, MatchedFactor } from "./recognise.ts";
import { digest } from "./tables.ts";

/** A packed factor: where it lies, and the byte offset of each batch in it. */
export interface Packed {
  readonly address: number;
  readonly batch: Int32Array;
}

interface Wanted {
  readonly key: string;
  readonly parameter: number;
  readonly side: number;
  readonly match: MatchedContraction;
  readonly distinct: readonly number[];
  /** The parameter that holds the zero points. */
  readonly zero: number | undefined;
}

export class PackedParameters {
  readonly #program: Program;
  readonly #memory: LinearMemory;
  readonly #parameters: Parameters;
  readonly #kernels: ContractionKernels;
  readonly #known = new Map<string, number>();
  readonly #wanted = new Map<string, Wanted>();

  constructor(program: Program, memory: LinearMemory, parameters: Parameters, kernels: ContractionKernels) {
    this.#program = program;
    this.#memory = memory;
    this.#parameters = parameters;
    this.#kernels = kernels;
  }

  /** The packed form of a contraction's factor that is a parameter; noted, if it is not there yet, until `settle`. */
  factor(parameter: number, side: number, match: MatchedContraction, zero: number | undefined): Packed {
    const { lane, depth, batch, zero: point } = sideOf(match, side);
    const distinct = [...new Set(batch)];
    const key = [
      parameter,
      side,
      match.kind,
      match.depth,
      digest(lane),
      digest(depth),
      distinct.join(),
      ...zeroKey(point, zero),
    ].join("/");
    const lanes = side === SIDE.ROWS ? match.rows : match.columns;
    const bytes = this.#kernels.packedBytes(match.kind, side, match.depth, lanes);
    const known = this.#known.get(key);
    if (known === undefined) this.#wanted.set(key, { key, parameter, side, match, distinct, zero });
    return { address: known ?? 0, batch: batch.map((offset) => distinct.indexOf(offset) * bytes) };
  }

  /** Packs what was asked for; whether there was any. */
  settle(): boolean {
    const wanted = [...this.#wanted.values()];
    this.#wanted.clear();
    wanted.sort((a, b) => this.#bytesOf(b.parameter) - this.#bytesOf(a.parameter));
    for (const one of wanted) this.#pack(one);
    return wanted.length > 0;
  }

  #bytesOf(parameter: number): number {
    const { dtype, shape } = this.#program.params[parameter];
    return byteLength(dtype, countOf(shape));
  }

  #pack({ key, parameter, side, match, distinct, zero }: Wanted): void {
    const memory = this.#memory;
    const lanes = side === SIDE.ROWS ? match.rows : match.columns;
    const bytes = this.#kernels.packedBytes(match.kind, side, match.depth, lanes);
    const address = memory.take(bytes * distinct.length);
    const mark = memory.top;
    const placed = (index: number): number => {
      const present = this.#parameters.present(index);
      if (present !== undefined) return present;
      const raw = memory.take(this.#bytesOf(index) + 64);
      writeCanonical(memory.bytes, raw, this.#program.params[index]);
      return raw;
    };
    const place = (words: Int32Array): number => {
      const at = memory.take(4 * words.length + 16);
      memory.words(at, words.length).set(words);
      return at;
    };
    const { lane, depth, dtype, zero: point } = sideOf(match, side);
    const factor: Factor = {
      address: placed(parameter),
      dtype,
      mode: MODE.GATHERED,
      batch: place(Int32Array.from(distinct)),
      lane: place(lane),
      depth: place(depth),
      stride: 0,
      guards: [],
      zero:
        point?.kind === "constant" ? place(Int32Array.of(point.value & 0xff)) : zero === undefined ? 0 : placed(zero),
      zeroLane: point?.kind === "loaded" ? place(point.lane) : 0,
    };
    const nothing: Factor = { ...factor, dtype: match.kind === KIND.FLOAT32 ? FACTOR.FLOAT32 : FACTOR.UINT8 };
    const contraction: Contraction = {
      kind: match.kind,
      depth: match.depth,
      rows: match.rows,
      columns: match.columns,
      batches: distinct.length,
      blocked: match.blocked,
      out: 0,
      outBatch: 0,
      outRow: 0,
      rowFactor: side === SIDE.ROWS ? factor : nothing,
      columnFactor: side === SIDE.COLUMNS ? factor : nothing,
    };
    const at = place(encodeContraction(contraction));
    for (let b = 0; b < distinct.length; b++) this.#kernels.pack(at, side, b, address + b * bytes);
    memory.release(mark);
    this.#known.set(key, address);
  }
}

function zeroKey(point: MatchedFactor["zero"], parameter: number | undefined): (string | number)[] {
  if (point === undefined) return [];
  return point.kind === "constant" ? ["constant", point.value] : [`zero ${parameter}`, digest(point.lane)];
}

export const sideOf = (match: MatchedContraction, side: number): MatchedFactor =>
  side === SIDE.ROWS ? match.rowFactor : match.columnFactor;
