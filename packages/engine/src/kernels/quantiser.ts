/**
 * Writes quantised columns (`quantisedColumns.ts`) a lane at a time, from integers and scales that were computed element by
 * element: a small module of its own, for loading a model meets every weight.
 */
import type { Quantisation, QuantisedLayout } from "../quantisedColumns.ts";
import {
  block,
  br,
  brIf,
  f32,
  f32x4,
  get,
  i32,
  i32x4,
  loop,
  RETURN,
  select,
  set,
  shuffle,
  v128,
  when,
  type Code,
} from "../wasm/code.ts";
import { ModuleWriter, type MemoryLimits } from "../wasm/module.ts";
import { compileModule, instantiate, type Memory } from "../wasm/webAssembly.ts";

/** What keeps a lane from being quantised so: other bits may do, smaller groups, or nothing. */
export type Misfit = "bits" | "group" | "none";
const RESULTS: readonly (Misfit | undefined)[] = [undefined, "bits", "group", "none"];
const result = (misfit: Misfit): Code => i32.const(RESULTS.indexOf(misfit));

/** Addresses of a lane's first elements, an integer as binary32 and its scale, and bytes from a step to the next. */
export interface LaneElements {
  readonly integers: number;
  readonly scales: number;
  readonly apart: number;
}

type Lane = (
  integers: number,
  scales: number,
  apart: number,
  steps: number,
  group: number,
  bits: number,
  panel: number,
  to: number,
  zeroTo: number,
) => number;

/** Writes lanes of columns in a memory. */
export class Quantiser {
  readonly #lane: Lane;
  readonly #panel: number;

  /** @param panel Lanes of a panel. */
  constructor(memory: Memory, limits: MemoryLimits, panel: number) {
    this.#panel = panel;
    const writer = new ModuleWriter(limits);
    laneWriter(writer);
    this.#lane = instantiate<{ readonly lane: Lane }>(compileModule(writer.encode()), memory).lane;
  }

  /**
   * Writes lane `n` of columns at `to` of this depth; says what does not fit, after which nothing written is of use. Lanes of
   * a panel that are not written must be zeros.
   */
  lane(
    to: number,
    n: number,
    steps: number,
    { bits, group }: Quantisation,
    layout: QuantisedLayout,
    { integers, scales, apart }: LaneElements,
  ): Misfit | undefined {
    const panel = this.#panel;
    const own = n % panel;
    const number = Math.floor(n / panel);
    const at = to + number * layout.panel + 4 * own;
    const zeroTo = to + layout.zeros + number * layout.groups * panel + own;
    return RESULTS[this.#lane(integers, scales, apart, steps, group, bits, panel, at, zeroTo)];
  }
}

/** A float's lowest bits are the integer's that is added to 2^23. */
const WHOLE = 2 ** 23;
/** Bytes from a step to the next where steps lie side by side: then vectors of four are loaded. */
const SIDE_BY_SIDE = 4;

/** `lane(integers, scales, apart, steps, group, bits, panel, to, zeroTo)`: the number of its result. */
function laneWriter(module: ModuleWriter): void {
  const writer = module.function(
    "lane",
    Array.from({ length: 9 }, () => "i32" as const),
    ["i32"],
  );
  const [integers, scales, apart, steps, group, bits, panel, out, zeroTo] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const local = (): number => writer.local("i32");
  const vector = (): number => writer.local("v128");
  const [first, r, end, wordEnd, at, scale, place, packed] = Array.from({ length: 8 }, local);
  const [least, most, other, value, mask, whole, low, high] = Array.from({ length: 8 }, vector);
  const range = writer.local("f32");
  const min = (a: Code, b: Code): Code => select(i32.lt_u(a, b), a, b);
  const isSideBySide = i32.eq(get(apart), i32.const(SIDE_BY_SIDE));
  const behind = (start: number): Code => i32.add(get(start), get(at));
  const goTo = (step: Code): Code => [set(r, step), set(at, i32.mul(get(r), get(apart)))];
  const advance = (count: number): Code => [
    set(r, i32.add(get(r), i32.const(count))),
    set(at, i32.add(get(at), i32.mul(get(apart), i32.const(count)))),
  ];
  const whileFits = (count: Code, limit: number, ...body: Code[]): Code =>
    block(loop(brIf(1, i32.gt_u(i32.add(get(r), count), get(limit))), body, br(0)));
  /** One of the four lanes that `pick` of the neighbours of each give. */
  const across = (vectors: Code, pick: (a: Code, b: Code) => Code): Code => [
    set(value, vectors),
    set(
      value,
      pick(get(value), shuffle(get(value), get(value), [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7])),
    ),
    pick(get(value), shuffle(get(value), get(value), [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11])),
  ];

  const seen = (load: (address: Code) => Code): Code => [
    set(value, load(behind(integers))),
    set(least, f32x4.pmin(get(least), get(value))),
    set(most, f32x4.pmax(get(most), get(value))),
    set(other, v128.or(get(other), v128.xor(load(behind(scales)), i32x4.splat(get(scale))))),
  ];
  const scan: Code = [
    goTo(get(first)),
    set(scale, i32.load(behind(scales))),
    [least, most, other].map((one) => set(one, i32x4.const(0, 0, 0, 0))),
    when(
      isSideBySide,
      whileFits(
        i32.const(4),
        end,
        seen((address) => v128.load(address)),
        advance(4),
      ),
    ),
    whileFits(
      i32.const(1),
      end,
      seen((address) => v128.load32_splat(address)),
      advance(1),
    ),
    when(v128.any_true(get(other)), [result("group"), RETURN]),
    set(least, across(get(least), f32x4.pmin)),
    set(range, f32x4.extract_lane(f32x4.sub(across(get(most), f32x4.pmax), get(least)), 0)),
    when(i32.eqz(f32.lt(get(range), f32.convert_i32_u(i32.shl(i32.const(1), get(bits))))), [
      select(f32.le(get(range), f32.const(255)), result("bits"), result("none")),
      RETURN,
    ]),
  ];
  /** The codes of loaded integers, in the low bits of words. */
  const codes = (loaded: Code): Code => v128.and(f32x4.add(f32x4.sub(loaded, get(least)), get(whole)), get(mask));
  const put = (word: number): Code => [
    i32.store(get(out), get(word)),
    set(out, i32.add(get(out), i32.shl(get(panel), i32.const(2)))),
  ];
  const wordOfEight: Code = [
    set(low, i32x4.mul(codes(v128.load(behind(integers))), i32x4.const(1, 1 << 4, 1 << 8, 1 << 12))),
    set(high, i32x4.mul(codes(v128.load(behind(integers), 16)), i32x4.const(1 << 16, 1 << 20, 1 << 24, 1 << 28))),
    set(packed, i32x4.extract_lane(across(v128.or(get(low), get(high)), v128.or), 0)),
  ];
  const wordOfFour: Code = [
    set(low, i32x4.mul(codes(v128.load(behind(integers))), i32x4.const(1, 1 << 8, 1 << 16, 1 << 24))),
    set(packed, i32x4.extract_lane(across(get(low), v128.or), 0)),
  ];
  const write: Code = [
    goTo(get(first)),
    when(
      isSideBySide,
      when(
        i32.eq(get(bits), i32.const(4)),
        whileFits(i32.const(8), end, wordOfEight, put(packed), advance(8)),
        whileFits(i32.const(4), end, wordOfFour, put(packed), advance(4)),
      ),
    ),
    whileFits(i32.const(1), end, [
      set(wordEnd, min(get(end), i32.add(get(r), i32.div_u(i32.const(32), get(bits))))),
      [packed, place].map((one) => set(one, i32.const(0))),
      whileFits(i32.const(1), wordEnd, [
        set(value, codes(v128.load32_splat(behind(integers)))),
        set(packed, i32.or(get(packed), i32.shl(i32x4.extract_lane(get(value), 0), get(place)))),
        set(place, i32.add(get(place), get(bits))),
        advance(1),
      ]),
      put(packed),
    ]),
  ];
  writer.body = [
    set(mask, i32x4.splat(i32.sub(i32.shl(i32.const(1), get(bits)), i32.const(1)))),
    set(whole, f32x4.splat(f32.const(WHOLE))),
    block(
      loop(
        brIf(1, i32.ge_u(get(first), get(steps))),
        set(end, min(get(steps), i32.add(get(first), get(group)))),
        scan,
        put(scale),
        write,
        // The zero point is what makes the least 0.
        i32.store8(get(zeroTo), i32x4.extract_lane(codes(i32x4.const(0, 0, 0, 0)), 0)),
        set(zeroTo, i32.add(get(zeroTo), get(panel))),
        set(first, get(end)),
        br(0),
      ),
    ),
    i32.const(0),
  ];
}
