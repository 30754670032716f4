/**
 * The drivers: `contract` computes a region of a contraction's sums, `pack` packs a factor for good. The loops,
 * outermost first: blocks of 512 indices, chunks of columns, chunks of rows, panels of rows; the micro kernel runs over
 * the chunk's panels of columns. Sums go through the output from block to block, which loses nothing: they are binary32
 * either way.
 */
import { KIND, MODE, SIDE } from "../contraction.ts";
import { RETURN, call, choose, forLoop, get, i32, set, when, type Code } from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import type { Madd } from "./madd.ts";
import { entry, rowLanesOf } from "./panel.ts";
import { DIRECT_ROWS, SUMS } from "./micro.ts";
import { shortDriver } from "./short.ts";
import { blockSteps, CHUNK, COLUMN_LANES, FIELD, HEAD, LANE_BYTES, ROW_LANES, SCRATCH } from "./shape.ts";

type Writer = FunctionWriter & { index: number };

/** What the drivers call: the packers, the micro kernels by kind, the tile copier. */
export interface Parts {
  readonly panel: Writer;
  readonly quantised: Writer;
  readonly quantisedRow: Writer;
  /** By element type. */
  readonly packers: readonly { readonly dtype: number; readonly rows: Writer; readonly columns: Writer }[];
  readonly micro: Readonly<Record<number, Writer>>;
  readonly copyTile: Writer;
  readonly madd: Madd;
}

const COLUMN_STEP = COLUMN_LANES * LANE_BYTES;
const min = (a: Code, b: Code): Code => choose("i32", i32.lt_s(a, b), a, b);

/** Packs lanes [from, to) and indices [r0, r1) into consecutive panels at `at`, each `panelBytes` long. */
function packLanes(module: ModuleWriter, { panel, quantised, packers }: Parts): Writer {
  const writer = module.function(
    "packLanes",
    Array.from({ length: 10 }, () => "i32" as const),
    [],
  );
  const [factor, side, kind, batch, from, to, r0, r1, place, panelBytes] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const lanes = writer.local("i32");
  const lane = writer.local("i32");
  const isRows = i32.eq(get(side), i32.const(SIDE.ROWS));
  const dtype = i32.load(get(factor), FIELD.dtype);
  const region = [factor, batch, from, to, r0, r1, place, panelBytes].map(get);
  writer.body = [
    when(i32.eq(i32.load(get(factor), FIELD.mode), i32.const(MODE.QUANTISED)), [
      call(quantised.index, ...region),
      RETURN,
    ]),
    packers.map((packer) =>
      when(
        i32.eq(dtype, i32.const(packer.dtype)),
        when(isRows, when(call(packer.rows.index, ...region), RETURN), [call(packer.columns.index, ...region), RETURN]),
      ),
    ),
    set(lanes, choose("i32", isRows, rowLanesOf(i32.eq(get(kind), i32.const(KIND.FLOAT32))), i32.const(COLUMN_LANES))),
    forLoop(lane, get(from), get(to), 0, [
      call(
        panel.index,
        ...[factor, side, kind, batch, lane].map(get),
        min(get(lanes), i32.sub(get(to), get(lane))),
        ...[r0, r1, place].map(get),
      ),
      set(place, i32.add(get(place), get(panelBytes))),
      set(lane, i32.add(get(lane), get(lanes))),
    ]),
  ];
  return writer;
}

/** `pack(at, side, b, to)`. */
function packDriver(module: ModuleWriter, lanes: Writer): void {
  const writer = module.function("pack", ["i32", "i32", "i32", "i32"], []);
  const [at, side, batch, to] = [0, 1, 2, 3];
  const local = (): number => writer.local("i32");
  const [factor, count, steps, step] = Array.from({ length: 4 }, local);
  const word = (name: keyof typeof HEAD): Code => i32.load(get(at), HEAD[name]);
  writer.body = [
    set(factor, i32.add(get(at), i32.const(HEAD.rowFactor))),
    set(count, word("rows")),
    set(step, rowLanesOf(i32.eq(word("kind"), i32.const(KIND.FLOAT32)))),
    set(step, i32.mul(get(step), i32.const(LANE_BYTES))),
    when(get(side), [
      set(factor, i32.add(get(at), i32.const(HEAD.columnFactor))),
      set(count, word("columns")),
      set(step, i32.const(COLUMN_STEP)),
    ]),
    set(steps, stepsAt(word)),
    call(
      lanes.index,
      ...[factor, side].map(get),
      word("kind"),
      get(batch),
      i32.const(0),
      get(count),
      i32.const(0),
      word("depth"),
      get(to),
      i32.mul(get(steps), get(step)),
    ),
  ];
}

/** Steps of the whole depth. */
const stepsAt = (word: (name: keyof typeof HEAD) => Code): Code =>
  choose(
    "i32",
    i32.eq(word("kind"), i32.const(KIND.FLOAT32)),
    word("depth"),
    i32.shr_u(i32.add(word("depth"), i32.const(1)), i32.const(1)),
  );

/** Adds `contract` and `pack` to a module. */
export function drivers(module: ModuleWriter, parts: Parts): void {
  const lanes = packLanes(module, parts);
  packDriver(module, lanes);
  const batch = batchDriver(module, parts, lanes);
  const contract = module.function(
    "contract",
    Array.from({ length: 8 }, () => "i32" as const),
    [],
  );
  const [at, b0, b1, m0, m1, n0, n1, scratch] = [0, 1, 2, 3, 4, 5, 6, 7];
  const b = contract.local("i32");
  const short = shortDriver(module, parts.madd, lanes, batch);
  contract.body = [
    when(call(short.index, ...[at, b0, b1, m0, m1, n0, n1, scratch].map(get)), RETURN),
    forLoop(b, get(b0), get(b1), 1, call(batch.index, ...[at, b, m0, m1, n0, n1, scratch].map(get))),
  ];
}

/** `contractBatch(at, batch, m0, m1, n0, n1, scratch)`. */
function batchDriver(module: ModuleWriter, { micro, copyTile, quantisedRow }: Parts, lanes: Writer): Writer {
  const writer = module.function(
    "contractBatch",
    Array.from({ length: 7 }, () => "i32" as const),
    [],
  );
  const [at, batch, m0, m1, n0, n1, scratch] = [0, 1, 2, 3, 4, 5, 6];
  const local = (): number => writer.local("i32");
  const [kind, rowFactor, columnFactor, rowsPacked, columnsPacked, steps] = Array.from({ length: 6 }, local);
  const [first, count, block_, r0, r1, mode] = Array.from({ length: 6 }, local);
  const [n, nEnd, m, mEnd, row, rowCount, chunk] = Array.from({ length: 7 }, local);
  const [rowPanels, columnPanels, rowPanel, columnPanel, stride, rowLanes, rowStep] = Array.from({ length: 7 }, local);
  const [rowsScratch, columnsScratch, out, outRow, place, panels, tail] = Array.from({ length: 7 }, local);
  const [direct, single] = Array.from({ length: 2 }, local);
  const word = (name: keyof typeof HEAD): Code => i32.load(get(at), HEAD[name]);
  const field = (factor: number, name: keyof typeof FIELD): Code => i32.load(get(factor), FIELD[name]);
  const packed = (factor: number): Code => i32.eq(field(factor, "mode"), i32.const(MODE.PACKED));
  const packedAt = (factor: number): Code =>
    i32.add(field(factor, "address"), entry(field(factor, "batch"), get(batch)));
  const isFloat = i32.eq(get(kind), i32.const(KIND.FLOAT32));
  const tile = i32.add(get(scratch), i32.const(SCRATCH.tile));
  const tileRows = i32.add(get(scratch), i32.const(SCRATCH.tileRows));

  const enter: Code = [
    set(kind, word("kind")),
    set(rowFactor, i32.add(get(at), i32.const(HEAD.rowFactor))),
    set(columnFactor, i32.add(get(at), i32.const(HEAD.columnFactor))),
    set(rowLanes, rowLanesOf(isFloat)),
    set(rowStep, i32.mul(get(rowLanes), i32.const(LANE_BYTES))),
    set(rowsPacked, packed(rowFactor)),
    set(columnsPacked, packed(columnFactor)),
    set(
      direct,
      [
        i32.eq(field(columnFactor, "mode"), i32.const(MODE.STRIDED)),
        isFloat,
        i32.le_s(i32.sub(get(m1), get(m0)), i32.const(DIRECT_ROWS)),
      ].reduce((a, b) => i32.and(a, b)),
    ),
    // One row's sums are made of quantised columns as they are.
    set(
      single,
      i32.and(
        i32.eq(field(columnFactor, "mode"), i32.const(MODE.QUANTISED)),
        i32.eq(i32.sub(get(m1), get(m0)), i32.const(1)),
      ),
    ),
    set(steps, stepsAt(word)),
    set(block_, choose("i32", isFloat, i32.const(blockSteps(KIND.FLOAT32)), i32.const(blockSteps(KIND.INT32)))),
    set(rowsScratch, i32.add(get(scratch), i32.const(SCRATCH.panels))),
    set(columnsScratch, get(rowsScratch)),
    when(i32.eqz(get(rowsPacked)), [
      set(chunk, min(i32.const(CHUNK.rows), i32.sub(get(m1), get(m0)))),
      set(chunk, i32.div_u(i32.sub(i32.add(get(chunk), get(rowLanes)), i32.const(1)), get(rowLanes))),
      set(
        columnsScratch,
        i32.add(
          get(rowsScratch),
          // A multiple of 16, for the vectors' sake.
          i32.and(
            i32.add(i32.mul(i32.mul(get(chunk), get(rowStep)), min(get(block_), get(steps))), i32.const(63)),
            i32.const(-64),
          ),
        ),
      ),
    ]),
    Array.from({ length: ROW_LANES[KIND.FLOAT32] }, (_, i) => i32.store(tileRows, i32.const(COLUMN_LANES * i), 4 * i)),
    set(mode, i32.const(SUMS.STORE)),
  ];
  /** The indices of the block. */
  const enterBlock: Code = [
    set(count, min(get(block_), i32.sub(get(steps), get(first)))),
    set(r0, choose("i32", isFloat, get(first), i32.shl(get(first), i32.const(1)))),
    set(
      r1,
      min(word("depth"), i32.add(get(r0), choose("i32", isFloat, get(count), i32.shl(get(count), i32.const(1))))),
    ),
  ];
  const packColumns = (from: Code): Code =>
    call(
      lanes.index,
      get(columnFactor),
      i32.const(SIDE.COLUMNS),
      ...[kind, batch].map(get),
      from,
      ...[nEnd, r0, r1, columnsScratch].map(get),
      i32.mul(get(count), i32.const(COLUMN_STEP)),
    );
  const enterColumns: Code = [
    set(nEnd, min(get(n1), i32.add(get(n), i32.const(CHUNK.columns)))),
    set(panels, i32.shr_u(i32.sub(get(nEnd), get(n)), i32.const(Math.log2(COLUMN_LANES)))),
    set(tail, i32.and(i32.sub(get(nEnd), get(n)), i32.const(COLUMN_LANES - 1))),
    when(
      get(columnsPacked),
      [
        set(stride, i32.mul(get(steps), i32.const(COLUMN_STEP))),
        set(columnPanels, i32.mul(i32.shr_u(get(n), i32.const(Math.log2(COLUMN_LANES))), get(stride))),
        set(columnPanels, i32.add(get(columnPanels), i32.mul(get(first), i32.const(COLUMN_STEP)))),
        set(columnPanels, i32.add(get(columnPanels), packedAt(columnFactor))),
      ],
      when(
        get(direct),
        [
          // Packing would cost as much as the sums: whole panels are read in place, only the last columns are packed.
          set(stride, i32.add(field(columnFactor, "depth"), i32.shl(get(first), i32.const(2)))),
          set(columnPanels, i32.add(entry(field(columnFactor, "batch"), get(batch)), get(n))),
          set(columnPanels, i32.add(get(columnPanels), i32.load(field(columnFactor, "lane")))),
          set(columnPanels, i32.add(field(columnFactor, "address"), i32.shl(get(columnPanels), i32.const(2)))),
          when(get(tail), packColumns(i32.add(get(n), i32.mul(get(panels), i32.const(COLUMN_LANES))))),
        ],
        [
          set(stride, i32.mul(get(count), i32.const(COLUMN_STEP))),
          set(columnPanels, get(columnsScratch)),
          when(i32.eqz(get(single)), packColumns(get(n))),
        ],
      ),
    ),
  ];
  const enterRows: Code = [
    set(mEnd, min(get(m1), i32.add(get(m), i32.const(CHUNK.rows)))),
    when(get(rowsPacked), set(rowPanels, i32.add(packedAt(rowFactor), i32.mul(get(first), get(rowStep)))), [
      set(rowPanels, get(rowsScratch)),
      call(
        lanes.index,
        get(rowFactor),
        i32.const(SIDE.ROWS),
        ...[kind, batch, m, mEnd, r0, r1, rowPanels].map(get),
        i32.mul(get(count), get(rowStep)),
      ),
    ]),
  ];
  /** The panel of rows that begins at `row`; a region may begin inside one that was packed for good. */
  const enterPanel: Code = [
    when(
      get(rowsPacked),
      [
        set(place, i32.rem_u(get(row), get(rowLanes))),
        set(rowCount, min(i32.sub(get(rowLanes), get(place)), i32.sub(get(mEnd), get(row)))),
        set(rowPanel, i32.mul(i32.div_u(get(row), get(rowLanes)), i32.mul(get(steps), get(rowStep)))),
        set(rowPanel, i32.add(get(rowPanel), i32.add(get(rowPanels), i32.shl(get(place), i32.const(2))))),
      ],
      [
        set(rowCount, min(get(rowLanes), i32.sub(get(mEnd), get(row)))),
        set(rowPanel, i32.mul(i32.div_u(i32.sub(get(row), get(m)), get(rowLanes)), get(count))),
        set(rowPanel, i32.add(get(rowPanels), i32.mul(get(rowPanel), get(rowStep)))),
      ],
    ),
    set(out, i32.add(entry(word("outBatch"), get(batch)), get(n))),
    set(out, i32.add(word("out"), i32.shl(get(out), i32.const(2)))),
    set(outRow, i32.add(word("outRow"), i32.shl(get(row), i32.const(2)))),
    set(columnPanel, get(columnPanels)),
  ];
  const run = (columns: Code, to: Code, toRows: Code, panelCount: Code, apart: Code, isDirect: Code): Code => {
    const operands = [get(rowPanel), columns, get(count), to, toRows, get(mode), panelCount, apart, get(rowCount)];
    return when(
      isFloat,
      call(micro[KIND.FLOAT32].index, ...operands, isDirect),
      call(micro[KIND.INT32].index, ...operands, isDirect),
    );
  };
  const tailOut = i32.add(get(out), i32.mul(get(panels), i32.const(COLUMN_STEP)));
  const tailBytes = i32.shl(get(tail), i32.const(2));
  /** The panels of columns from `lane` on for the one row, whose sums are at `to`. */
  const runSingle = (lane: Code, to: Code, panelCount: Code): Code =>
    call(
      quantisedRow.index,
      get(rowPanel),
      get(columnFactor),
      get(batch),
      lane,
      get(r0),
      get(r1),
      to,
      get(mode),
      panelCount,
    );
  const panel: Code = [
    enterPanel,
    when(
      get(single),
      runSingle(get(n), i32.add(get(out), i32.shl(i32.load(get(outRow)), i32.const(2))), get(panels)),
      run(get(columnPanel), get(out), get(outRow), get(panels), get(stride), get(direct)),
    ),
    when(get(tail), [
      when(get(mode), call(copyTile.index, tailOut, get(outRow), tile, tileRows, get(rowCount), tailBytes)),
      when(
        get(single),
        runSingle(i32.add(get(n), i32.mul(get(panels), i32.const(COLUMN_LANES))), tile, i32.const(1)),
        run(
          choose("i32", get(direct), get(columnsScratch), i32.add(get(columnPanel), i32.mul(get(panels), get(stride)))),
          tile,
          tileRows,
          i32.const(1),
          i32.const(0),
          i32.const(0),
        ),
      ),
      call(copyTile.index, tile, tileRows, tailOut, get(outRow), get(rowCount), tailBytes),
    ]),
    set(row, i32.add(get(row), get(rowCount))),
  ];

  const columnsLoop: Code = forLoop(n, get(n0), get(n1), CHUNK.columns, [
    enterColumns,
    forLoop(m, get(m0), get(m1), CHUNK.rows, [enterRows, forLoop(row, get(m), get(mEnd), 0, panel)]),
  ]);
  writer.body = [
    enter,
    // A depth of 0 has one empty block, whose sums are +0.
    when(i32.eqz(get(steps)), [set(count, i32.const(0)), set(r0, i32.const(0)), set(r1, i32.const(0)), columnsLoop]),
    forLoop(first, i32.const(0), get(steps), 0, [
      enterBlock,
      columnsLoop,
      set(
        mode,
        choose("i32", i32.or(word("blocked"), i32.eqz(isFloat)), i32.const(SUMS.ADD), i32.const(SUMS.CONTINUE)),
      ),
      set(first, i32.add(get(first), get(count))),
    ]),
  ];
  return writer;
}
