/**
 * The micro kernels: a tile of up to six rows and eight columns of sums in registers, over packed panels.
 *
 * `micro(rows, columns, steps, out, outRow, mode, panels, stride)`: for each of `panels` panels of columns, `stride`
 * bytes apart, the sums over `steps` steps of the tile's rows; the panel's sums lie at `out`, 32 bytes further for each
 * next panel, rows apart by the table `outRow`.
 */
import { brIf, block, br, f32x4, forLoop, get, i32, i32x4, loop, set, v128, type Code } from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import type { Madd } from "./madd.ts";
import { COLUMN_LANES, LANE_BYTES, ROW_LANES } from "./shape.ts";

/** What is done with the sums of a block. */
export const SUMS = {
  /** They are stored. */
  STORE: 0,
  /** They are added to what is there. */
  ADD: 1,
  /** Their chains start from what is there. */
  CONTINUE: 2,
} as const;

const VECTORS = COLUMN_LANES / 4;
const ROW_STEP = ROW_LANES * LANE_BYTES;
const COLUMN_STEP = COLUMN_LANES * LANE_BYTES;
const UNROLLED = 4;

/** How a kind multiplies and adds. */
export interface Arithmetic {
  readonly name: string;
  readonly multiplyAdd: Madd;
  readonly add: (a: Code, b: Code) => Code;
}

export const floats = (madd: Madd): Arithmetic => ({ name: "f32", multiplyAdd: madd, add: f32x4.add });
/** Pairs of signed 16-bit numbers; sums modulo 2^32. */
export const integers: Arithmetic = {
  name: "i32",
  multiplyAdd: (a, b, c) => i32x4.add(c, i32x4.dot_i16x8_s(a, b)),
  add: i32x4.add,
};

/** Adds the micro kernel of so many rows to a module. */
export function microKernel(
  module: ModuleWriter,
  arithmetic: Arithmetic,
  rows: number,
): FunctionWriter & { index: number } {
  const name = `micro_${arithmetic.name}_${rows}`;
  const writer = module.function(name, ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"], []);
  const [rowPanel, columnPanel, steps, out, outRow, mode, panels, stride] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [a, b, end, fours, place] = Array.from({ length: 5 }, () => writer.local("i32"));
  const columns = Array.from({ length: VECTORS }, () => writer.local("v128"));
  const splat = writer.local("v128");
  const sums = Array.from({ length: rows }, () => columns.map(() => writer.local("v128")));

  const step = (at: number): Code => [
    columns.map((column, v) => set(column, v128.load(get(b), at * COLUMN_STEP + 16 * v))),
    sums.map((row, i) => [
      set(splat, v128.load32_splat(get(a), at * ROW_STEP + LANE_BYTES * i)),
      row.map((sum, v) => set(sum, arithmetic.multiplyAdd(get(splat), get(columns[v]), get(sum)))),
    ]),
  ];
  const advance = (count: number): Code => [
    set(a, i32.add(get(a), i32.const(count * ROW_STEP))),
    set(b, i32.add(get(b), i32.const(count * COLUMN_STEP))),
  ];
  const eachRow = (body: (row: readonly number[]) => Code): Code =>
    sums.map((row, i) => [
      set(place, i32.add(get(out), i32.shl(i32.load(get(outRow), 4 * i), i32.const(2)))),
      body(row),
    ]);

  writer.body = [
    block(
      loop(
        brIf(1, i32.eqz(get(panels))),
        set(a, get(rowPanel)),
        set(b, get(columnPanel)),
        block(
          block(
            brIf(0, i32.eq(get(mode), i32.const(SUMS.CONTINUE))),
            sums.flat().map((sum) => set(sum, i32x4.const(0, 0, 0, 0))),
            br(1),
          ),
          eachRow((row) => row.map((sum, v) => set(sum, v128.load(get(place), 16 * v)))),
        ),
        set(fours, i32.add(get(b), i32.mul(i32.and(get(steps), i32.const(-UNROLLED)), i32.const(COLUMN_STEP)))),
        set(end, i32.add(get(b), i32.mul(get(steps), i32.const(COLUMN_STEP)))),
        block(
          loop(
            brIf(1, i32.eq(get(b), get(fours))),
            Array.from({ length: UNROLLED }, (_, at) => step(at)),
            advance(UNROLLED),
            br(0),
          ),
        ),
        block(loop(brIf(1, i32.eq(get(b), get(end))), step(0), advance(1), br(0))),
        block(
          block(
            brIf(0, i32.eq(get(mode), i32.const(SUMS.ADD))),
            eachRow((row) => row.map((sum, v) => v128.store(get(place), get(sum), 16 * v))),
            br(1),
          ),
          eachRow((row) =>
            row.map((sum, v) =>
              v128.store(get(place), arithmetic.add(v128.load(get(place), 16 * v), get(sum)), 16 * v),
            ),
          ),
        ),
        set(out, i32.add(get(out), i32.const(COLUMN_STEP))),
        set(columnPanel, i32.add(get(columnPanel), get(stride))),
        set(panels, i32.sub(get(panels), i32.const(1))),
        br(0),
      ),
    ),
  ];
  return writer;
}

/** Copies `count` sums of `rows` rows from one place to another: the tile that the last column cuts off. */
export function tileCopier(module: ModuleWriter): FunctionWriter & { index: number } {
  const writer = module.function("copyTile", ["i32", "i32", "i32", "i32", "i32", "i32"], []);
  const [from, fromRow, to, toRow, rows, bytes] = [0, 1, 2, 3, 4, 5];
  const [i, j, source, target] = Array.from({ length: 4 }, () => writer.local("i32"));
  const rowAt = (base: number, table: number): Code =>
    i32.add(get(base), i32.shl(i32.load(i32.add(get(table), i32.shl(get(i), i32.const(2)))), i32.const(2)));
  writer.body = forLoop(i, i32.const(0), get(rows), 1, [
    set(source, rowAt(from, fromRow)),
    set(target, rowAt(to, toRow)),
    forLoop(j, i32.const(0), get(bytes), 4, [
      i32.store(i32.add(get(target), get(j)), i32.load(i32.add(get(source), get(j)))),
    ]),
  ]);
  return writer;
}
