/**
 * Whether this thread's machine rounds `relaxed_madd` once. A machine may fuse or not (DESIGN §3), so every thread asks
 * before it computes; the cases tell fused from unfused and from rounding through binary64, in every lane.
 */
import { f32x4, get, i32, v128 } from "../wasm/code.ts";
import { ModuleWriter } from "../wasm/module.ts";
import { compileModule, createMemory, instantiate } from "../wasm/webAssembly.ts";

/** a, b, c and a × b + c rounded once, as patterns. */
const CASES: readonly (readonly [number, number, number, number])[] = [
  // (1 + 2^-23)² - (1 + 2^-22) = 2^-46: unfused gives 0.
  [0x3f800001, 0x3f800001, 0xbf800002, 0x28800000],
  // (1 + 2^-12)² - 1, whose product has one bit more than binary32.
  [0x3f800800, 0x3f800800, 0xbf800000, 0x3a000400],
  // 1 + 2^-23 + 2^-24 - 2^-70: just below a tie, where binary64, and an unfused product, see the tie itself.
  [0x3f800001, 0x337ffffe, 0x3f800001, 0x3f800001],
  // 2^-150 + 2^-173 + 2^-149: subnormal all through; a flushed one gives 0.
  [0x1a000001, 0x1a000000, 0x00000001, 0x00000002],
];

let known: boolean | undefined;

/** Whether `relaxed_madd` is fused here. Asked once per thread. */
export function fusesMadd(): boolean {
  known ??= probe();
  return known;
}

function probe(): boolean {
  const module = new ModuleWriter({ shared: false });
  const writer = module.function("madd", ["i32"], []);
  const at = (offset: number) => v128.load(get(0), offset);
  writer.body = v128.store(i32.add(get(0), i32.const(48)), f32x4.relaxed_madd(at(0), at(16), at(32)));
  const memory = createMemory({ initial: 1 });
  const words = new Uint32Array(memory.buffer);
  const { madd } = instantiate<{ readonly madd: (at: number) => void }>(compileModule(module.encode()), memory);
  return CASES.every((_, first) => {
    const lanes = Array.from({ length: 4 }, (_, i) => CASES[(first + i) % CASES.length]);
    lanes.forEach((values, i) => values.slice(0, 3).forEach((value, operand) => (words[4 * operand + i] = value)));
    madd(0);
    return lanes.every((values, i) => words[12 + i] === values[3]);
  });
}
