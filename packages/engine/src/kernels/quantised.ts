/**
 * Quantised columns made floats: `quantised(factor, batch, from, to, r0, r1, place, panelBytes)` writes lanes [from, to) and
 * indices [r0, r1) of the column factor whose words lie at `factor` into panels at `place`, `panelBytes` apart. `from` is a
 * multiple of a panel's lanes. The layout is that of `quantisedColumns.ts`.
 */
import { FACTOR } from "../contraction.ts";
import { block, br, brIf, choose, f32x4, forLoop, get, i32, i32x4, loop, set, v128 } from "../wasm/code.ts";
import type { Code } from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import { entry } from "./panel.ts";
import { COLUMN_LANES, FIELD, HEAD } from "./shape.ts";

/** The bits of 2^23, to which those of an integer below it are added: exact, and quicker than a conversion. */
const WHOLE = i32x4.splat(i32.const(0x4b000000));
/** Bytes of a panel's words, and of its scales. */
const ROW = 4 * COLUMN_LANES;

export function quantisedPacker(module: ModuleWriter): FunctionWriter & { index: number } {
  const writer = module.function(
    "quantised",
    Array.from({ length: 8 }, () => "i32" as const),
    [],
  );
  const [factor, batch, from, to, r0, r1, place, panelBytes] = [0, 1, 2, 3, 4, 5, 6, 7];
  const local = (): number => writer.local("i32");
  const vector = (): number => writer.local("v128");
  const [bits, wordLog, last, depth, group, scales, zeros, bytes] = Array.from({ length: 8 }, local);
  const [panel, lane, r, g, end, stop, out, shift] = Array.from({ length: 8 }, local);
  const [mask, points] = Array.from({ length: 2 }, vector);
  /** The two vectors of a panel. */
  const halves = [0, 1].map((half) => ({ at: 16 * half, scale: vector(), zero: vector(), word: vector() }));
  const field = (name: keyof typeof FIELD): Code => i32.load(get(factor), FIELD[name]);
  const isFour = i32.eq(field("dtype"), i32.const(FACTOR.UINT4));
  const roundedUp = (value: Code, divisor: Code): Code =>
    i32.div_u(i32.sub(i32.add(value, divisor), i32.const(1)), divisor);
  const min = (a: Code, b: Code): Code => choose("i32", i32.lt_u(a, b), a, b);
  const asFloat = (integers: Code): Code => v128.or(integers, WHOLE);

  const enter: Code = [
    set(bits, choose("i32", isFour, i32.const(4), i32.const(8))),
    set(wordLog, choose("i32", isFour, i32.const(3), i32.const(2))),
    set(last, i32.sub(i32.shl(i32.const(1), get(wordLog)), i32.const(1))),
    set(mask, i32x4.splat(choose("i32", isFour, i32.const(15), i32.const(255)))),
    // A column factor's words follow the contraction's own.
    set(depth, i32.load(i32.sub(get(factor), i32.const(HEAD.columnFactor)), HEAD.depth)),
    set(group, field("stride")),
    set(scales, i32.mul(i32.shr_u(i32.add(get(depth), get(last)), get(wordLog)), i32.const(ROW))),
    set(g, roundedUp(get(depth), get(group))),
    set(zeros, i32.add(get(scales), i32.mul(get(g), i32.const(ROW)))),
    set(bytes, i32.add(get(zeros), i32.mul(get(g), i32.const(COLUMN_LANES)))),
    set(bytes, i32.and(i32.add(get(bytes), i32.const(63)), i32.const(-64))),
    set(panel, i32.add(field("address"), entry(field("batch"), get(batch)))),
    set(panel, i32.add(get(panel), i32.mul(i32.shr_u(get(from), i32.const(Math.log2(COLUMN_LANES))), get(bytes)))),
  ];
  const enterGroup: Code = [
    set(g, i32.div_u(get(r), get(group))),
    set(end, min(get(r1), i32.mul(i32.add(get(g), i32.const(1)), get(group)))),
    set(shift, i32.add(i32.add(get(panel), get(scales)), i32.mul(get(g), i32.const(ROW)))),
    halves.map(({ at, scale }) => set(scale, v128.load(get(shift), at))),
    set(shift, i32.add(i32.add(get(panel), get(zeros)), i32.mul(get(g), i32.const(COLUMN_LANES)))),
    set(points, v128.load8x8_u(get(shift))),
    set(halves[0].zero, asFloat(i32x4.extend_low_i16x8_u(get(points)))),
    set(halves[1].zero, asFloat(i32x4.extend_high_i16x8_u(get(points)))),
  ];
  const enterWord: Code = [
    set(shift, i32.mul(i32.and(get(r), get(last)), get(bits))),
    set(stop, min(get(end), i32.add(i32.or(get(r), get(last)), i32.const(1)))),
    halves.map(({ at, word }) => {
      const address = i32.add(get(panel), i32.mul(i32.shr_u(get(r), get(wordLog)), i32.const(ROW)));
      return set(word, i32x4.shr_u(v128.load(address, at), get(shift)));
    }),
  ];
  const step: Code = [
    halves.map(({ at, scale, zero, word }) => {
      const whole = f32x4.sub(asFloat(v128.and(get(word), get(mask))), get(zero));
      return [v128.store(get(out), f32x4.mul(whole, get(scale)), at), set(word, i32x4.shr_u(get(word), get(bits)))];
    }),
    set(out, i32.add(get(out), i32.const(ROW))),
    set(r, i32.add(get(r), i32.const(1))),
  ];
  const whileBelow = (most: number, ...body: Code[]): Code =>
    block(loop(brIf(1, i32.ge_u(get(r), get(most))), body, br(0)));

  writer.body = [
    enter,
    forLoop(lane, get(from), get(to), COLUMN_LANES, [
      set(out, get(place)),
      set(r, get(r0)),
      whileBelow(r1, enterGroup, whileBelow(end, enterWord, whileBelow(stop, step))),
      set(panel, i32.add(get(panel), get(bytes))),
      set(place, i32.add(get(place), get(panelBytes))),
    ]),
  ];
  return writer;
}
