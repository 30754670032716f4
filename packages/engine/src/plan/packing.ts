/**
 * Parameters in the packed form that contractions read fastest, made once and kept for every plan. A parameter that is only
 * read packed never lies in the memory as it is, except for the moment of packing, and columns of floats only a stretch at a
 * time; the largest are packed first, for what comes after a parameter takes that place over.
 */
import { byteLength, countOf, DType, type Program } from "@assay/vm";
import type { OperandPlan } from "../codegen/graph.ts";
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
import type { Evaluator } from "../evaluated.ts";
import { Quantiser } from "../kernels/quantiser.ts";
import { LEAST_GROUP, type Quantisation } from "../quantisedColumns.ts";
import { MAX_PAGES } from "../wasm/module.ts";
import { writeAsFloats, writeCanonical } from "./canonical.ts";
import { elementsOf, type ComputedFactor } from "./computedFactor.ts";
import type { LinearMemory } from "./memory.ts";
import type { Parameters } from "./parameters.ts";
import type { MatchedContraction, MatchedFactor } from "./recognise.ts";
import { packQuantised, type QuantisedPlace, type QuantisedTools } from "./quantisedPacking.ts";
import { quantisedParts } from "./quantisedFactor.ts";
import { STRETCH_BYTES, stretchesOf, type Stretch } from "./stretches.ts";
import { TableNumbers } from "./tables.ts";

/** A packed factor: where it lies, the byte offset of each batch in it, and how it is quantised, if it is. */
export interface Packed {
  readonly address: number;
  readonly batch: Int32Array;
  readonly quantisation?: Quantisation;
}

/** What is packed: a parameter, or what is computed of parameters alone. */
export type PackedSource = number | ComputedFactor;

/** Most bytes of all factors that are made of parameters alone and held as floats. */
const MOST_COMPUTED_BYTES = 2 ** 29;

/** What is said of quantised columns before they are packed. */
const UNKNOWN: QuantisedPlace = { address: 0, quantisation: { bits: 8, group: LEAST_GROUP } };

interface Wanted {
  readonly key: string;
  readonly source: PackedSource;
  readonly side: number;
  readonly match: MatchedContraction;
  readonly distinct: readonly number[];
  /** The parameter that holds the zero points. */
  readonly zero: number | undefined;
}

/** Addresses of a factor that is to be packed. */
type Places = Pick<Factor, "address" | "batch" | "lane" | "depth" | "zero" | "zeroLane">;

export class PackedParameters {
  readonly #program: Program;
  readonly #memory: LinearMemory;
  readonly #parameters: Parameters;
  readonly #kernels: ContractionKernels;
  readonly #tables = new TableNumbers();
  readonly #known = new Map<string, number>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #evaluator: Evaluator;
  #quantiser: Quantiser | undefined;
  /** Columns that are held quantised, and keys of computed factors that cannot be. */
  readonly #quantised = new Map<string, QuantisedPlace>();
  readonly #notQuantised = new Set<string>();
  /** Keys of the computed factors that are held, and bytes of them all. */
  readonly #held = new Set<string>();
  #heldBytes = 0;

  constructor(
    program: Program,
    memory: LinearMemory,
    parameters: Parameters,
    kernels: ContractionKernels,
    evaluator: Evaluator,
  ) {
    this.#program = program;
    this.#memory = memory;
    this.#parameters = parameters;
    this.#kernels = kernels;
    this.#evaluator = evaluator;
  }

  /** Whether a computed factor is held packed: it is the same in every run, and quantised, or there is room for its floats. */
  holds(factor: ComputedFactor, side: number): boolean {
    if (!factor.constant) return false;
    if (this.#mayBeQuantised(factor, side)) return true;
    const [key, bytes] = [keyOf(factor), 4 * elementsOf(factor)];
    if (this.#held.has(key)) return true;
    if (this.#heldBytes + bytes > MOST_COMPUTED_BYTES) return false;
    this.#held.add(key);
    this.#heldBytes += bytes;
    return true;
  }

  /** Whether columns are held as integers and scales, as far as is known. */
  #mayBeQuantised(source: PackedSource, side: number): source is ComputedFactor {
    if (typeof source === "number" || side !== SIDE.COLUMNS) return false;
    return quantisedParts(source) !== undefined && !this.#notQuantised.has(keyOf(source));
  }

  /** The packed form of a contraction's factor that is a parameter or is held; noted, if it is not there yet, until `settle`. */
  factor(source: PackedSource, side: number, match: MatchedContraction, zero: number | undefined): Packed {
    const { lane, depth, batch, zero: point } = sideOf(match, side);
    const distinct = [...new Set(batch)];
    const key = [
      keyOf(source),
      side,
      match.kind,
      match.depth,
      this.#tables.of(lane),
      this.#tables.of(depth),
      distinct.join(),
      ...this.#zeroKey(point, zero),
    ].join("/");
    if (this.#mayBeQuantised(source, side)) {
      const place = this.#quantised.get(key);
      if (place === undefined) this.#wanted.set(key, { key, source, side, match, distinct, zero });
      return { ...(place ?? UNKNOWN), batch: batch.map(() => 0) };
    }
    const lanes = side === SIDE.ROWS ? match.rows : match.columns;
    const bytes = this.#kernels.packedBytes(match.kind, side, match.depth, lanes);
    const known = this.#known.get(key);
    if (known === undefined) this.#wanted.set(key, { key, source, side, match, distinct, zero });
    return { address: known ?? 0, batch: batch.map((offset) => distinct.indexOf(offset) * bytes) };
  }

  #zeroKey(point: MatchedFactor["zero"], parameter: number | undefined): (string | number)[] {
    if (point === undefined) return [];
    if (point.kind === "constant") return ["constant", point.value];
    return [`zero ${parameter}`, this.#tables.of(point.lane)];
  }

  /** Packs what was asked for; whether there was any. */
  settle(): boolean {
    const wanted = [...this.#wanted.values()];
    this.#wanted.clear();
    wanted.sort((a, b) => this.#bytesOf(b.source) - this.#bytesOf(a.source));
    for (const one of wanted) {
      if (this.#mayBeQuantised(one.source, one.side)) this.#packQuantised(one, one.source);
      else this.#pack(one);
    }
    return wanted.length > 0;
  }

  #packQuantised({ key, match, distinct }: Wanted, factor: ComputedFactor): void {
    const { lane, depth } = sideOf(match, SIDE.COLUMNS);
    const columns = { factor, lane, depth };
    // Of several batches the parts would be computed again and again.
    const isOne = distinct.length === 1 && distinct[0] === 0;
    const place = isOne ? packQuantised(columns, this.#tools()) : undefined;
    if (place === undefined) this.#notQuantised.add(keyOf(factor));
    else this.#quantised.set(key, place);
  }

  #tools(): QuantisedTools {
    const [memory, evaluator, { panel }] = [this.#memory, this.#evaluator, this.#kernels];
    const limits = { shared: memory.shared, maximum: MAX_PAGES };
    this.#quantiser ??= new Quantiser(memory.memory, limits, panel);
    return { memory, evaluator, panel, quantiser: this.#quantiser };
  }

  #isNarrow(parameter: number): boolean {
    return this.#program.params[parameter].dtype !== DType.FLOAT32;
  }

  #bytesOf(source: PackedSource): number {
    if (typeof source !== "number") return 4 * elementsOf(source);
    const { dtype, shape } = this.#program.params[source];
    return byteLength(dtype, countOf(shape));
  }

  #pack(wanted: Wanted): void {
    const memory = this.#memory;
    const { key, source, side, match, distinct, zero } = wanted;
    const lanes = side === SIDE.ROWS ? match.rows : match.columns;
    const bytes = this.#kernels.packedBytes(match.kind, side, match.depth, lanes);
    const address = memory.take(bytes * distinct.length);
    const mark = memory.top;
    const { lane, depth, zero: point } = sideOf(match, side);
    const stretches = this.#stretches(wanted);
    if (stretches !== undefined) {
      distinct.forEach((offset, b) => {
        for (const stretch of stretches) this.#packStretch(wanted, stretch, offset, address + b * bytes);
      });
    } else {
      const at = this.#place(wanted, {
        address: this.#elements(source, match.kind),
        batch: this.#table(Int32Array.from(distinct)),
        lane: this.#table(lane),
        depth: this.#table(depth),
        zero:
          point?.kind === "constant"
            ? this.#table(Int32Array.of(point.value & 0xff))
            : zero === undefined
              ? 0
              : this.#placed(zero),
        zeroLane: point?.kind === "loaded" ? this.#table(point.lane) : 0,
      });
      for (let b = 0; b < distinct.length; b++) this.#kernels.pack(at, side, b, address + b * bytes);
    }
    memory.release(mark);
    this.#known.set(key, address);
  }

  /** How a factor is packed a stretch at a time; undefined where it is not worth it. */
  #stretches({ source: parameter, side, match }: Wanted): readonly Stretch[] | undefined {
    if (side !== SIDE.COLUMNS || match.kind !== KIND.FLOAT32 || typeof parameter !== "number") return undefined;
    // Floats of two bytes that are in the memory too are not what is packed.
    const isThere = this.#parameters.present(parameter) !== undefined && !this.#isNarrow(parameter);
    if (isThere || this.#bytesOf(parameter) <= STRETCH_BYTES) return undefined;
    const { lane, depth } = sideOf(match, side);
    return stretchesOf(lane, depth, this.#kernels.panel);
  }

  /** Reads the elements of a stretch of the batch at `offset` and packs them to where they stand in the form at `to`. */
  #packStretch(wanted: Wanted, { n0, n1, r0, r1, low, high }: Stretch, offset: number, to: number): void {
    const memory = this.#memory;
    const { panel } = this.#kernels;
    const { lane, depth } = sideOf(wanted.match, SIDE.COLUMNS);
    const mark = memory.top;
    const raw = memory.take(4 * (high - low) + 64);
    // INVARIANT: what is packed by stretches is a parameter.
    writeAsFloats(memory.bytes, raw, this.#program.params[wanted.source as number], offset + low, high - low);
    // Panels of part of the depth do not follow one another, so each is packed by itself; one set of words serves them all.
    const width = r1 - r0 === depth.length ? n1 - n0 : panel;
    const laneTable = this.#table(lane.subarray(n0, n0 + width));
    const factor = {
      address: raw,
      batch: this.#table(Int32Array.of(-low)),
      lane: laneTable,
      depth: this.#table(depth.subarray(r0, r1)),
      zero: 0,
      zeroLane: 0,
    };
    const whole = this.#place(wanted, factor, { columns: width, depth: r1 - r0 });
    const rest = this.#place(wanted, factor, { columns: (n1 - n0) % width, depth: r1 - r0 });
    const lanes = memory.words(laneTable, width);
    for (let n = n0; n < n1; n += width) {
      const count = Math.min(width, n1 - n);
      for (let i = 0; i < count; i++) lanes[i] = lane[n + i];
      const at = count === width ? whole : rest;
      this.#kernels.pack(at, SIDE.COLUMNS, 0, to + 4 * (n * depth.length + r0 * panel));
    }
    memory.release(mark);
  }

  /** Address of a parameter's elements; where it is not in the memory, it is until the memory is released. */
  #placed(index: number): number {
    const present = this.#parameters.present(index);
    if (present !== undefined) return present;
    const raw = this.#memory.take(this.#bytesOf(index) + 64);
    writeCanonical(this.#memory.bytes, raw, this.#program.params[index]);
    return raw;
  }

  /** Address of the elements of what is packed, of floats as binary32, until the memory is released. */
  #elements(source: PackedSource, kind: number): number {
    if (typeof source !== "number") {
      const bytes = this.#evaluator.whole(source);
      const raw = this.#memory.take(bytes.length + 64);
      this.#memory.bytes.set(bytes, raw);
      return raw;
    }
    const tensor = this.#program.params[source];
    if (kind !== KIND.FLOAT32 || tensor.dtype === DType.FLOAT32) return this.#placed(source);
    const count = countOf(tensor.shape);
    const raw = this.#memory.take(4 * count + 64);
    writeAsFloats(this.#memory.bytes, raw, tensor, 0, count);
    return raw;
  }

  #table(words: Int32Array): number {
    const at = this.#memory.take(4 * words.length + 16);
    this.#memory.words(at, words.length).set(words);
    return at;
  }

  /** Address of the words of a contraction, or of a part of it, one of whose factors is to be packed. */
  #place({ side, match, distinct }: Wanted, places: Places, part: Partial<Contraction> = {}): number {
    const factor: Factor = { dtype: packedType(match, side), mode: MODE.GATHERED, stride: 0, guards: [], ...places };
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
      ...part,
    };
    return this.#table(encodeContraction(contraction));
  }
}

function keyOf(source: PackedSource): string {
  if (typeof source === "number") return String(source);
  const { record, sizes } = source;
  const { constants, operands, value } = record;
  return JSON.stringify([sizes, constants, operands, value.results, [...value.code]]);
}

/** The parameter that an operand is. */
export const parameterOf = (operand: OperandPlan): number | undefined =>
  operand.kind === "tensor" ? operand.parameter : undefined;

/** Whether a factor is read packed: it and its zero points are parameters, and no guard hides any of it. */
export function isPacked({ slot, guards, zero, computed }: MatchedFactor, operands: readonly OperandPlan[]): boolean {
  // Other computed factors are in memory by then (`prepareFactors`), and no longer computed.
  if (computed !== undefined) return true;
  const isFixed = zero?.kind !== "loaded" || parameterOf(operands[zero.slot]) !== undefined;
  return parameterOf(operands[slot]) !== undefined && guards.length === 0 && isFixed;
}

/** Type of the elements of a packed factor: floats of two bytes are packed as floats of four. */
export const packedType = (match: MatchedContraction, side: number): number =>
  match.kind === KIND.FLOAT32 ? FACTOR.FLOAT32 : sideOf(match, side).dtype;

export const sideOf = (match: MatchedContraction, side: number): MatchedFactor =>
  side === SIDE.ROWS ? match.rowFactor : match.columnFactor;
