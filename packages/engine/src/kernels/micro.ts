/**
 * The micro kernels: a tile of up to six rows and eight columns of sums in registers, over packed panels.
 *
 * `micro(rows, columns, steps, out, outRow, mode, panels, stride)`: for each of `panels` panels of columns, `stride`
 * bytes apart, the sums over `steps` steps of the tile's rows; the panel's sums lie at `out`, 32 bytes further for each
 * next panel, rows apart by the table `outRow`.
 */
import {
  RETURN,
  brIf,
  block,
  br,
  call,
  f32x4,
  forLoop,
  get,
  i32,
  i32x4,
  loop,
  set,
  v128,
  when,
  type Code,
} from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import { KIND } from "../contraction.ts";
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

type Writer = FunctionWriter & { index: number };

const VECTORS = COLUMN_LANES / 4;
const COLUMN_STEP = COLUMN_LANES * LANE_BYTES;
const UNROLLED = 4;

/** How a kind multiplies and adds. */
export interface Arithmetic {
  readonly name: string;
  /** Rows of a panel. */
  readonly rows: number;
  readonly multiplyAdd: Madd;
  readonly add: (a: Code, b: Code) => Code;
}

export const floats = (madd: Madd): Arithmetic => ({
  name: "f32",
  rows: ROW_LANES[KIND.FLOAT32],
  multiplyAdd: madd,
  add: f32x4.add,
});
/** Pairs of signed 16-bit numbers; sums modulo 2^32. */
export const integers: Arithmetic = {
  name: "i32",
  rows: ROW_LANES[KIND.INT32],
  multiplyAdd: (a, b, c) => i32x4.add(c, i32x4.dot_i16x8_s(a, b)),
  add: i32x4.add,
};

/** What a micro kernel is made for. */
export interface Tile {
  readonly rows: number;
  /** Panels at once: few rows need more columns for as many independent chains as the machine keeps busy. */
  readonly panels: number;
  /**
   * Whether columns are read where they are, for floats: column n of step r at `columns` + 4 · (n + depth[r]), the
   * table of depth offsets given for `stride`.
   */
  readonly direct: boolean;
}

/** Adds a micro kernel to a module; the count of panels it is given is a multiple of the tile's. */
export function microKernel(module: ModuleWriter, arithmetic: Arithmetic, tile: Tile): Writer {
  const name = `micro_${arithmetic.name}_${tile.rows}_${tile.panels}${tile.direct ? "_direct" : ""}`;
  const writer = module.function(name, ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"], []);
  const [rowPanel, columnPanel, steps, out, outRow, mode, panels, stride] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [a, end, fours, place] = Array.from({ length: 4 }, () => writer.local("i32"));
  const panelNumbers = Array.from({ length: tile.panels }, (_, p) => p);
  // Where each panel's step is read; direct: one address for all, from the table of depth offsets.
  const b = tile.direct ? [writer.local("i32")] : panelNumbers.map(() => writer.local("i32"));
  const table = tile.direct ? writer.local("i32") : b[0];
  const tableStep = tile.direct ? LANE_BYTES : COLUMN_STEP;
  const columns = Array.from({ length: tile.panels * VECTORS }, () => writer.local("v128"));
  const single = writer.local("v128");
  const weights = Array.from({ length: tile.rows }, () => writer.local("v128"));
  const sums = weights.map(() => columns.map(() => writer.local("v128")));

  const columnAt = (at: number, v: number): Code =>
    tile.direct
      ? v128.load(get(b[0]), 16 * v)
      : v128.load(get(b[Math.floor(v / VECTORS)]), at * COLUMN_STEP + 16 * (v % VECTORS));
  const rowStep = arithmetic.rows * LANE_BYTES;
  const weightAt = (at: number, i: number): Code => v128.load32_splat(get(a), at * rowStep + LANE_BYTES * i);
  // Whichever there are fewer of stay in registers through the step, the others come one at a time.
  const byRows = (at: number): Code => [
    columns.map((column, v) => set(column, columnAt(at, v))),
    sums.map((row, i) => [
      set(single, weightAt(at, i)),
      row.map((sum, v) => set(sum, arithmetic.multiplyAdd(get(single), get(columns[v]), get(sum)))),
    ]),
  ];
  const byColumns = (at: number): Code => [
    weights.map((weight, i) => set(weight, weightAt(at, i))),
    columns.map((_, v) => [
      set(single, columnAt(at, v)),
      sums.map((row, i) => set(row[v], arithmetic.multiplyAdd(get(weights[i]), get(single), get(row[v])))),
    ]),
  ];
  const step = (at: number): Code => [
    tile.direct
      ? set(b[0], i32.add(get(columnPanel), i32.shl(i32.load(get(table), at * LANE_BYTES), i32.const(2))))
      : [],
    tile.rows < tile.panels * VECTORS ? byColumns(at) : byRows(at),
  ];
  const advance = (count: number): Code => [
    set(a, i32.add(get(a), i32.const(count * rowStep))),
    (tile.direct ? [table] : b).map((pointer) => set(pointer, i32.add(get(pointer), i32.const(count * tableStep)))),
  ];
  const eachRow = (body: (row: readonly number[]) => Code): Code =>
    sums.map((row, i) => [
      set(place, i32.add(get(out), i32.shl(i32.load(get(outRow), 4 * i), i32.const(2)))),
      body(row),
    ]);
  const enter: Code = tile.direct
    ? set(table, get(stride))
    : b.map((pointer, p) =>
        set(pointer, i32.add(get(columnPanel), p === 0 ? [i32.const(0)] : i32.mul(get(stride), i32.const(p)))),
      );
  const width = COLUMN_STEP * tile.panels;

  writer.body = [
    block(
      loop(
        brIf(1, i32.eqz(get(panels))),
        set(a, get(rowPanel)),
        enter,
        block(
          block(
            brIf(0, i32.eq(get(mode), i32.const(SUMS.CONTINUE))),
            sums.flat().map((sum) => set(sum, i32x4.const(0, 0, 0, 0))),
            br(1),
          ),
          eachRow((row) => row.map((sum, v) => set(sum, v128.load(get(place), 16 * v)))),
        ),
        set(fours, i32.add(get(table), i32.mul(i32.and(get(steps), i32.const(-UNROLLED)), i32.const(tableStep)))),
        set(end, i32.add(get(table), i32.mul(get(steps), i32.const(tableStep)))),
        block(
          loop(
            brIf(1, i32.eq(get(table), get(fours))),
            Array.from({ length: UNROLLED }, (_, at) => step(at)),
            advance(UNROLLED),
            br(0),
          ),
        ),
        block(loop(brIf(1, i32.eq(get(table), get(end))), step(0), advance(1), br(0))),
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
        set(out, i32.add(get(out), i32.const(width))),
        set(
          columnPanel,
          i32.add(get(columnPanel), tile.direct ? i32.const(width) : i32.mul(get(stride), i32.const(tile.panels))),
        ),
        set(panels, i32.sub(get(panels), i32.const(tile.panels))),
        br(0),
      ),
    ),
  ];
  return writer;
}

/** Panels at once for so many rows: of one row four, of two rows three, else one. */
const WIDE: Readonly<Record<number, number>> = { 1: 4, 2: 3 };
/** Most rows for which columns are read where they are rather than packed. */
export const DIRECT_ROWS = 2;

/**
 * The micro kernels of a kind behind one function: that of a single one, with the count of rows and whether columns are
 * read where they are for its last parameters.
 */
export function microKernels(module: ModuleWriter, arithmetic: Arithmetic, hasDirect: boolean): Writer {
  const writer = module.function(
    `micro_${arithmetic.name}`,
    Array.from({ length: 10 }, () => "i32" as const),
    [],
  );
  const [rowPanel, columnPanel, steps, out, outRow, mode, panels, stride, rows, direct] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ];
  const wide = writer.local("i32");
  const run = (tile: Tile, count: Code): Code =>
    call(
      microKernel(module, arithmetic, tile).index,
      ...[rowPanel, columnPanel, steps, out, outRow, mode].map(get),
      count,
      get(stride),
    );
  const ofRows = (count: number, isDirect: boolean): Code => {
    const tile = { rows: count, panels: 1, direct: isDirect };
    const atOnce = WIDE[count] ?? 1;
    if (atOnce === 1) return run(tile, get(panels));
    const panelBytes = isDirect ? i32.const(COLUMN_STEP) : get(stride);
    return [
      set(wide, i32.sub(get(panels), i32.rem_u(get(panels), i32.const(atOnce)))),
      run({ ...tile, panels: atOnce }, get(wide)),
      set(columnPanel, i32.add(get(columnPanel), i32.mul(get(wide), panelBytes))),
      set(out, i32.add(get(out), i32.mul(get(wide), i32.const(COLUMN_STEP)))),
      run(tile, i32.sub(get(panels), get(wide))),
    ];
  };
  const rowCounts = Array.from({ length: arithmetic.rows }, (_, i) => i + 1);
  const choice = (counts: readonly number[], isDirect: boolean): Code =>
    counts.map((count) => when(i32.eq(get(rows), i32.const(count)), [ofRows(count, isDirect), RETURN]));
  writer.body = [
    hasDirect ? when(get(direct), [choice(rowCounts.slice(0, DIRECT_ROWS), true), RETURN]) : [],
    choice(rowCounts, false),
  ];
  return writer;
}

/** Copies `count` sums of `rows` rows from one place to another: the tile that the last column cuts off. */
export function tileCopier(module: ModuleWriter): Writer {
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
