/**
 * keccak256 of two messages at once, in the halves of 128-bit vectors, as a WebAssembly module: leaves of 128 bytes and
 * inner nodes of 64, each one block of the sponge (FIPS 202, §3; Ethereum's padding byte 0x01), and blocks of 136 bytes
 * that are padded already.
 *
 * The module exports `leaves(from, to, count)`, `nodes(from, to, count)` and `blocks(from, to, count)`: `count` messages
 * that follow one another at `from`, their hashes at `to`. An odd count reads one message more and writes its hash. The
 * round constants lie at 0.
 */
import {
  br,
  block,
  brIf,
  forLoop,
  get,
  i32,
  i64,
  i64x2,
  loop,
  set,
  shuffle,
  tee,
  v128,
  type Code,
} from "../wasm/code.ts";
import { ModuleWriter } from "../wasm/module.ts";

export const ROUNDS = 24;
/** Bytes at the start of the memory that hold the round constants. */
export const CONSTANT_BYTES = 8 * ROUNDS;
const RATE_LANES = 17;
/** Bytes of a block of the sponge. */
export const BLOCK_BYTES = 8 * RATE_LANES;
const HASH_BYTES = 32;
const LANES = Array.from({ length: 25 }, (_, i) => i);
const FIVE = [0, 1, 2, 3, 4];

/** The round constants: bits of a linear feedback shift register at places 2^j - 1. */
export function roundConstants(): BigUint64Array {
  let register = 1;
  const bit = (): bigint => {
    const out = register & 1;
    register <<= 1;
    if (register & 0x100) register ^= 0x171;
    return BigInt(out);
  };
  return BigUint64Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0; j < 7; j++) constant |= bit() << BigInt(2 ** j - 1);
    return constant;
  });
}

/** Rotation of lane x + 5y, and where it goes: steps ρ and π walk the plane from (1, 0). */
function walk(): { readonly rotation: number; readonly to: number }[] {
  const steps = LANES.map(() => ({ rotation: 0, to: 0 }));
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    const next = [y, (2 * x + 3 * y) % 5];
    steps[x + 5 * y] = { rotation: (((t + 1) * (t + 2)) / 2) % 64, to: next[0] + 5 * next[1] };
    [x, y] = next;
  }
  return steps;
}

/** A lane rotated left; `again` reads it a second time. */
function rotateLeft(lane: Code, bits: number, again: Code = lane): Code {
  if (bits === 0) return lane;
  return v128.or(i64x2.shl(lane, i32.const(bits)), i64x2.shr_u(again, i32.const(64 - bits)));
}

const LOW = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH = LOW.map((byte) => byte + 8);

const STEPS = walk();

function hasher(module: ModuleWriter, name: string, messageBytes: number): void {
  const writer = module.function(name, ["i32", "i32", "i32"], []);
  const [from, to, count] = [0, 1, 2];
  const done = writer.local("i32");
  const round = writer.local("i32");
  const vector = (): number => writer.local("v128");
  const state = LANES.map(vector);
  const other = LANES.map(vector);
  const moved = FIVE.map(vector);
  const parity = FIVE.map(vector);
  const mixed = FIVE.map(vector);
  const xor = (...locals: number[]): Code => locals.map(get).reduce((a, b) => v128.xor(a, b));

  const words = messageBytes / 8;
  const absorb: Code = [
    LANES.slice(0, words).map((lane) => {
      // The last of an odd number is loaded with the word before it.
      const at = 8 * Math.min(lane - (lane % 2), words - 2);
      const half = 8 * lane === at ? LOW : HIGH;
      return set(state[lane], shuffle(v128.load(get(from), at), v128.load(get(from), messageBytes + at), half));
    }),
    LANES.slice(words).map((lane) => {
      const first = lane === words && words < RATE_LANES ? 1n : 0n;
      const last = lane === RATE_LANES - 1 ? 1n << 63n : 0n;
      return set(state[lane], i64x2.splat(i64.const(first | last)));
    }),
  ];
  /** One round, from one set of locals to another: row by row, so that few lanes are on the move at a time. */
  const oneRound = (from: readonly number[], to: readonly number[], constant: number, rows = FIVE): Code => [
    FIVE.map((x) => set(parity[x], xor(...FIVE.map((y) => from[x + 5 * y])))),
    FIVE.map((x) => set(mixed[x], v128.xor(get(parity[(x + 4) % 5]), rotateLeft(get(parity[(x + 1) % 5]), 1)))),
    rows.map((y) => [
      FIVE.map((x) => {
        const source = STEPS.findIndex((step) => step.to === x + 5 * y);
        return set(
          moved[x],
          rotateLeft(tee(moved[x], xor(from[source], mixed[source % 5])), STEPS[source].rotation, get(moved[x])),
        );
      }),
      FIVE.map((x) => {
        const others = v128.andnot(get(moved[(x + 2) % 5]), get(moved[(x + 1) % 5]));
        return set(to[x + 5 * y], v128.xor(get(moved[x]), others));
      }),
    ]),
    set(to[0], v128.xor(get(to[0]), v128.load64_splat(get(round), constant))),
  ];
  writer.body = [
    set(done, i32.const(0)),
    block(
      loop(
        brIf(1, i32.ge_s(get(done), get(count))),
        absorb,
        forLoop(round, i32.const(0), i32.const(CONSTANT_BYTES - 16), 16, [
          oneRound(state, other, 0),
          oneRound(other, state, 8),
        ]),
        // Of the last round only the hash's row.
        oneRound(state, other, 0),
        oneRound(other, state, 8, [0]),
        [LOW, HIGH].map((half, message) =>
          [0, 1].map((pair) =>
            v128.store(
              get(to),
              shuffle(get(state[2 * pair]), get(state[2 * pair + 1]), half),
              HASH_BYTES * message + 16 * pair,
            ),
          ),
        ),
        set(from, i32.add(get(from), i32.const(2 * messageBytes))),
        set(to, i32.add(get(to), i32.const(2 * HASH_BYTES))),
        set(done, i32.add(get(done), i32.const(2))),
        br(0),
      ),
    ),
  ];
}

/** The module's bytes. */
export function keccakModule(): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter({ shared: false });
  hasher(module, "leaves", 128);
  hasher(module, "nodes", 64);
  hasher(module, "blocks", BLOCK_BYTES);
  return module.encode();
}
