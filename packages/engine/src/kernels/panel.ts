/**
 * The plain packer: one panel of either factor, element by element, by whatever mode the factor has. Everything that
 * has no faster packer goes through it.
 *
 * `panel(factor, side, kind, batch, lane, count, r0, r1, to)`: lanes [lane, lane + count) and indices [r0, r1) of the
 * factor whose words lie at `factor`, in batch `batch`, into the panel at `to`. r0 is even.
 */
import { FACTOR, KIND, MAX_GUARDS, MODE, SIDE } from "../contraction.ts";
import { block, brIf, choose, forLoop, get, i32, memoryFill, select, set, when, type Code } from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import { COLUMN_LANES, FIELD, GUARD, LANE_BYTES, ROW_LANES } from "./shape.ts";

/** The word at `table[index]`. */
export const entry = (table: Code, index: Code): Code => i32.load(i32.add(table, i32.shl(index, i32.const(2))));

/** Rows of a panel, of the kind that a condition tells. */
export const rowLanesOf = (isFloat: Code): Code =>
  select(isFloat, i32.const(ROW_LANES[KIND.FLOAT32]), i32.const(ROW_LANES[KIND.INT32]));

export function panelPacker(module: ModuleWriter): FunctionWriter & { index: number } {
  const writer = module.function(
    "panel",
    Array.from({ length: 9 }, () => "i32" as const),
    [],
  );
  const [factor, side, kind, batch, lane, count, r0, r1, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const local = (): number => writer.local("i32");
  const [mode, dtype, stride, depth, lanes, bytes] = Array.from({ length: 6 }, local);
  const [i, r, own, offset, zero, place, value] = Array.from({ length: 7 }, local);
  const guards = Array.from({ length: MAX_GUARDS }, () => ({ own: local(), depth: local(), size: local() }));
  const field = (name: keyof typeof FIELD, more = 0): Code => i32.load(get(factor), FIELD[name] + more);
  const isStrided = i32.eq(get(mode), i32.const(MODE.STRIDED));
  const isRows = i32.eq(get(side), i32.const(SIDE.ROWS));
  const isFloat = i32.eq(get(kind), i32.const(KIND.FLOAT32));
  const byte = (address: Code): Code =>
    choose("i32", i32.eq(get(dtype), i32.const(FACTOR.INT8)), i32.load8_s(address), i32.load8_u(address));
  const laneOf = i32.add(get(lane), get(i));

  /** What the lane is found by: its offset with the batch's, its zero point, its guards' numbers. */
  const enterLane: Code = [
    set(
      own,
      i32.add(
        entry(field("batch"), get(batch)),
        choose(
          "i32",
          i32.and(isStrided, i32.eqz(isRows)),
          i32.add(i32.load(field("lane")), laneOf),
          entry(field("lane"), laneOf),
        ),
      ),
    ),
    set(zero, i32.const(0)),
    when(field("zero"), [
      set(place, field("zero")),
      when(field("zeroLane"), set(place, i32.add(get(place), entry(field("zeroLane"), laneOf)))),
      set(zero, byte(get(place))),
    ]),
    guards.map((guard, g) =>
      when(i32.gt_u(field("guards"), i32.const(g)), [
        set(guard.own, entry(field("guard", GUARD.bytes * g + GUARD.lane), laneOf)),
        set(guard.depth, field("guard", GUARD.bytes * g + GUARD.depth)),
        set(guard.size, field("guard", GUARD.bytes * g + GUARD.size)),
      ]),
    ),
  ];
  /** Leaves the block around it where a guard fails. */
  const guarded: Code = guards.map((guard, g) =>
    when(i32.gt_u(field("guards"), i32.const(g)), [
      brIf(1, i32.ge_u(i32.add(get(guard.own), entry(get(guard.depth), get(r))), get(guard.size))),
    ]),
  );
  const fromStart = i32.sub(get(r), get(r0));
  const element: Code = [
    set(
      offset,
      i32.add(
        get(own),
        choose("i32", i32.and(isStrided, isRows), i32.mul(get(r), get(stride)), entry(get(depth), get(r))),
      ),
    ),
    set(
      value,
      choose(
        "i32",
        isFloat,
        i32.load(i32.add(field("address"), i32.shl(get(offset), i32.const(2)))),
        i32.sub(byte(i32.add(field("address"), get(offset))), get(zero)),
      ),
    ),
    when(
      isFloat,
      i32.store(i32.add(get(to), i32.shl(i32.add(i32.mul(fromStart, get(lanes)), get(i)), i32.const(2))), get(value)),
      i32.store16(
        i32.add(
          i32.add(
            get(to),
            i32.shl(i32.add(i32.mul(i32.shr_u(fromStart, i32.const(1)), get(lanes)), get(i)), i32.const(2)),
          ),
          i32.shl(i32.and(get(r), i32.const(1)), i32.const(1)),
        ),
        get(value),
      ),
    ),
  ];

  writer.body = [
    set(mode, field("mode")),
    set(dtype, field("dtype")),
    set(stride, field("stride")),
    set(depth, field("depth")),
    set(lanes, select(isRows, rowLanesOf(isFloat), i32.const(COLUMN_LANES))),
    set(bytes, i32.sub(get(r1), get(r0))),
    when(i32.eqz(isFloat), set(bytes, i32.shr_u(i32.add(get(bytes), i32.const(1)), i32.const(1)))),
    set(bytes, i32.mul(get(bytes), i32.mul(get(lanes), i32.const(LANE_BYTES)))),
    memoryFill(get(to), i32.const(0), get(bytes)),
    forLoop(i, i32.const(0), get(count), 1, [enterLane, forLoop(r, get(r0), get(r1), 1, block(guarded, element))]),
  ];
  return writer;
}
