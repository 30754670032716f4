/**
 * Quantised columns (`quantisedColumns.ts`): made floats in panels, for tiles of rows, or as the sums of one row are made.
 */
import { FACTOR, KIND } from "../contraction.ts";
import { block, br, brIf, choose, f32x4, forLoop, get, i32, i32x4, loop, set, v128, when } from "../wasm/code.ts";
import type { Code } from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import type { Madd } from "./madd.ts";
import { SUMS } from "./micro.ts";
import { entry } from "./panel.ts";
import { COLUMN_LANES, FIELD, HEAD, LANE_BYTES, ROW_LANES } from "./shape.ts";

type Writer = FunctionWriter & { index: number };

/** The bits of 2^23, to which those of an integer below it are added: exact, and quicker than a conversion. */
const WHOLE = 0x4b000000;
/** Bytes of a step of a panel of words, scales or floats; of a row's panel. */
const ROW = LANE_BYTES * COLUMN_LANES;
const ROW_STEP = LANE_BYTES * ROW_LANES[KIND.FLOAT32];

/** What a function over quantised columns does with an element of both halves of a panel. */
interface Walk {
  /** Code for a step, the elements given by half; `at` counts steps behind what `advance` last moved to. */
  readonly step: (columns: readonly Code[], at: number) => Code;
  readonly advance: (steps: number) => Code;
}

/** Walks through panels of the column factor whose words are at the local `factor`, of the batch in the local `batch`. */
function walker(writer: Writer, factor: number, batch: number) {
  const local = (): number => writer.local("i32");
  const [depth, group, groups, bytes, panel, zeros, isFour] = Array.from({ length: 7 }, local);
  const [r, g, end, last, place] = Array.from({ length: 5 }, local);
  const head = (name: keyof typeof HEAD): Code =>
    // A column factor's words follow the contraction's own.
    i32.load(i32.sub(get(factor), i32.const(HEAD.columnFactor)), HEAD[name]);
  const vector = (): number => writer.local("v128");
  const [points, mask, whole] = Array.from({ length: 3 }, vector);
  const asFloat = (integers: Code): Code => v128.or(integers, get(whole));
  const halves = [0, 1].map((half) => ({ at: 16 * half, scale: vector(), zero: vector(), word: vector() }));
  const field = (name: keyof typeof FIELD): Code => i32.load(get(factor), FIELD[name]);
  const steps = choose("i32", get(isFour), i32.const(8), i32.const(4));
  const over = (value: Code, divisor: Code): Code => i32.div_u(i32.sub(i32.add(value, divisor), i32.const(1)), divisor);
  /** Goes to the panel that begins with lane `n`. */
  const enter = (n: Code): Code => [
    set(isFour, i32.eq(field("dtype"), i32.const(FACTOR.UINT4))),
    set(mask, i32x4.splat(choose("i32", get(isFour), i32.const(15), i32.const(255)))),
    set(whole, i32x4.splat(i32.const(WHOLE))),
    set(depth, head("depth")),
    set(group, field("stride")),
    set(groups, over(get(depth), get(group))),
    set(bytes, i32.mul(i32.add(get(groups), over(get(depth), steps)), i32.const(ROW))),
    set(zeros, i32.mul(over(head("columns"), i32.const(COLUMN_LANES)), get(bytes))),
    set(place, i32.shr_u(n, i32.const(Math.log2(COLUMN_LANES)))),
    set(zeros, i32.add(get(zeros), i32.mul(get(place), i32.mul(get(groups), i32.const(COLUMN_LANES))))),
    set(panel, i32.add(field("address"), entry(field("batch"), get(batch)))),
    set(zeros, i32.add(get(zeros), get(panel))),
    set(panel, i32.add(get(panel), i32.mul(get(place), get(bytes)))),
  ];
  const enterGroup = (r1: Code): Code => [
    set(g, i32.div_u(get(r), get(group))),
    set(end, i32.mul(i32.add(get(g), i32.const(1)), get(group))),
    set(end, choose("i32", i32.lt_u(get(end), r1), get(end), r1)),
    set(place, i32.add(get(g), i32.div_u(i32.mul(get(g), get(group)), steps))),
    set(place, i32.add(get(panel), i32.mul(get(place), i32.const(ROW)))),
    halves.map(({ at, scale }) => set(scale, v128.load(get(place), at))),
    // To the step's word, before which lie the scales of its group and of those before.
    set(place, i32.add(get(g), i32.add(i32.div_u(get(r), steps), i32.const(1)))),
    set(place, i32.add(get(panel), i32.mul(get(place), i32.const(ROW)))),
    set(points, v128.load8x8_u(i32.add(get(zeros), i32.mul(get(g), i32.const(COLUMN_LANES))))),
    set(halves[0].zero, asFloat(i32x4.extend_low_i16x8_u(get(points)))),
    set(halves[1].zero, asFloat(i32x4.extend_high_i16x8_u(get(points)))),
  ];
  const whileBelow = (most: Code, ...body: Code[]): Code => block(loop(brIf(1, i32.ge_u(get(r), most)), body, br(0)));
  /** Whole words of a group, then what is left of the last. */
  const walkGroup = (bits: number, { step, advance }: Walk): Code => {
    const wordSteps = 32 / bits;
    const elements = (shift: number): Code[] =>
      halves.map(({ word, zero, scale }) => {
        const integer = v128.and(i32x4.shr_u(get(word), i32.const(shift)), get(mask));
        return f32x4.mul(f32x4.sub(asFloat(integer), get(zero)), get(scale));
      });
    const load = halves.map(({ at, word }) => set(word, v128.load(get(place), at)));
    return [
      set(last, i32.and(get(end), i32.const(-wordSteps))),
      whileBelow(get(last), [
        load,
        Array.from({ length: wordSteps }, (_, k) => step(elements(bits * k), k)),
        advance(wordSteps),
        set(place, i32.add(get(place), i32.const(ROW))),
        set(r, i32.add(get(r), i32.const(wordSteps))),
      ]),
      when(i32.lt_u(get(r), get(end)), load),
      whileBelow(get(end), [
        step(elements(0), 0),
        advance(1),
        halves.map(({ word }) => set(word, i32x4.shr_u(get(word), i32.const(bits)))),
        set(r, i32.add(get(r), i32.const(1))),
      ]),
    ];
  };
  return {
    enter,
    /** Steps [r0, r1) of the panel, of which the first begins a word. */
    walk: (r0: Code, r1: Code, what: Walk): Code => [
      set(r, r0),
      whileBelow(r1, enterGroup(r1), when(get(isFour), walkGroup(4, what), walkGroup(8, what))),
    ],
    next: [
      set(panel, i32.add(get(panel), get(bytes))),
      set(zeros, i32.add(get(zeros), i32.mul(get(groups), i32.const(COLUMN_LANES)))),
    ],
  };
}

/**
 * `quantised(factor, batch, from, to, r0, r1, place, panelBytes)` writes lanes [from, to) and steps [r0, r1) of the column
 * factor whose words lie at `factor` into panels at `place`, `panelBytes` apart. `from` begins a panel.
 */
export function quantisedPacker(module: ModuleWriter): Writer {
  const writer = module.function(
    "quantised",
    Array.from({ length: 8 }, () => "i32" as const),
    [],
  );
  const [factor, batch, from, to, r0, r1, place, panelBytes] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [lane, out] = [writer.local("i32"), writer.local("i32")];
  const { enter, walk, next } = walker(writer, factor, batch);
  writer.body = [
    enter(get(from)),
    forLoop(lane, get(from), get(to), COLUMN_LANES, [
      set(out, get(place)),
      walk(get(r0), get(r1), {
        step: (columns, at) => columns.map((column, half) => v128.store(get(out), column, ROW * at + 16 * half)),
        advance: (steps) => set(out, i32.add(get(out), i32.const(ROW * steps))),
      }),
      next,
      set(place, i32.add(get(place), get(panelBytes))),
    ]),
  ];
  return writer;
}

/**
 * `quantisedRow(row, factor, batch, n, r0, r1, out, mode, panels)`: the sums of a row, packed at `row`, and the columns of
 * panels from lane `n` on, over steps [r0, r1), at `out` as they follow one another.
 */
export function quantisedRow(module: ModuleWriter, madd: Madd): Writer {
  const writer = module.function(
    "quantisedRow",
    Array.from({ length: 9 }, () => "i32" as const),
    [],
  );
  const [row, factor, batch, n, r0, r1, out, mode, panels] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [number, at] = [writer.local("i32"), writer.local("i32")];
  const weight = writer.local("v128");
  const sums = [writer.local("v128"), writer.local("v128")];
  const { enter, walk, next } = walker(writer, factor, batch);
  const isMode = (one: number): Code => i32.eq(get(mode), i32.const(one));
  const zeros = i32x4.const(0, 0, 0, 0);
  writer.body = [
    enter(get(n)),
    forLoop(number, i32.const(0), get(panels), 1, [
      set(at, get(row)),
      sums.map((sum, half) => set(sum, choose("v128", isMode(SUMS.CONTINUE), v128.load(get(out), 16 * half), zeros))),
      walk(get(r0), get(r1), {
        step: (columns, k) => [
          set(weight, v128.load32_splat(get(at), ROW_STEP * k)),
          columns.map((column, half) => set(sums[half], madd(get(weight), column, get(sums[half])))),
        ],
        advance: (steps) => set(at, i32.add(get(at), i32.const(ROW_STEP * steps))),
      }),
      when(
        isMode(SUMS.ADD),
        sums.map((sum, half) => set(sum, f32x4.add(v128.load(get(out), 16 * half), get(sum)))),
      ),
      sums.map((sum, half) => v128.store(get(out), get(sum), 16 * half)),
      set(out, i32.add(get(out), i32.const(ROW))),
      next,
    ]),
  ];
  return writer;
}
