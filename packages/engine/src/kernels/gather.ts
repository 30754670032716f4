/**
 * The vector packers: four columns at a time into half a panel. Each is made for a type of element, for a way in which
 * the lanes follow one another, and for a number of guards; what is right of four lanes is settled before the loop over
 * the depth begins.
 */
import { MAX_GUARDS } from "../contraction.ts";
import {
  block,
  br,
  brIf,
  choose,
  get,
  i32,
  i32x4,
  loop,
  memorySize,
  set,
  shuffle,
  v128,
  when,
  type Code,
} from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import { SPACING } from "./classify.ts";
import { paired, type Element } from "./element.ts";
import { COLUMN_LANES, LANE_BYTES } from "./shape.ts";

type Writer = FunctionWriter & { index: number };

/**
 * Parameters of a gatherer, in order: the offsets of the lanes, a mask of those that exist, their zero points and their
 * guards' numbers; the address of offset 0, tables of depth offsets and of each guard's numbers from the first index,
 * the guards' sizes, the count of indices, and where the half panel begins.
 */
export interface Gathering {
  readonly lanes: Code;
  readonly valid: Code;
  readonly zeros: Code;
  readonly guardLanes: readonly Code[];
  readonly base: Code;
  readonly depth: Code;
  readonly guardDepths: readonly Code[];
  readonly sizes: readonly Code[];
  readonly count: Code;
  readonly to: Code;
}

/** The operands of a call of a gatherer with so many guards. */
export const gatherOperands = (g: Gathering, guards: number): Code[] => [
  g.lanes,
  g.valid,
  g.zeros,
  ...g.guardLanes.slice(0, guards),
  g.base,
  g.depth,
  ...g.guardDepths.slice(0, guards),
  ...g.sizes.slice(0, guards),
  g.count,
  g.to,
];

const PITCH = COLUMN_LANES * LANE_BYTES;

function gatherer(module: ModuleWriter, element: Element, spacing: number, guards: number): Writer {
  const many = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  const name = `gather_${element.name}_${spacing}_${guards}`;
  const writer = module.function(
    name,
    [
      ...Array.from({ length: 3 + guards }, () => "v128" as const),
      ...many(4 + 2 * guards, 0).map(() => "i32" as const),
    ],
    [],
  );
  const [lanes, valid, zeros] = [0, 1, 2];
  const guardLanes = many(guards, 3);
  const base = 3 + guards;
  const depth = base + 1;
  const guardDepths = many(guards, depth + 1);
  const sizes = many(guards, depth + 1 + guards);
  const count = depth + 1 + 2 * guards;
  const to = count + 1;
  const [limit, address, end] = Array.from({ length: 3 }, () => writer.local("i32"));
  const [mask, addresses, first, second] = Array.from({ length: 4 }, () => writer.local("v128"));
  const sizeVectors = guardDepths.map(() => writer.local("v128"));

  const anywhere: Code = [
    set(addresses, i32x4.add(get(lanes), i32x4.splat(i32.load(get(depth))))),
    set(
      addresses,
      v128.and(get(mask), i32x4.add(i32x4.shl(get(addresses), i32.const(element.shift)), i32x4.splat(get(base)))),
    ),
    element.lanes(addresses),
  ];
  const nearby = (load: (address: Code) => Code): Code => [
    set(
      address,
      i32.add(
        get(base),
        i32.shl(i32.add(i32x4.extract_lane(get(lanes), 0), i32.load(get(depth))), i32.const(element.shift)),
      ),
    ),
    // Behind a guard that fails the address may be any; what is read there is masked, but it must be memory.
    choose("v128", i32.le_u(get(address), get(limit)), load(get(address)), anywhere),
  ];
  const raw = [nearby(element.row), nearby(element.even), anywhere][spacing];
  /** One index of the four lanes, to `target`; moves on to the next. */
  const value = (target: number): Code => [
    set(mask, get(valid)),
    guardDepths.map((table, g) => [
      set(
        mask,
        v128.and(
          get(mask),
          i32x4.lt_u(i32x4.add(get(guardLanes[g]), i32x4.splat(i32.load(get(table)))), get(sizeVectors[g])),
        ),
      ),
      set(table, i32.add(get(table), i32.const(4))),
    ]),
    set(target, v128.and(element.isFloat ? raw : i32x4.sub(raw, get(zeros)), get(mask))),
    set(depth, i32.add(get(depth), i32.const(4))),
  ];
  const put = (vector: Code): Code => [v128.store(get(to), vector), set(to, i32.add(get(to), i32.const(PITCH)))];
  const whole = element.isFloat ? get(count) : i32.and(get(count), i32.const(-2));
  writer.body = [
    set(limit, i32.sub(i32.shl(memorySize, i32.const(16)), i32.const(element.reach))),
    sizes.map((size, g) => set(sizeVectors[g], i32x4.splat(get(size)))),
    set(end, i32.add(get(depth), i32.shl(whole, i32.const(2)))),
    block(
      loop(
        brIf(1, i32.eq(get(depth), get(end))),
        element.isFloat
          ? [value(first), put(get(first))]
          : [value(first), value(second), put(paired(get(first), get(second)))],
        br(0),
      ),
    ),
    element.isFloat
      ? []
      : when(i32.and(get(count), i32.const(1)), [value(first), put(paired(get(first), i32x4.const(0, 0, 0, 0)))]),
  ];
  return writer;
}

/** The gatherers of a type by spacing and guards. */
export function gatherers(module: ModuleWriter, element: Element): readonly (readonly Writer[])[] {
  return Object.values(SPACING).map((spacing) =>
    Array.from({ length: MAX_GUARDS + 1 }, (_, guards) => gatherer(module, element, spacing, guards)),
  );
}

const QUADS: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
  [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
];

/**
 * The transposers: four steps at a time of lanes whose elements follow one another along the depth, without guards.
 * `transpose(a0, …, z0, …, groups, to, pitch)`: addresses and zero points of the lanes, groups of four steps, and bytes
 * from one step to the next. Of four lanes, or of two.
 */
export function transposer(module: ModuleWriter, element: Element, lanes: 2 | 4): Writer {
  const writer = module.function(
    `transpose_${element.name}_${lanes}`,
    Array.from({ length: 2 * lanes + 3 }, () => "i32" as const),
    [],
  );
  const own = Array.from({ length: lanes }, (_, i) => i);
  const [groups, to, pitch] = [2 * lanes, 2 * lanes + 1, 2 * lanes + 2];
  const loaded = own.map(() => writer.local("v128"));
  const mixed = own.map(() => writer.local("v128"));
  const bytes = (4 << element.shift) << (element.isFloat ? 0 : 1);
  const interleave = (a: number, b: number, high: boolean): Code => {
    const from = high ? 8 : 0;
    const word = (start: number): number[] => [start, start + 1, start + 2, start + 3];
    return shuffle(get(a), get(b), [word(from), word(16 + from), word(from + 4), word(20 + from)].flat());
  };
  const put = (store: (at: Code) => Code): Code => [store(get(to)), set(to, i32.add(get(to), get(pitch)))];
  const store: Code =
    lanes === 4
      ? [
          set(mixed[0], interleave(loaded[0], loaded[1], false)),
          set(mixed[1], interleave(loaded[2], loaded[3], false)),
          set(mixed[2], interleave(loaded[0], loaded[1], true)),
          set(mixed[3], interleave(loaded[2], loaded[3], true)),
          [0, 2].map((pair) =>
            QUADS.map((bytesOf) =>
              put((at) => v128.store(at, shuffle(get(mixed[pair]), get(mixed[pair + 1]), bytesOf))),
            ),
          ),
        ]
      : [false, true].map((high, i) => [
          set(mixed[i], interleave(loaded[0], loaded[1], high)),
          [0, 1].map((half) => put((at) => v128.store64_lane(at, get(mixed[i]), half))),
        ]);
  writer.body = block(
    loop(
      brIf(1, i32.eqz(get(groups))),
      own.map((lane) => [
        set(loaded[lane], element.steps(get(lane), get(lanes + lane))),
        set(lane, i32.add(get(lane), i32.const(bytes))),
      ]),
      store,
      set(groups, i32.sub(get(groups), i32.const(1))),
      br(0),
    ),
  );
  return writer;
}
