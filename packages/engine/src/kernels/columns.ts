/**
 * Packing of columns, four at a time: `columns(factor, batch, from, to, r0, r1, place, panelBytes)` packs lanes [from,
 * to) and indices [r0, r1) into panels at `place`, `panelBytes` apart. For every four lanes it chooses the gatherer:
 * lanes that follow one another are loaded whole, and where no guard can fail within this block none is asked.
 */
import { MAX_GUARDS, MODE } from "../contraction.ts";
import {
  RETURN,
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
  select,
  set,
  v128,
  when,
  type Code,
} from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import type { Element } from "./element.ts";
import { gatherers, gatherOperands, SPACING, type Gathering } from "./gather.ts";
import { entry } from "./panel.ts";
import { COLUMN_LANES, FIELD, GUARD, LANE_BYTES } from "./shape.ts";

type Writer = FunctionWriter & { index: number };

const PITCH = COLUMN_LANES * LANE_BYTES;
const NUMBERS = i32x4.const(0, 1, 2, 3);
const four = [0, 1, 2, 3];

/** Whether `count` numbers of the table at `table` go up by one; `at` and `end` are locals it may use. */
export function consecutive(table: Code, count: Code, at: number, end: number): Code {
  return [
    set(at, table),
    set(end, i32.add(get(at), i32.shl(i32.sub(count, i32.const(1)), i32.const(2)))),
    block(
      loop(
        brIf(1, i32.ge_u(get(at), get(end))),
        brIf(1, i32.ne(i32.load(get(at), 4), i32.add(i32.load(get(at)), i32.const(1)))),
        set(at, i32.add(get(at), i32.const(4))),
        br(0),
      ),
    ),
    i32.ge_u(get(at), get(end)),
  ];
}

/** The zero point of a lane: code for one integer of the factor's type. */
export const zeroOf = (factor: number, element: Element, lane: Code, byte: (at: Code) => Code): Code =>
  element.isFloat
    ? i32.const(0)
    : choose(
        "i32",
        i32.load(get(factor), FIELD.zero),
        byte(
          i32.add(
            i32.load(get(factor), FIELD.zero),
            choose(
              "i32",
              i32.load(get(factor), FIELD.zeroLane),
              entry(i32.load(get(factor), FIELD.zeroLane), lane),
              i32.const(0),
            ),
          ),
        ),
        i32.const(0),
      );

export const byteOf =
  (element: Element) =>
  (at: Code): Code =>
    element.name === "s8" ? i32.load8_s(at) : i32.load8_u(at);

export function columnPacker(module: ModuleWriter, element: Element, transpose: Writer): Writer {
  const bySpacing = gatherers(module, element);
  const writer = module.function(
    `columns_${element.name}`,
    Array.from({ length: 8 }, () => "i32" as const),
    [],
  );
  const [factor, batch, from, to, r0, r1, place, panelBytes] = [0, 1, 2, 3, 4, 5, 6, 7];
  const local = (): number => writer.local("i32");
  const vector = (): number => writer.local("v128");
  const [base, depth, count, laneTable, guardCount, contiguous] = Array.from({ length: 6 }, local);
  const [lane, target, spacing, asked, groups, at, end] = Array.from({ length: 7 }, local);
  const [lanes, valid, zeros, differences] = Array.from({ length: 4 }, vector);
  const guards = Array.from({ length: MAX_GUARDS }, () => ({
    lanes: local(),
    depth: local(),
    size: local(),
    least: local(),
    greatest: local(),
    /** The size for the test that spares the guard: 0 where the numbers are too far apart for it. */
    inner: local(),
    numbers: vector(),
  }));
  const field = (name: keyof typeof FIELD, more = 0): Code => i32.load(get(factor), FIELD[name] + more);
  const laneOf = (i: number): Code =>
    select(i32.lt_s(i32.add(get(lane), i32.const(i)), get(to)), i32.add(get(lane), i32.const(i)), lastLane);
  const lastLane = i32.sub(get(to), i32.const(1));
  const isFull = i32.le_s(i32.add(get(lane), i32.const(4)), get(to));
  /** Four entries of a table by lane; behind the last lane, the last one's. */
  const fourOf = (table: Code): Code =>
    choose(
      "v128",
      isFull,
      v128.load(i32.add(table, i32.shl(get(lane), i32.const(2)))),
      four.reduce((made: Code, i) => i32x4.replace_lane(made, i, entry(table, laneOf(i))), i32x4.const(0, 0, 0, 0)),
    );

  const enter: Code = [
    set(base, i32.add(field("address"), i32.shl(entry(field("batch"), get(batch)), i32.const(element.shift)))),
    set(depth, i32.add(field("depth"), i32.shl(get(r0), i32.const(2)))),
    set(count, i32.sub(get(r1), get(r0))),
    set(laneTable, field("lane")),
    set(guardCount, field("guards")),
    set(contiguous, consecutive(get(depth), get(count), at, end)),
    guards.map((guard, g) =>
      when(i32.gt_u(get(guardCount), i32.const(g)), [
        set(guard.lanes, field("guard", g * GUARD.bytes + GUARD.lane)),
        set(guard.depth, i32.add(field("guard", g * GUARD.bytes + GUARD.depth), i32.shl(get(r0), i32.const(2)))),
        set(guard.size, field("guard", g * GUARD.bytes + GUARD.size)),
        set(guard.least, i32.load(get(guard.depth))),
        set(guard.greatest, get(guard.least)),
        set(at, get(guard.depth)),
        set(end, i32.add(get(at), i32.shl(get(count), i32.const(2)))),
        forLoop(at, get(guard.depth), get(end), 4, [
          set(groups, i32.load(get(at))),
          set(guard.least, select(i32.lt_s(get(groups), get(guard.least)), get(groups), get(guard.least))),
          set(guard.greatest, select(i32.gt_s(get(groups), get(guard.greatest)), get(groups), get(guard.greatest))),
        ]),
        // If both ends are below the size and neither it nor their distance reaches 2^31, so is all that lies between.
        set(
          guard.inner,
          select(
            i32.ge_s(i32.or(get(guard.size), i32.sub(get(guard.greatest), get(guard.least))), i32.const(0)),
            get(guard.size),
            i32.const(0),
          ),
        ),
      ]),
    ),
  ];
  const enterLanes: Code = [
    set(
      lanes,
      choose(
        "v128",
        i32.eq(field("mode"), i32.const(MODE.STRIDED)),
        i32x4.add(i32x4.splat(i32.add(i32.load(get(laneTable)), get(lane))), NUMBERS),
        fourOf(get(laneTable)),
      ),
    ),
    set(valid, i32x4.lt_s(i32x4.add(i32x4.splat(get(lane)), NUMBERS), i32x4.splat(get(to)))),
    element.isFloat
      ? []
      : four.map((i) =>
          set(zeros, i32x4.replace_lane(get(zeros), i, zeroOf(factor, element, laneOf(i), byteOf(element)))),
        ),
    set(differences, i32x4.sub(get(lanes), i32x4.splat(i32x4.extract_lane(get(lanes), 0)))),
    set(
      spacing,
      choose(
        "i32",
        i32x4.all_true(i32x4.eq(get(differences), NUMBERS)),
        i32.const(SPACING.CONSECUTIVE),
        select(
          i32x4.all_true(i32x4.eq(get(differences), i32x4.const(0, 2, 4, 6))),
          i32.const(SPACING.EVEN),
          i32.const(SPACING.ANY),
        ),
      ),
    ),
    // All lanes' guards are asked, or none.
    set(asked, i32.const(0)),
    guards.map((guard, g) => [
      when(i32.gt_u(get(guardCount), i32.const(g)), [
        set(guard.numbers, fourOf(get(guard.lanes))),
        when(
          i32.eqz(
            i32x4.all_true(
              [guard.least, guard.greatest]
                .map((edge) =>
                  i32x4.lt_u(i32x4.add(get(guard.numbers), i32x4.splat(get(edge))), i32x4.splat(get(guard.inner))),
                )
                .reduce((a, b) => v128.and(a, b)),
            ),
          ),
          set(asked, get(guardCount)),
        ),
      ]),
    ]),
    set(target, i32.add(get(place), i32.shl(i32.and(i32.sub(get(lane), get(from)), i32.const(4)), i32.const(2)))),
  ];
  const gathering: Gathering = {
    lanes: get(lanes),
    valid: get(valid),
    zeros: get(zeros),
    guardLanes: guards.map(({ numbers }) => get(numbers)),
    base: get(base),
    depth: get(depth),
    guardDepths: guards.map((guard) => get(guard.depth)),
    sizes: guards.map(({ size }) => get(size)),
    count: get(count),
    to: get(target),
  };
  const indicesOf = (stepGroups: Code): Code => i32.shl(stepGroups, i32.const(element.isFloat ? 2 : 3));
  /** Whole groups of four steps by transposing, the rest lane by lane. */
  const transposed: Code = [
    set(groups, i32.shr_u(get(count), i32.const(element.isFloat ? 2 : 3))),
    call(
      transpose.index,
      ...four.map((i) =>
        i32.add(
          get(base),
          i32.shl(i32.add(i32x4.extract_lane(get(lanes), i), i32.load(get(depth))), i32.const(element.shift)),
        ),
      ),
      ...four.map((i) => i32x4.extract_lane(get(zeros), i)),
      get(groups),
      get(target),
      i32.const(PITCH),
    ),
    call(
      bySpacing[SPACING.ANY][0].index,
      ...gatherOperands(
        {
          ...gathering,
          depth: i32.add(get(depth), i32.shl(indicesOf(get(groups)), i32.const(2))),
          count: i32.sub(get(count), indicesOf(get(groups))),
          to: i32.add(get(target), i32.mul(get(groups), i32.const(4 * PITCH))),
        },
        0,
      ),
    ),
  ];
  const canTranspose = [
    get(contiguous),
    i32.eqz(get(asked)),
    i32.ne(get(spacing), i32.const(SPACING.CONSECUTIVE)),
    isFull,
  ].reduce((a, b) => i32.and(a, b));
  const gathered: Code = bySpacing.map((byGuards, s) =>
    when(
      i32.eq(get(spacing), i32.const(s)),
      byGuards.map((gatherer, g) =>
        when(i32.eq(get(asked), i32.const(g)), call(gatherer.index, ...gatherOperands(gathering, g))),
      ),
    ),
  );
  writer.body = [
    when(i32.le_s(get(r1), get(r0)), RETURN),
    enter,

    forLoop(
      lane,
      get(from),
      i32.add(get(from), i32.and(i32.add(i32.sub(get(to), get(from)), i32.const(7)), i32.const(-COLUMN_LANES))),
      4,
      [
        enterLanes,
        when(canTranspose, transposed, gathered),
        when(i32.and(i32.sub(get(lane), get(from)), i32.const(4)), set(place, i32.add(get(place), get(panelBytes)))),
      ],
    ),
  ];
  return writer;
}
