/**
 * What is known of four lanes of a column factor before their elements are read: their offsets, how these follow one
 * another, and whether any guard can fail among the indices at hand.
 */
import { MAX_GUARDS, MODE } from "../contraction.ts";
import { choose, forLoop, get, i32, i32x4, select, set, v128, when, type Code } from "../wasm/code.ts";
import type { FunctionWriter } from "../wasm/module.ts";
import { entry } from "./panel.ts";
import { FIELD, GUARD } from "./shape.ts";

/** How the offsets of four lanes follow one another. */
export const SPACING = { CONSECUTIVE: 0, EVEN: 1, ANY: 2 } as const;

export const NUMBERS = i32x4.const(0, 1, 2, 3);
const four = [0, 1, 2, 3];

/** Locals of the function that asks: the factor's words, the four's first lane, the end of lanes, the indices. */
export interface Asked {
  readonly factor: number;
  readonly lane: number;
  readonly to: number;
  readonly r0: number;
  readonly r1: number;
}

/** A guard's locals. */
export interface GuardLocals {
  readonly lanes: number;
  /** Its table of numbers by depth, from the first index. */
  readonly depth: number;
  readonly size: number;
  readonly least: number;
  readonly greatest: number;
  /** The size for the test that spares the guard: 0 where the numbers are too far apart for it. */
  readonly inner: number;
  readonly numbers: number;
}

/** Locals that hold the answers, and the code that finds them: once for the indices, then for every four lanes. */
export interface Quad {
  readonly lanes: number;
  readonly valid: number;
  readonly spacing: number;
  /** Guards that must be asked: all of them, or 0. */
  readonly asked: number;
  readonly guardCount: number;
  readonly guards: readonly GuardLocals[];
  readonly enterIndices: Code;
  readonly enterLanes: Code;
  /** Whether all four lanes exist. */
  readonly isFull: Code;
  /** The number of lane i of the four, or of the last lane where that one does not exist. */
  readonly laneOf: (i: number) => Code;
}

export function quad(writer: FunctionWriter, { factor, lane, to, r0, r1 }: Asked): Quad {
  const local = (): number => writer.local("i32");
  const vector = (): number => writer.local("v128");
  const [laneTable, guardCount, spacing, asked, at, end, number] = Array.from({ length: 7 }, local);
  const [lanes, valid, differences] = Array.from({ length: 3 }, vector);
  const guards: GuardLocals[] = Array.from({ length: MAX_GUARDS }, () => ({
    lanes: local(),
    depth: local(),
    size: local(),
    least: local(),
    greatest: local(),
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

  const enterIndices: Code = [
    set(laneTable, field("lane")),
    set(guardCount, field("guards")),
    guards.map((guard, g) =>
      when(i32.gt_u(get(guardCount), i32.const(g)), [
        set(guard.lanes, field("guard", g * GUARD.bytes + GUARD.lane)),
        set(guard.depth, i32.add(field("guard", g * GUARD.bytes + GUARD.depth), i32.shl(get(r0), i32.const(2)))),
        set(guard.size, field("guard", g * GUARD.bytes + GUARD.size)),
        set(guard.least, i32.load(get(guard.depth))),
        set(guard.greatest, get(guard.least)),
        set(end, i32.add(get(guard.depth), i32.shl(i32.sub(get(r1), get(r0)), i32.const(2)))),
        forLoop(at, get(guard.depth), get(end), 4, [
          set(number, i32.load(get(at))),
          set(guard.least, select(i32.lt_s(get(number), get(guard.least)), get(number), get(guard.least))),
          set(guard.greatest, select(i32.gt_s(get(number), get(guard.greatest)), get(number), get(guard.greatest))),
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
  ];
  return { lanes, valid, spacing, asked, guardCount, guards, enterIndices, enterLanes, isFull, laneOf };
}
