/**
 * Scalar programs for the tests: what the harness contract takes, the memory it loads from, and seeded random programs.
 */
import { INSTRUCTIONS } from "../../packages/vm/src/isa.ts";
import { OPCODE, type Mnemonic } from "../../packages/vm/src/opcodes.ts";
import { run, type ScalarContext, type Section } from "../../packages/vm/src/scalarMachine.ts";
import { unsignedOf, wordFrom, type Word } from "../../packages/vm/src/word.ts";

export interface Program {
  readonly constants: readonly number[];
  readonly section: Section;
}

/** What programs see, in the harness's terms and the machine's. */
export interface World extends Omit<ScalarContext, "load"> {
  readonly coordinates: readonly number[];
  readonly extents: readonly number[];
  readonly symbols: readonly number[];
  readonly accumulators: readonly Word[];
}

export const WORLD: World = {
  coordinates: [3, 0, 65535, 7],
  extents: [4, 1, 65536, 9],
  linear: 2 ** 36 - 1,
  symbols: [1, 0xffffffff, 0, 77, 5, 6, 7, 0x80000000],
  call: 3,
  calls: 2 ** 20,
  seed: 0xfedcba9876543210_8000000000000000_7fffffffffffffff_0123456789abcdefn,
  step: 511,
  accumulators: [0x3f800000, -1, 1n << 62n],
};

/** The memory of `ScalarMachineHarness`, word for word. */
export function formulaLoad(operand: number, element: Word, call: Word): Word {
  const mixed =
    BigInt(operand) * 0x9e3779b97f4a7c15n +
    unsignedOf(element) * 0xbf58476d1ce4e5b9n +
    unsignedOf(call) * 0x94d049bb133111ebn;
  const word = BigInt.asUintN(64, mixed);
  const folded = word ^ (word >> 29n);
  return wordFrom((folded & 1n) === 0n ? folded & 0xffn : folded);
}

/** The context of the TypeScript machine in this world. */
export function contextOf(world: World): ScalarContext {
  return { ...world, load: formulaLoad };
}

/** The world as the harness's argument. */
export function encodeWorld(world: World) {
  const symbols = world.symbols.reduce((packed, symbol, i) => packed | (BigInt(symbol) << BigInt(32 * i)), 0n);
  const { coordinates, extents, accumulators } = world;
  return {
    ...world,
    coordinates: [...coordinates],
    extents: [...extents],
    symbols,
    accumulators: accumulators.map(unsignedOf),
  };
}

export function encodeProgram({ constants, section }: Program): Uint8Array {
  const { results, code } = section;
  const bytes = new Uint8Array(3 + 4 * constants.length + results.length + code.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = constants.length;
  constants.forEach((constant, i) => view.setUint32(1 + 4 * i, constant));
  const at = 1 + 4 * constants.length;
  bytes[at] = results.length;
  bytes.set(Array.from(results), at + 1);
  bytes[at + 1 + results.length] = code.length / 4;
  bytes.set(code, at + 2 + results.length);
  return bytes;
}

/** The TypeScript machine's results of all programs, as the harness encodes them. */
export function expectedResults(world: World, programs: readonly Program[]): Uint8Array {
  const context = contextOf(world);
  const words = programs.flatMap(({ constants, section }) => run(constants, section, context));
  const bytes = new Uint8Array(8 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setBigUint64(8 * i, unsignedOf(word)));
  return bytes;
}

/** Numbers from 0 to 2^32 - 1, the same for a seed everywhere (mulberry32). */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** 32-bit patterns that make corner cases likely, as halves of words and as floats. */
export const SPECIAL_PATTERNS: readonly number[] = [
  0, 1, 2, 31, 32, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 0x7fffffff, 0x80000000, 0x80000001,
  0xffffffff, 0xfffffffe, 0x3f800000, 0xbf800000, 0x3f000000, 0x40490fdb, 0x7f800000, 0xff800000, 0x7fc00000,
  0xffc00001, 0x7f7fffff, 0x00800000, 0x007fffff, 0x4effffff, 0x4f000000, 0x5f000000, 0x5f800000, 0xcf000000, 0x7c00,
  0x7e01, 0x3c00, 0x4b000001,
];

const KNOWN = INSTRUCTIONS.map((i) => i.code);

/** A program of up to 40 instructions of every kind: unknown opcodes and registers not yet written among them. */
export function randomProgram(random: () => number): Program {
  const below = (n: number): number => random() % n;
  const pattern = (): number => (below(2) === 0 ? SPECIAL_PATTERNS[below(SPECIAL_PATTERNS.length)] : random());
  const constants = Array.from({ length: below(9) }, pattern);
  const instructions = below(41);
  const code = new Uint8Array(4 * instructions);
  for (let i = 0; i < instructions; i++) {
    const written = constants.length + i;
    const register = (): number => (below(12) === 0 || written === 0 ? below(256) : below(written));
    const opcode = below(16) === 0 ? below(256) : KNOWN[below(KNOWN.length)];
    // Immediates are mostly small, so that they often name something.
    const first = opcode <= OPCODE.load && below(8) !== 0 ? below(5) : register();
    code.set([opcode, first, register(), register()], 4 * i);
  }
  const registers = constants.length + instructions;
  const results = [...Array.from({ length: registers }, (_, i) => i), below(256), below(256)];
  return { constants, section: { results, code } };
}

/**
 * Programs that apply one instruction to every tuple of operands. The operands' words are made from pairs of constants
 * first.
 */
export function applications(name: Mnemonic, words: readonly bigint[], arity: number): Program[] {
  const constants = words.flatMap((word) => [Number((word >> 32n) & 0xffffffffn), Number(word & 0xffffffffn)]);
  const operand = (k: number): number => constants.length + k;
  const head = words.flatMap((_, k) => [OPCODE.pair, 2 * k, 2 * k + 1, 0]);
  const limit = 256 - 3 * words.length;
  const count = words.length ** arity;
  const programs: Program[] = [];
  for (let start = 0; start < count; start += limit) {
    const size = Math.min(limit, count - start);
    const body = Array.from({ length: size }, (_, i) => {
      const chosen = tupleAt(start + i, words.length, arity).map(operand);
      return [OPCODE[name], ...chosen, 0, 0, 0].slice(0, 4);
    });
    const code = Uint8Array.from([...head, ...body.flat()]);
    const results = Array.from({ length: size }, (_, i) => constants.length + words.length + i);
    programs.push({ constants, section: { results, code } });
  }
  return programs;
}

/** Digits of `n` in base `base`, most significant first: the operand tuple that `applications` puts at place n. */
export function tupleAt(n: number, base: number, length: number): number[] {
  return Array.from({ length }, (_, k) => Math.floor(n / base ** (length - 1 - k)) % base);
}
