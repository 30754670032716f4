/**
 * Packing of rows whose elements follow one another along the depth, which they nearly always do: `rows(factor, batch,
 * from, to, r0, r1, place, panelBytes)` packs lanes [from, to) and indices [r0, r1) by transposing, and says whether it
 * could.
 */
import { KIND, MODE, SIDE } from "../contraction.ts";
import { RETURN, block, brIf, call, choose, forLoop, get, i32, select, set, type Code } from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";
import { byteOf, consecutive, zeroOf } from "./columns.ts";
import type { Element } from "./element.ts";
import { entry } from "./panel.ts";
import { FIELD, LANE_BYTES, ROW_LANES } from "./shape.ts";

type Writer = FunctionWriter & { index: number };

export function rowPacker(module: ModuleWriter, element: Element, quad: Writer, pair: Writer, panel: Writer): Writer {
  const writer = module.function(
    `rows_${element.name}`,
    Array.from({ length: 8 }, () => "i32" as const),
    ["i32"],
  );
  const [factor, batch, from, to, r0, r1, place, panelBytes] = [0, 1, 2, 3, 4, 5, 6, 7];
  const local = (): number => writer.local("i32");
  const [base, lane, groups, at, end, follows] = Array.from({ length: 6 }, local);
  const kind = element.isFloat ? KIND.FLOAT32 : KIND.INT32;
  const width = ROW_LANES[kind];
  const pitch = width * LANE_BYTES;
  const addresses = Array.from({ length: width }, local);
  const zeros = Array.from({ length: width }, local);
  const field = (name: keyof typeof FIELD): Code => i32.load(get(factor), FIELD[name]);
  const isStrided = i32.eq(field("mode"), i32.const(MODE.STRIDED));
  const depth = i32.add(field("depth"), i32.shl(get(r0), i32.const(2)));
  const indices = i32.shl(get(groups), i32.const(element.isFloat ? 2 : 3));
  const laneOf = (i: number): Code =>
    select(
      i32.lt_s(i32.add(get(lane), i32.const(i)), get(to)),
      i32.add(get(lane), i32.const(i)),
      i32.sub(get(to), i32.const(1)),
    );
  const operands = (first: number, count: number): Code[] => [
    ...addresses.slice(first, first + count).map(get),
    ...zeros.slice(first, first + count).map(get),
    get(groups),
    i32.add(get(place), i32.const(first * LANE_BYTES)),
    i32.const(pitch),
  ];
  writer.body = [
    block(
      // Rows without a stride of 1, with guards or with gaps go lane by lane.
      brIf(0, i32.le_s(get(r1), get(r0))),
      brIf(0, field("guards")),
      set(
        follows,
        choose(
          "i32",
          isStrided,
          i32.eq(field("stride"), i32.const(1)),
          consecutive(depth, i32.sub(get(r1), get(r0)), at, end),
        ),
      ),
      brIf(0, i32.eqz(get(follows))),
      set(base, i32.add(entry(field("batch"), get(batch)), choose("i32", isStrided, get(r0), i32.load(depth)))),
      set(base, i32.add(field("address"), i32.shl(get(base), i32.const(element.shift)))),
      set(groups, i32.shr_u(i32.sub(get(r1), get(r0)), i32.const(element.isFloat ? 2 : 3))),
      forLoop(lane, get(from), get(to), width, [
        addresses.map((address, i) => [
          set(address, i32.add(get(base), i32.shl(entry(field("lane"), laneOf(i)), i32.const(element.shift)))),
          set(zeros[i], zeroOf(factor, element, laneOf(i), byteOf(element))),
        ]),
        call(quad.index, ...operands(0, 4)),
        width > 4 ? call(pair.index, ...operands(4, 2)) : [],
        call(
          panel.index,
          get(factor),
          i32.const(SIDE.ROWS),
          i32.const(kind),
          get(batch),
          get(lane),
          select(
            i32.lt_s(i32.sub(get(to), get(lane)), i32.const(width)),
            i32.sub(get(to), get(lane)),
            i32.const(width),
          ),
          i32.add(get(r0), indices),
          get(r1),
          i32.add(get(place), i32.mul(get(groups), i32.const(4 * pitch))),
        ),
        set(place, i32.add(get(place), get(panelBytes))),
      ]),
      i32.const(1),
      RETURN,
    ),
    i32.const(0),
  ];
  return writer;
}
