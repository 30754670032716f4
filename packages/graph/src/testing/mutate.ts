/**
 * Mutated models: bytes changed where they stand, and messages changed in their structure — numbers made extreme, names
 * exchanged, fields dropped, lists cut, repeated or nested. A seed gives the same file every time.
 */
import { decodeModelProto, encodeModelProto, type Long, type ModelProto } from "../onnx/schema.ts";
import type { Random } from "./random.ts";

/** A change of a model's bytes. */
type Mutation = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

/** A model made from one of the corpus by one to three changes. */
export function mutate(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = random.pick(corpus);
  const mutation = random.unit() < 0.6 ? changeStructure : random.pick(BYTE_MUTATIONS);
  for (let changes = 1 + random.below(3); changes > 0; changes--) bytes = mutation(bytes, random, corpus);
  return bytes;
}

/** Weights are most of some files: places are chosen near the beginning and the end as well. */
function place(length: number, random: Random): number {
  const near = Math.min(length, 600);
  return random.pick([random.below(length), random.below(near), length - 1 - random.below(near)]);
}

const BYTE_MUTATIONS: readonly Mutation[] = [
  function changeByte(bytes, random) {
    if (bytes.length === 0) return bytes;
    const changed = Uint8Array.from(bytes);
    const at = place(bytes.length, random);
    changed[at] = random.pick([random.below(256), changed[at] ^ (1 << random.below(8)), 0, 1, 0x7f, 0x80, 0xff]);
    return changed;
  },
  function dropBytes(bytes, random) {
    const at = random.below(bytes.length + 1);
    const length = random.pick([1, 1 + random.below(16), bytes.length - at]);
    return joined(bytes.subarray(0, at), bytes.subarray(at + length));
  },
  function insertBytes(bytes, random) {
    const at = random.below(bytes.length + 1);
    const inserted = Array.from({ length: 1 + random.below(12) }, () => random.pick([0xff, 0x80, random.below(256)]));
    return joined(bytes.subarray(0, at), Uint8Array.from(inserted), bytes.subarray(at));
  },
  function repeatSlice(bytes, random) {
    const at = random.below(bytes.length + 1);
    const slice = bytes.subarray(at, at + 1 + random.below(64));
    return joined(
      bytes.subarray(0, at),
      ...new Array<Uint8Array>(1 + random.below(50)).fill(slice),
      bytes.subarray(at),
    );
  },
  function splice(bytes, random, corpus) {
    const other = random.pick(corpus);
    const start = random.below(other.length + 1);
    return joined(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(start));
  },
];

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

type Fields = Record<string, unknown>;

/** A place in a message: a field of an object, or an element of a list. */
interface Slot {
  readonly holder: Fields | unknown[];
  readonly key: string | number;
}

const EXTREMES = [
  0,
  1,
  2,
  -1,
  3,
  7,
  8,
  9,
  64,
  255,
  256,
  65_535,
  65_536,
  2 ** 20,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 32,
  2 ** 36,
  2 ** 36 + 1,
  2 ** 48,
  2 ** 53,
  -(2 ** 53),
];
const FLOATS = [0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-45, 3e38, 0.5];
/** Fields of 64 bits, decoded as objects. */
const isLong = (value: unknown): value is Exclude<Long, number> =>
  typeof value === "object" && value !== null && "low" in value && "high" in value;

function changeStructure(bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  let model: ModelProto;
  try {
    model = plainCopy(decodeModelProto(bytes)) as ModelProto;
  } catch {
    return BYTE_MUTATIONS[0](bytes, random, corpus);
  }
  const slots: Slot[] = [];
  const strings: string[] = [];
  collect(model, slots, strings);
  if (slots.length === 0) return bytes;
  changeSlot(random.pick(slots), random, strings);
  try {
    return encodeModelProto(model);
  } catch {
    // What cannot be written (a string where the schema has bytes) is no file.
    return bytes;
  }
}

function changeSlot({ holder, key }: Slot, random: Random, strings: readonly string[]): void {
  const fields = holder as Fields;
  const value = fields[key];
  if (random.unit() < 0.15) {
    if (Array.isArray(holder)) holder.splice(key as number, 1);
    else delete fields[key];
  } else if (Array.isArray(holder) && random.unit() < 0.2) {
    const times = random.pick([1, 1, 2, 200]);
    holder.splice(key as number, 0, ...Array.from({ length: times }, () => plainCopy(value)));
  } else if (typeof value === "string") {
    fields[key] = random.pick([random.pick(strings), random.pick(strings), "", `${value}x`, "\0", "__proto__"]);
  } else if (typeof value === "number") {
    const whole = key === "dataType" || key === "elemType" || key === "type" || Number.isInteger(value);
    const integers = [random.below(26), random.pick(EXTREMES) | 0, value + 1, value - 1];
    fields[key] = random.pick(whole && key !== "f" ? integers : FLOATS);
  } else if (isLong(value)) {
    const number = random.pick([random.pick(EXTREMES), random.below(26), value.low + 1, value.low - 1]);
    fields[key] = random.unit() < 0.1 ? { low: -1, high: 0x7fffffff, unsigned: false } : longOf(number);
  } else if (value instanceof Uint8Array) {
    fields[key] = random.pick([
      value.subarray(0, random.below(value.length + 1)),
      joined(value, Uint8Array.of(0)),
      Uint8Array.from(value, (byte) => (random.unit() < 0.1 ? random.below(256) : byte)),
      new TextEncoder().encode(random.pick(strings)),
    ]);
  } else if (Array.isArray(value)) {
    if (random.unit() < 0.5) value.reverse();
    else value.splice(random.below(value.length + 1));
  } else if (typeof value === "boolean") fields[key] = !value;
}

function longOf(value: number): Exclude<Long, number> & { unsigned: boolean } {
  const bits = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  return { low: Number(BigInt.asIntN(32, bits)), high: Number(BigInt.asIntN(32, bits >> 32n)), unsigned: false };
}

/** All places of a message. Of long lists of numbers the first ones stand for all. */
function collect(message: object, slots: Slot[], strings: string[]): void {
  for (const [key, value] of Object.entries(message)) {
    const isList = Array.isArray(message);
    if (isList && Number(key) >= 32 && typeof value !== "object") continue;
    slots.push({ holder: message as Fields, key: isList ? Number(key) : key });
    if (typeof value === "string") strings.push(value);
    const inner = typeof value === "object" && value !== null && !isLong(value) && !(value instanceof Uint8Array);
    if (inner) collect(value as object, slots, strings);
  }
}

function plainCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainCopy);
  if (isLong(value)) return { low: value.low, high: value.high, unsigned: false };
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plainCopy(field)]));
}
