/**
 * Contractions for tests, random or shaped like a layer, written into a memory with their tensors and tables.
 */
import { Random } from "@assay/vm/testing/random";
import {
  encodeContraction,
  FACTOR,
  KIND,
  MODE,
  SIDE,
  type Contraction,
  type ContractionKernels,
  type Factor,
  type Guard,
} from "../contraction.ts";
import { PAGE } from "../wasm/module.ts";
import { createMemory, type Memory } from "../wasm/webAssembly.ts";

/** A memory that is filled from the bottom. */
export class Heap {
  readonly memory: Memory;
  #top = 64;

  constructor(memory = createMemory({ initial: 1 })) {
    this.memory = memory;
  }

  /** Room for `bytes` bytes; its address, a multiple of 64. */
  allocate(bytes: number): number {
    const at = this.#top;
    this.#top = Math.ceil((at + bytes) / 64) * 64;
    const missing = Math.ceil((this.#top - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.memory.grow(missing);
    return at;
  }

  /** Gives the last `bytes` bytes back. */
  rewind(bytes: number): void {
    this.#top -= bytes;
  }

  bytes(data: ArrayLike<number>): number {
    const at = this.allocate(data.length);
    new Uint8Array(this.memory.buffer).set(data, at);
    return at;
  }

  words(data: ArrayLike<number>): number {
    const at = this.allocate(data.length * 4);
    new Int32Array(this.memory.buffer).set(data, at / 4);
    return at;
  }

  view(): DataView {
    return new DataView(this.memory.buffer);
  }
}

const SPECIALS = [0, 0x80000000, 1, 0x80000001, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 0x00800000, 0x007fffff];

/** Patterns of floats near 1, with specials among them where asked. */
export function randomFloats(random: Random, count: number, specials: boolean): Uint32Array {
  return Uint32Array.from({ length: count }, () => {
    if (specials && random.chance(2)) return random.pick(SPECIALS);
    if (specials && random.chance(2)) return random.u32();
    return ((random.u32() & 0x807fffff) | (random.between(118, 130) << 23)) >>> 0;
  });
}

export interface Wanted {
  readonly kind: number;
  readonly depth: number;
  readonly rows: number;
  readonly columns: number;
  readonly batches?: number;
  readonly blocked?: boolean;
  readonly rowMode?: number;
  readonly columnMode?: number;
  readonly guards?: number;
  /** Whether lanes of the columns follow one another by 1, by 2, or at random (0). */
  readonly columnStep?: number;
  readonly specials?: boolean;
}

/** A contraction over random tensors, in the heap. */
export function randomContraction(heap: Heap, random: Random, wanted: Wanted): Contraction {
  const { kind, depth, rows, columns, batches = 1, blocked = true } = wanted;
  const factor = (side: number): Factor => {
    const lanes = side === SIDE.ROWS ? rows : columns;
    const mode = (side === SIDE.ROWS ? wanted.rowMode : wanted.columnMode) ?? MODE.GATHERED;
    return randomFactor(heap, random, { ...wanted, side, lanes, mode, batches });
  };
  const outRow = Array.from({ length: rows }, (_, m) => m);
  // Rows of the output in any order, with gaps between them.
  for (let i = rows - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [outRow[i], outRow[j]] = [outRow[j], outRow[i]];
  }
  const pitch = columns + random.below(3);
  return {
    kind,
    depth,
    rows,
    columns,
    batches,
    blocked,
    out: heap.words(Int32Array.from({ length: batches * rows * pitch + 3 }, () => random.u32())),
    outBatch: heap.words(Array.from({ length: batches }, (_, b) => b * rows * pitch)),
    outRow: heap.words(outRow.map((place) => place * pitch)),
    rowFactor: factor(SIDE.ROWS),
    columnFactor: factor(SIDE.COLUMNS),
  };
}

interface WantedFactor extends Wanted {
  readonly side: number;
  readonly lanes: number;
  readonly mode: number;
  readonly batches: number;
}

function randomFactor(heap: Heap, random: Random, wanted: WantedFactor): Factor {
  const { kind, side, lanes, mode, depth, batches, guards = 0, columnStep = 0, specials = false } = wanted;
  const table = (length: number, of: (i: number) => number): number[] => Array.from({ length }, (_, i) => of(i));
  const stride = random.between(1, 3);
  const strided = mode === MODE.STRIDED;
  const step = side === SIDE.COLUMNS ? columnStep : 0;
  const jump = random.between(1, 9);
  const laneTable = table(lanes, (i) => {
    if (step === 0 || strided) return random.below(50);
    return i * step + Math.floor(i / jump) * 7;
  });
  const depthStep = random.pick([0, 1, 1, 5]);
  const depthTable = table(depth, (r) => (depthStep === 0 ? random.below(60) : r * depthStep));
  const batchTable = table(batches, () => random.below(9));
  const made: { guard: Guard; lane: number[]; depth: number[] }[] = strided
    ? []
    : table(guards, (i) => i).map(() => {
        const [lane, deep] = [table(lanes, () => random.between(-2, 6)), table(depth, () => random.between(-2, 6))];
        const size = random.between(1, 9);
        return { guard: { lane: heap.words(lane), depth: heap.words(deep), size }, lane, depth: deep };
      });
  // Where a guard fails the element lies anywhere: make some of those offsets wild.
  for (let i = 0; i < lanes && made.length > 0; i++) {
    if (!random.chance(10)) continue;
    laneTable[i] = random.chance(50) ? -(2 ** 28) : 2 ** 28;
    made[0].lane[i] = -1000;
    heap.view().setInt32(made[0].guard.lane + 4 * i, -1000, true);
  }
  const reach = (values: readonly number[]): number =>
    values.reduce((most, value) => (Math.abs(value) < 2 ** 20 ? Math.max(most, value) : most), 0);
  const last = strided
    ? reach(laneTable) + (side === SIDE.ROWS ? depth * stride : lanes + reach(depthTable))
    : reach(laneTable) + reach(depthTable);
  const count = reach(batchTable) + last + 1;
  const dtype = kind === KIND.FLOAT32 ? FACTOR.FLOAT32 : random.pick([FACTOR.UINT8, FACTOR.INT8]);
  const zeroed = kind === KIND.INT32 && random.chance(70);
  const perLane = zeroed && random.chance(50);
  return {
    address:
      dtype === FACTOR.FLOAT32 ? heap.words(randomFloats(random, count, specials)) : heap.bytes(random.bytes(count)),
    dtype,
    mode,
    batch: heap.words(batchTable),
    lane: heap.words(laneTable),
    depth: heap.words(depthTable),
    stride,
    guards: made.map(({ guard }) => guard),
    zero: zeroed ? heap.bytes(random.bytes(perLane ? lanes : 1)) : 0,
    zeroLane: perLane ? heap.words(table(lanes, (i) => lanes - 1 - i)) : 0,
  };
}

/** The same contraction with factors packed by the kernels, batch by batch. */
export function withPacked(
  heap: Heap,
  kernels: ContractionKernels,
  c: Contraction,
  sides: readonly number[],
): Contraction {
  const at = heap.words(encodeContraction(c));
  const packed = (side: number, factor: Factor): Factor => {
    if (!sides.includes(side)) return factor;
    const bytes = kernels.packedBytes(c.kind, side, c.depth, side === SIDE.ROWS ? c.rows : c.columns);
    const address = heap.allocate(bytes * c.batches);
    for (let b = 0; b < c.batches; b++) kernels.pack(at, side, b, address + b * bytes);
    const batch = heap.words(Array.from({ length: c.batches }, (_, b) => b * bytes));
    return { ...factor, address, batch, mode: MODE.PACKED, guards: [], zero: 0, zeroLane: 0 };
  };
  return { ...c, rowFactor: packed(SIDE.ROWS, c.rowFactor), columnFactor: packed(SIDE.COLUMNS, c.columnFactor) };
}

/** Computes a contraction in regions and gives its sums' patterns, NaNs made one, batch by batch and row by row. */
export function compute(
  heap: Heap,
  kernels: ContractionKernels,
  c: Contraction,
  region: { readonly batches: number; readonly rows: number; readonly columns: number } = kernels.region(c),
): number[] {
  const at = heap.words(encodeContraction(c));
  const scratch = heap.allocate(kernels.scratchBytes(c));
  // Memory that was used before.
  new Uint8Array(heap.memory.buffer).fill(0xa5, scratch, scratch + kernels.scratchBytes(c));
  const ends = (from: number, step: number, most: number): number => Math.min(from + step, most);
  for (let b = 0; b < c.batches; b += region.batches)
    for (let m = 0; m < c.rows; m += region.rows)
      for (let n = 0; n < c.columns; n += region.columns)
        kernels.contract(
          at,
          b,
          ends(b, region.batches, c.batches),
          m,
          ends(m, region.rows, c.rows),
          n,
          ends(n, region.columns, c.columns),
          scratch,
        );
  return sums(heap, c, (bits) => bits);
}

/** Reads the sums of a contraction in order of batch, row, column. */
export function sums(
  heap: Heap,
  c: Contraction,
  of: (bits: number, b: number, m: number, n: number) => number,
): number[] {
  const view = heap.view();
  const values: number[] = [];
  for (let b = 0; b < c.batches; b++)
    for (let m = 0; m < c.rows; m++)
      for (let n = 0; n < c.columns; n++) {
        const place = view.getInt32(c.outBatch + 4 * b, true) + view.getInt32(c.outRow + 4 * m, true) + n;
        const bits = of(view.getUint32(c.out + 4 * place, true), b, m, n);
        values.push(c.kind === KIND.FLOAT32 && (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits);
      }
  return values;
}
