/**
 * Short sums: one or two rows over gathered columns with few indices, as a depthwise convolution has them, one channel
 * a batch. Packing would cost more than the sums, so columns are read where they are, and what the guards say is found
 * once for all batches.
 *
 * Columns go four at a time, sorted into lists: lanes that follow one another, or every other one, and that no guard
 * can hide; lanes that follow one another behind guards, with a mask for each index; and all others, with masks and
 * offsets. An entry is the offset of the four in the input and in the output's row, in bytes.
 */
import { KIND, MODE, type Contraction } from "../contraction.ts";
import {
  block,
  br,
  brIf,
  call,
  choose,
  forLoop,
  get,
  i32,
  i32x4,
  loop,
  memorySize,
  select,
  set,
  v128,
  when,
  type Code,
} from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import { quad, SPACING } from "./classify.ts";
import { ELEMENTS } from "./element.ts";
import type { Madd } from "./madd.ts";
import { entry } from "./panel.ts";
import { FIELD, HEAD, LANE_BYTES, ROW_LANES, SCRATCH } from "./shape.ts";

type Writer = FunctionWriter & { index: number };

/** Most rows and indices of a short sum, and fours of columns that are sorted at a time. */
const MOST = { rows: 2, depth: 64, fours: 512 } as const;
const ENTRY = 8;
const VECTOR = 16;
const ROW_STEP = ROW_LANES[KIND.FLOAT32] * LANE_BYTES;
const [float32] = ELEMENTS;

/** Whether a contraction's sums are short. */
export const isShort = ({ kind, depth, rows, columnFactor }: Contraction): boolean =>
  kind === KIND.FLOAT32 && columnFactor.mode === MODE.GATHERED && rows <= MOST.rows && depth > 0 && depth <= MOST.depth;

/** Columns that are sorted at a time. */
export const SHORT_COLUMNS = MOST.fours * 4;

/** Bytes of scratch for the lists, beyond what every contraction uses. */
export const shortScratch = ({ depth, columns }: Contraction): number =>
  SCRATCH.panels +
  MOST.depth * ROW_STEP +
  Math.min(MOST.fours, Math.ceil(columns / 4)) * (4 * ENTRY + 3 * VECTOR * depth) +
  64;

/** How the four lanes of a list's entries are read. */
interface Way {
  readonly name: string;
  readonly atOnce: number;
  readonly masked: boolean;
  readonly load: (address: Code) => Code;
}

const WAYS: readonly Way[] = [
  { name: "row", atOnce: 4, masked: false, load: float32.row },
  { name: "even", atOnce: 4, masked: false, load: float32.even },
  { name: "masked", atOnce: 2, masked: true, load: float32.row },
];

/** `short_way(list, count, base, depthTable, depth, row, out, masks)`: the sums of a list's entries. */
function ofList(module: ModuleWriter, madd: Madd, { name, atOnce, masked, load }: Way): Writer {
  const writer = module.function(
    `short_${name}`,
    Array.from({ length: 8 }, () => "i32" as const),
    [],
  );
  const [list, count, base, depthTable, depth, row, out, masks] = [0, 1, 2, 3, 4, 5, 6, 7];
  const local = (): number => writer.local("i32");
  const [table, end, weight, shift, maskBytes] = Array.from({ length: 5 }, local);
  const lanes = Array.from({ length: atOnce }, () => ({ at: local(), mask: local(), sum: writer.local("v128") }));
  const splat = writer.local("v128");
  const some = (width: number): Code => {
    const own = lanes.slice(0, width);
    return [
      own.map(({ at, mask, sum }, i) => [
        set(at, i32.add(get(base), i32.load(get(list), i * ENTRY))),
        masked ? set(mask, i32.add(get(masks), i32.mul(get(maskBytes), i32.const(i)))) : [],
        set(sum, i32x4.const(0, 0, 0, 0)),
      ]),
      set(table, get(depthTable)),
      set(weight, get(row)),
      block(
        loop(
          brIf(1, i32.eq(get(table), get(end))),
          set(shift, i32.shl(i32.load(get(table)), i32.const(2))),
          set(splat, v128.load32_splat(get(weight))),
          own.map(({ at, mask, sum }) => {
            const value = load(i32.add(get(at), get(shift)));
            return [
              set(sum, madd(get(splat), masked ? v128.and(value, v128.load(get(mask))) : value, get(sum))),
              masked ? set(mask, i32.add(get(mask), i32.const(VECTOR))) : [],
            ];
          }),
          set(table, i32.add(get(table), i32.const(4))),
          set(weight, i32.add(get(weight), i32.const(ROW_STEP))),
          br(0),
        ),
      ),
      own.map(({ sum }, i) => v128.store(i32.add(get(out), i32.load(get(list), i * ENTRY + 4)), get(sum))),
      set(list, i32.add(get(list), i32.const(width * ENTRY))),
      masked ? set(masks, i32.add(get(masks), i32.mul(get(maskBytes), i32.const(width)))) : [],
      set(count, i32.sub(get(count), i32.const(width))),
    ];
  };
  writer.body = [
    set(end, i32.add(get(depthTable), i32.shl(get(depth), i32.const(2)))),
    set(maskBytes, i32.mul(get(depth), i32.const(VECTOR))),
    block(loop(brIf(1, i32.lt_s(get(count), i32.const(atOnce))), some(atOnce), br(0))),
    block(loop(brIf(1, i32.eqz(get(count))), some(1), br(0))),
  ];
  return writer;
}

/** `short_any(list, count, base, depth, row, out, masks)`: entries of any lanes; a mask is followed by offsets. */
function ofAny(module: ModuleWriter, madd: Madd): Writer {
  const writer = module.function(
    "short_any",
    Array.from({ length: 7 }, () => "i32" as const),
    [],
  );
  const [list, count, base, depth, row, out, masks] = [0, 1, 2, 3, 4, 5, 6];
  const [weight, end, to] = Array.from({ length: 3 }, () => writer.local("i32"));
  const [sum, addresses, mask, bases] = Array.from({ length: 4 }, () => writer.local("v128"));
  writer.body = [
    set(bases, i32x4.splat(get(base))),
    block(
      loop(
        brIf(1, i32.eqz(get(count))),
        set(sum, i32x4.const(0, 0, 0, 0)),
        set(weight, get(row)),
        set(end, i32.add(get(row), i32.mul(get(depth), i32.const(ROW_STEP)))),
        block(
          loop(
            brIf(1, i32.eq(get(weight), get(end))),
            set(mask, v128.load(get(masks))),
            set(addresses, v128.and(get(mask), i32x4.add(get(bases), v128.load(get(masks), VECTOR)))),
            set(sum, madd(v128.load32_splat(get(weight)), v128.and(get(mask), float32.lanes(addresses)), get(sum))),
            set(masks, i32.add(get(masks), i32.const(2 * VECTOR))),
            set(weight, i32.add(get(weight), i32.const(ROW_STEP))),
            br(0),
          ),
        ),
        // The first word of an entry is how many of the four exist: only the last may lack some.
        set(to, i32.add(get(out), i32.load(get(list), 4))),
        when(i32.eq(i32.load(get(list)), i32.const(4)), v128.store(get(to), get(sum)), [
          [0, 1, 2].map((lane) =>
            when(i32.gt_u(i32.load(get(list)), i32.const(lane)), v128.store32_lane(get(to), get(sum), lane, 4 * lane)),
          ),
        ]),
        set(list, i32.add(get(list), i32.const(ENTRY))),
        set(count, i32.sub(get(count), i32.const(1))),
        br(0),
      ),
    ),
  ];
  return writer;
}

/**
 * Adds `short(at, b0, b1, m0, m1, n0, n1, scratch)` to a module, which says whether the sums were short and are done.
 * @param lanes Packs lanes of a factor.
 * @param general Computes a batch whatever its factors; for inputs too near an end of the memory.
 */
export function shortDriver(module: ModuleWriter, madd: Madd, lanes: Writer, general: Writer): Writer {
  const ways = WAYS.map((way) => ofList(module, madd, way));
  const any = ofAny(module, madd);
  const writer = module.function(
    "short",
    Array.from({ length: 8 }, () => "i32" as const),
    ["i32"],
  );
  const [at, b0, b1, m0, m1, n0, n1, scratch] = [0, 1, 2, 3, 4, 5, 6, 7];
  const local = (): number => writer.local("i32");
  const [factor, rowFactor, lane, to, r0, r1, r, depthTable] = Array.from({ length: 8 }, local);
  const [fours, tables, own, n, batch, m, base, row, panels] = Array.from({ length: 9 }, local);
  const [least, greatest, leastDepth, greatestDepth, number, low, high, limit] = Array.from({ length: 8 }, local);
  const lists = Array.from({ length: 4 }, () => ({ at: local(), end: local() }));
  const masks = Array.from({ length: 2 }, () => ({ at: local(), end: local() }));
  const mask = writer.local("v128");
  const { lanes: offsets, valid, spacing, asked, guards, ...four } = quad(writer, { factor, lane, to, r0, r1 });
  const word = (name: keyof typeof HEAD): Code => i32.load(get(at), HEAD[name]);
  const field = (of: number, name: keyof typeof FIELD): Code => i32.load(get(of), FIELD[name]);
  const isPacked = i32.eq(field(rowFactor, "mode"), i32.const(MODE.PACKED));
  const lower = (a: number, b: Code): Code => set(a, select(i32.lt_s(b, get(a)), b, get(a)));
  const higher = (a: number, b: Code): Code => set(a, select(i32.gt_s(b, get(a)), b, get(a)));

  const cannot: Code = [
    i32.ne(word("kind"), i32.const(KIND.FLOAT32)),
    i32.ne(field(factor, "mode"), i32.const(MODE.GATHERED)),
    i32.gt_s(word("rows"), i32.const(MOST.rows)),
    i32.gt_u(i32.sub(word("depth"), i32.const(1)), i32.const(MOST.depth - 1)),
  ].reduce((a, b) => i32.or(a, b));
  const apart = (table: Code): Code => i32.sub(i32.load(table, 4), i32.load(table));
  /** Columns whose elements follow one another along the depth, attention's keys for one: those are transposed faster. */
  const isTransposed: Code = choose(
    "i32",
    i32.or(field(factor, "guards"), i32.or(i32.eq(word("columns"), i32.const(1)), i32.eq(word("depth"), i32.const(1)))),
    i32.const(0),
    i32.and(
      i32.eq(apart(field(factor, "depth")), i32.const(1)),
      i32.gt_u(i32.sub(apart(field(factor, "lane")), i32.const(1)), i32.const(1)),
    ),
  );

  const enter: Code = [
    set(rowFactor, i32.add(get(at), i32.const(HEAD.rowFactor))),
    set(r1, word("depth")),
    set(depthTable, field(factor, "depth")),
    set(limit, i32.sub(i32.shl(memorySize, i32.const(16)), i32.const(VECTOR))),
    set(fours, i32.shr_u(i32.add(word("columns"), i32.const(3)), i32.const(2))),
    set(fours, select(i32.lt_u(get(fours), i32.const(MOST.fours)), get(fours), i32.const(MOST.fours))),
    set(panels, i32.add(get(scratch), i32.const(SCRATCH.panels))),
    set(lists[0].at, i32.add(get(panels), i32.const(MOST.depth * ROW_STEP))),
    lists.slice(1).map((list, i) => set(list.at, i32.add(get(lists[i].at), i32.mul(get(fours), i32.const(ENTRY))))),
    set(masks[0].at, i32.add(get(lists[3].at), i32.mul(get(fours), i32.const(ENTRY)))),
    set(tables, i32.mul(get(fours), i32.mul(get(r1), i32.const(VECTOR)))),
    set(masks[1].at, i32.add(get(masks[0].at), get(tables))),
    set(own, i32.add(get(masks[1].at), i32.shl(get(tables), i32.const(1)))),
    set(own, i32.and(i32.add(get(own), i32.const(63)), i32.const(-64))),
    four.enterIndices,
    set(leastDepth, i32.load(get(depthTable))),
    set(greatestDepth, get(leastDepth)),
    forLoop(r, i32.const(1), get(r1), 1, [
      set(number, entry(get(depthTable), get(r))),
      lower(leastDepth, get(number)),
      higher(greatestDepth, get(number)),
    ]),
  ];

  const push = (list: number, first: Code): Code => [
    i32.store(get(lists[list].end), first),
    i32.store(get(lists[list].end), i32.shl(get(lane), i32.const(2)), 4),
    set(lists[list].end, i32.add(get(lists[list].end), i32.const(ENTRY))),
  ];
  const putMasks = (table: number, withOffsets: boolean): Code =>
    forLoop(r, i32.const(0), get(r1), 1, [
      set(mask, get(valid)),
      guards.map((guard, g) =>
        when(
          i32.gt_u(get(asked), i32.const(g)),
          set(
            mask,
            v128.and(
              get(mask),
              i32x4.lt_u(
                i32x4.add(get(guard.numbers), i32x4.splat(entry(get(guard.depth), get(r)))),
                i32x4.splat(get(guard.size)),
              ),
            ),
          ),
        ),
      ),
      v128.store(get(masks[table].end), get(mask)),
      withOffsets
        ? v128.store(
            get(masks[table].end),
            i32x4.shl(i32x4.add(get(offsets), i32x4.splat(entry(get(depthTable), get(r)))), i32.const(2)),
            VECTOR,
          )
        : [],
      set(masks[table].end, i32.add(get(masks[table].end), i32.const(withOffsets ? 2 * VECTOR : VECTOR))),
    ]);
  const firstOffset = i32.shl(i32x4.extract_lane(get(offsets), 0), i32.const(2));
  const is = (which: number): Code => i32.eq(get(spacing), i32.const(which));
  const free = i32.and(four.isFull, i32.eqz(get(asked)));
  const sort: Code = [
    [...lists, ...masks].map(({ at, end }) => set(end, get(at))),
    set(least, i32.const(2 ** 31 - 1)),
    set(greatest, i32.const(-(2 ** 31))),
    set(to, get(n1)),
    when(i32.gt_s(i32.sub(get(n1), get(n)), i32.const(SHORT_COLUMNS)), [
      set(to, i32.add(get(n), i32.const(SHORT_COLUMNS))),
    ]),
    forLoop(lane, get(n), get(to), 4, [
      four.enterLanes,
      when(
        i32.and(free, is(SPACING.CONSECUTIVE)),
        push(0, firstOffset),
        when(
          i32.and(free, is(SPACING.EVEN)),
          push(1, firstOffset),
          when(
            i32.and(four.isFull, is(SPACING.CONSECUTIVE)),
            [
              push(2, firstOffset),
              lower(least, i32x4.extract_lane(get(offsets), 0)),
              higher(greatest, i32x4.extract_lane(get(offsets), 0)),
              putMasks(0, false),
            ],
            [push(3, select(four.isFull, i32.const(4), i32.sub(get(to), get(lane)))), putMasks(1, true)],
          ),
        ),
      ),
    ]),
  ];

  /** Whether all that the third list reads, behind failing guards too, is memory. */
  const isReadable: Code = [
    i32.lt_u(i32.sub(get(greatest), get(least)), i32.const(2 ** 27)),
    i32.lt_u(i32.sub(get(greatestDepth), get(leastDepth)), i32.const(2 ** 27)),
    i32.le_u(get(low), get(limit)),
    i32.le_u(get(high), get(limit)),
    i32.le_u(get(low), get(high)),
  ].reduce((a, b) => i32.and(a, b));
  const countOf = (list: number): Code =>
    i32.shr_u(i32.sub(get(lists[list].end), get(lists[list].at)), i32.const(Math.log2(ENTRY)));
  const outOf: Code = i32.add(
    word("out"),
    i32.shl(i32.add(entry(word("outBatch"), get(batch)), entry(word("outRow"), get(m))), i32.const(2)),
  );
  const sums: Code = forLoop(m, get(m0), get(m1), 1, [
    when(
      isPacked,
      [
        set(row, i32.add(field(rowFactor, "address"), entry(field(rowFactor, "batch"), get(batch)))),
        set(row, i32.add(get(row), i32.shl(get(m), i32.const(2)))),
      ],
      [
        set(row, get(panels)),
        call(
          lanes.index,
          get(rowFactor),
          i32.const(0),
          i32.const(KIND.FLOAT32),
          get(batch),
          get(m),
          i32.add(get(m), i32.const(1)),
          i32.const(0),
          get(r1),
          get(row),
          i32.const(0),
        ),
      ],
    ),
    ways.map((way, list) =>
      call(
        way.index,
        get(lists[list].at),
        countOf(list),
        get(base),
        get(depthTable),
        get(r1),
        get(row),
        outOf,
        get(masks[0].at),
      ),
    ),
    call(any.index, get(lists[3].at), countOf(3), get(base), get(r1), get(row), outOf, get(masks[1].at)),
  ]);
  const edge = (offset: number, depth: number): Code =>
    i32.add(get(base), i32.shl(i32.add(get(offset), get(depth)), i32.const(2)));
  writer.body = [
    set(factor, i32.add(get(at), i32.const(HEAD.columnFactor))),
    choose("i32", choose("i32", cannot, i32.const(1), isTransposed), i32.const(0), [
      enter,
      forLoop(n, get(n0), get(n1), SHORT_COLUMNS, [
        sort,
        forLoop(batch, get(b0), get(b1), 1, [
          set(
            base,
            i32.add(field(factor, "address"), i32.shl(entry(field(factor, "batch"), get(batch)), i32.const(2))),
          ),
          set(low, edge(least, leastDepth)),
          set(high, edge(greatest, greatestDepth)),
          when(
            i32.or(i32.eqz(countOf(2)), isReadable),
            sums,
            call(general.index, ...[at, batch, m0, m1, n, to, own].map(get)),
          ),
        ]),
      ]),
      i32.const(1),
    ]),
  ];
  return writer;
}
