/**
 * Packing of columns, four at a time: `columns(factor, batch, from, to, r0, r1, place, panelBytes)` packs lanes [from,
 * to) and indices [r0, r1) into panels at `place`, `panelBytes` apart. For every four lanes it chooses the gatherer:
 * lanes that follow one another are loaded whole, and where no guard can fail within this block none is asked.
 */
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
  set,
  when,
  type Code,
} from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import type { Element } from "./element.ts";
import { quad, SPACING } from "./classify.ts";
import { gatherers, gatherOperands, type Gathering } from "./gather.ts";
import { entry } from "./panel.ts";
import { COLUMN_LANES, FIELD, LANE_BYTES } from "./shape.ts";

type Writer = FunctionWriter & { index: number };

const PITCH = COLUMN_LANES * LANE_BYTES;
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
  const [base, depth, count, contiguous, lane, target, groups, at, end] = Array.from({ length: 9 }, local);
  const zeros = writer.local("v128");
  const { lanes, valid, spacing, asked, guards, ...lanesAt } = quad(writer, { factor, lane, to, r0, r1 });
  const { isFull, laneOf } = lanesAt;
  const field = (name: keyof typeof FIELD): Code => i32.load(get(factor), FIELD[name]);

  const enter: Code = [
    set(base, i32.add(field("address"), i32.shl(entry(field("batch"), get(batch)), i32.const(element.shift)))),
    set(depth, i32.add(field("depth"), i32.shl(get(r0), i32.const(2)))),
    set(count, i32.sub(get(r1), get(r0))),
    set(contiguous, consecutive(get(depth), get(count), at, end)),
    lanesAt.enterIndices,
  ];
  const enterLanes: Code = [
    lanesAt.enterLanes,
    element.isFloat
      ? []
      : four.map((i) =>
          set(zeros, i32x4.replace_lane(get(zeros), i, zeroOf(factor, element, laneOf(i), byteOf(element)))),
        ),
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
