/**
 * WebAssembly instructions as values: an expression is the bytes that compute it, nested lists of bytes that are flattened
 * when the function is done. `i32.add(a, b)` is a's bytes, b's bytes, one opcode.
 *
 * Opcodes: WebAssembly core specification 3.0, §5.4 (binary format of instructions), fixed-width and relaxed SIMD included.
 */

/** Bytes of instructions, nested as they were made. */
export type Code = number | readonly Code[];

/** Value types. */
export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type Type = keyof typeof TYPE;

/** Unsigned LEB128. */
export function uleb(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 0x80 : low);
  } while (value > 0);
  return bytes;
}

/** Signed LEB128. */
export function sleb(value: number | bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ;) {
    const low = Number(BigInt.asUintN(7, rest));
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const float = new DataView(new ArrayBuffer(8));
function bytesOf(write: (view: DataView) => void, length: number): number[] {
  write(float);
  return Array.from(new Uint8Array(float.buffer, 0, length));
}

type Unary = (a: Code) => Code;
type Binary = (a: Code, b: Code) => Code;
type Ternary = (a: Code, b: Code, c: Code) => Code;

const unary =
  (...opcode: number[]): Unary =>
  (a) => [a, opcode];
const binary =
  (...opcode: number[]): Binary =>
  (a, b) => [a, b, opcode];
const simd = (opcode: number): number[] => [0xfd, ...uleb(opcode)];
const vectorUnary = (opcode: number): Unary => unary(...simd(opcode));
const vectorBinary = (opcode: number): Binary => binary(...simd(opcode));
const vectorTernary =
  (opcode: number): Ternary =>
  (a, b, c) => [a, b, c, simd(opcode)];

/** Alignment is a hint only; 0 is always true. */
const memory = (opcode: number | number[], address: Code, offset: number): Code => [address, opcode, 0, uleb(offset)];
const load =
  (opcode: number | number[]) =>
  (address: Code, offset = 0): Code =>
    memory(opcode, address, offset);
const store =
  (opcode: number | number[]) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, 0, uleb(offset)];
const lane =
  (opcode: number) =>
  (a: Code, index: number): Code => [a, simd(opcode), index];
const replace =
  (opcode: number) =>
  (a: Code, index: number, value: Code): Code => [a, value, simd(opcode), index];

export const i32 = {
  const: (value: number): Code => [0x41, sleb(value | 0)],
  load: load(0x28),
  load8_s: load(0x2c),
  load8_u: load(0x2d),
  load16_s: load(0x2e),
  load16_u: load(0x2f),
  store: store(0x36),
  store8: store(0x3a),
  store16: store(0x3b),
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  lt_s: binary(0x48),
  lt_u: binary(0x49),
  gt_s: binary(0x4a),
  gt_u: binary(0x4b),
  le_s: binary(0x4c),
  le_u: binary(0x4d),
  ge_s: binary(0x4e),
  ge_u: binary(0x4f),
  clz: unary(0x67),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  div_s: binary(0x6d),
  div_u: binary(0x6e),
  rem_s: binary(0x6f),
  rem_u: binary(0x70),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shl: binary(0x74),
  shr_s: binary(0x75),
  shr_u: binary(0x76),
  wrap_i64: unary(0xa7),
  trunc_sat_f32_s: unary(0xfc, 0),
  trunc_sat_f32_u: unary(0xfc, 1),
  reinterpret_f32: unary(0xbc),
  extend8_s: unary(0xc0),
  extend16_s: unary(0xc1),
  atomic: {
    notify: (address: Code, count: Code): Code => [address, count, 0xfe, 0x00, 2, 0],
    wait: (address: Code, expected: Code, timeout: Code): Code => [address, expected, timeout, 0xfe, 0x01, 2, 0],
    load: (address: Code): Code => [address, 0xfe, 0x10, 2, 0],
    store: (address: Code, value: Code): Code => [address, value, 0xfe, 0x17, 2, 0],
    add: (address: Code, value: Code): Code => [address, value, 0xfe, 0x1e, 2, 0],
  },
} as const;

export const i64 = {
  const: (value: number | bigint): Code => [0x42, sleb(BigInt.asIntN(64, BigInt(value)))],
  load: load(0x29),
  load8_s: load(0x30),
  load8_u: load(0x31),
  load16_s: load(0x32),
  load16_u: load(0x33),
  load32_s: load(0x34),
  load32_u: load(0x35),
  store: store(0x37),
  store8: store(0x3c),
  store16: store(0x3d),
  store32: store(0x3e),
  eqz: unary(0x50),
  eq: binary(0x51),
  ne: binary(0x52),
  lt_s: binary(0x53),
  lt_u: binary(0x54),
  gt_s: binary(0x55),
  gt_u: binary(0x56),
  le_s: binary(0x57),
  le_u: binary(0x58),
  ge_s: binary(0x59),
  ge_u: binary(0x5a),
  clz: unary(0x79),
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  div_s: binary(0x7f),
  div_u: binary(0x80),
  rem_s: binary(0x81),
  rem_u: binary(0x82),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shl: binary(0x86),
  shr_s: binary(0x87),
  shr_u: binary(0x88),
  rotl: binary(0x89),
  extend_i32_s: unary(0xac),
  extend_i32_u: unary(0xad),
  trunc_sat_f32_s: unary(0xfc, 4),
  trunc_sat_f32_u: unary(0xfc, 5),
  reinterpret_f64: unary(0xbd),
  extend8_s: unary(0xc2),
  extend16_s: unary(0xc3),
  extend32_s: unary(0xc4),
} as const;

export const f32 = {
  const: (value: number): Code => [0x43, bytesOf((view) => view.setFloat32(0, value, true), 4)],
  load: load(0x2a),
  store: store(0x38),
  eq: binary(0x5b),
  ne: binary(0x5c),
  lt: binary(0x5d),
  gt: binary(0x5e),
  le: binary(0x5f),
  ge: binary(0x60),
  abs: unary(0x8b),
  neg: unary(0x8c),
  ceil: unary(0x8d),
  floor: unary(0x8e),
  trunc: unary(0x8f),
  nearest: unary(0x90),
  sqrt: unary(0x91),
  add: binary(0x92),
  sub: binary(0x93),
  mul: binary(0x94),
  div: binary(0x95),
  min: binary(0x96),
  max: binary(0x97),
  convert_i32_s: unary(0xb2),
  convert_i32_u: unary(0xb3),
  convert_i64_s: unary(0xb4),
  convert_i64_u: unary(0xb5),
  demote_f64: unary(0xb6),
  reinterpret_i32: unary(0xbe),
} as const;

export const f64 = {
  const: (value: number): Code => [0x44, bytesOf((view) => view.setFloat64(0, value, true), 8)],
  eq: binary(0x61),
  ne: binary(0x62),
  lt: binary(0x63),
  gt: binary(0x64),
  abs: unary(0x99),
  add: binary(0xa0),
  sub: binary(0xa1),
  mul: binary(0xa2),
  promote_f32: unary(0xbb),
  reinterpret_i64: unary(0xbf),
} as const;

export const v128 = {
  const: (bytes: readonly number[]): Code => [simd(0x0c), [...bytes]],
  load: load(simd(0x00)),
  load8_splat: load(simd(0x07)),
  load16_splat: load(simd(0x08)),
  load32_splat: load(simd(0x09)),
  load64_splat: load(simd(0x0a)),
  load8x8_s: load(simd(0x01)),
  load8x8_u: load(simd(0x02)),
  load32_zero: load(simd(0x5c)),
  load64_zero: load(simd(0x5d)),
  load32_lane: (address: Code, vector: Code, index: number, offset = 0): Code => [
    address,
    vector,
    simd(0x56),
    0,
    uleb(offset),
    index,
  ],
  store: store(simd(0x0b)),
  load8_lane: (address: Code, vector: Code, index: number, offset = 0): Code => [
    address,
    vector,
    simd(0x54),
    0,
    uleb(offset),
    index,
  ],
  store32_lane: (address: Code, vector: Code, index: number, offset = 0): Code => [
    address,
    vector,
    simd(0x5a),
    0,
    uleb(offset),
    index,
  ],
  store64_lane: (address: Code, vector: Code, index: number, offset = 0): Code => [
    address,
    vector,
    simd(0x5b),
    0,
    uleb(offset),
    index,
  ],
  not: vectorUnary(0x4d),
  and: vectorBinary(0x4e),
  andnot: vectorBinary(0x4f),
  or: vectorBinary(0x50),
  xor: vectorBinary(0x51),
  /** Bits of a where the mask is 1, else of b. */
  bitselect: vectorTernary(0x52),
  any_true: vectorUnary(0x53),
} as const;

/** Lanes of two vectors by byte number, 0 to 15 of a, 16 to 31 of b. */
export const shuffle = (a: Code, b: Code, bytes: readonly number[]): Code => [a, b, simd(0x0d), [...bytes]];

export const i8x16 = {
  swizzle: vectorBinary(0x0e),
  splat: vectorUnary(0x0f),
  extract_lane_u: lane(0x16),
  narrow_i16x8_s: vectorBinary(0x65),
  narrow_i16x8_u: vectorBinary(0x66),
  sub: vectorBinary(0x71),
  relaxed_dot_i8x16_i7x16_add_s: vectorTernary(0x113),
} as const;

export const i16x8 = {
  splat: vectorUnary(0x10),
  narrow_i32x4_s: vectorBinary(0x85),
  narrow_i32x4_u: vectorBinary(0x86),
  extend_low_i8x16_s: vectorUnary(0x87),
  extend_high_i8x16_s: vectorUnary(0x88),
  extend_low_i8x16_u: vectorUnary(0x89),
  extend_high_i8x16_u: vectorUnary(0x8a),
  add: vectorBinary(0x8e),
  sub: vectorBinary(0x91),
  mul: vectorBinary(0x95),
} as const;

export const i32x4 = {
  const: (a: number, b: number, c: number, d: number): Code =>
    v128.const(
      bytesOf((view) => {
        view.setInt32(0, a | 0, true);
        view.setInt32(4, b | 0, true);
      }, 8).concat(
        bytesOf((view) => {
          view.setInt32(0, c | 0, true);
          view.setInt32(4, d | 0, true);
        }, 8),
      ),
    ),
  splat: vectorUnary(0x11),
  extract_lane: lane(0x1b),
  replace_lane: replace(0x1c),
  eq: vectorBinary(0x37),
  ne: vectorBinary(0x38),
  lt_s: vectorBinary(0x39),
  lt_u: vectorBinary(0x3a),
  gt_s: vectorBinary(0x3b),
  gt_u: vectorBinary(0x3c),
  le_s: vectorBinary(0x3d),
  le_u: vectorBinary(0x3e),
  ge_s: vectorBinary(0x3f),
  ge_u: vectorBinary(0x40),
  extend_low_i16x8_s: vectorUnary(0xa7),
  extend_high_i16x8_s: vectorUnary(0xa8),
  extend_low_i16x8_u: vectorUnary(0xa9),
  extend_high_i16x8_u: vectorUnary(0xaa),
  abs: vectorUnary(0xa0),
  neg: vectorUnary(0xa1),
  all_true: vectorUnary(0xa3),
  shl: vectorBinary(0xab),
  shr_s: vectorBinary(0xac),
  shr_u: vectorBinary(0xad),
  add: vectorBinary(0xae),
  sub: vectorBinary(0xb1),
  mul: vectorBinary(0xb5),
  min_s: vectorBinary(0xb6),
  min_u: vectorBinary(0xb7),
  max_s: vectorBinary(0xb8),
  max_u: vectorBinary(0xb9),
  /** Sums of products of adjacent pairs of signed 16-bit lanes, modulo 2^32. */
  dot_i16x8_s: vectorBinary(0xba),
  trunc_sat_f32x4_s: vectorUnary(0xf8),
  trunc_sat_f32x4_u: vectorUnary(0xf9),
} as const;

export const i64x2 = {
  splat: vectorUnary(0x12),
  extract_lane: lane(0x1d),
  replace_lane: replace(0x1e),
  shl: vectorBinary(0xcb),
  shr_u: vectorBinary(0xcd),
  add: vectorBinary(0xce),
  sub: vectorBinary(0xd1),
  mul: vectorBinary(0xd5),
  eq: vectorBinary(0xd6),
} as const;

export const f32x4 = {
  splat: vectorUnary(0x13),
  extract_lane: lane(0x1f),
  replace_lane: replace(0x20),
  eq: vectorBinary(0x41),
  ne: vectorBinary(0x42),
  lt: vectorBinary(0x43),
  gt: vectorBinary(0x44),
  le: vectorBinary(0x45),
  ge: vectorBinary(0x46),
  ceil: vectorUnary(0x67),
  floor: vectorUnary(0x68),
  trunc: vectorUnary(0x69),
  nearest: vectorUnary(0x6a),
  abs: vectorUnary(0xe0),
  neg: vectorUnary(0xe1),
  sqrt: vectorUnary(0xe3),
  add: vectorBinary(0xe4),
  sub: vectorBinary(0xe5),
  mul: vectorBinary(0xe6),
  div: vectorBinary(0xe7),
  min: vectorBinary(0xe8),
  max: vectorBinary(0xe9),
  /** b < a ? b : a */
  pmin: vectorBinary(0xea),
  /** a < b ? b : a */
  pmax: vectorBinary(0xeb),
  convert_i32x4_s: vectorUnary(0xfa),
  convert_i32x4_u: vectorUnary(0xfb),
  /** a × b + c; whether it is rounded once depends on the machine: see `probe.ts`. */
  relaxed_madd: vectorTernary(0x105),
} as const;

export const f64x2 = {
  const: (value: number): Code =>
    v128.const([...Array(2)].flatMap(() => bytesOf((view) => view.setFloat64(0, value, true), 8))),
  ne: vectorBinary(0x48),
  lt: vectorBinary(0x49),
  gt: vectorBinary(0x4a),
  /** The two low lanes of binary32. */
  promote_low_f32x4: vectorUnary(0x5f),
  /** Into the two low lanes of binary32; the high ones are zero. */
  demote_zero: vectorUnary(0x5e),
  abs: vectorUnary(0xec),
  add: vectorBinary(0xf0),
  sub: vectorBinary(0xf1),
  mul: vectorBinary(0xf2),
} as const;

/** Sets `length` bytes to a value. */
export const memoryFill = (to: Code, value: Code, length: Code): Code => [to, value, length, 0xfc, 0x0b, 0x00];
/** Pages of the memory. */
export const memorySize: Code = [0x3f, 0];

/** A local. */
export const get = (local: number): Code => [0x20, uleb(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, uleb(local)];
export const tee = (local: number, value: Code): Code => [value, 0x22, uleb(local)];
/** One of two values of a type other than v128, both computed. */
export const select = (condition: Code, yes: Code, no: Code): Code => [yes, no, condition, 0x1b];
/** `select` of vectors. */
export const vectorSelect = (condition: Code, yes: Code, no: Code): Code => [yes, no, condition, 0x1c, 1, TYPE.v128];
export const call = (index: number, ...operands: Code[]): Code => [operands, 0x10, uleb(index)];
export const drop = (value: Code): Code => [value, 0x1a];

export const RETURN: Code = 0x0f;

/** Structured control; `br` counts enclosing blocks and loops outward from 0. */
export const block = (...body: Code[]): Code => [0x02, 0x40, body, 0x0b];
export const loop = (...body: Code[]): Code => [0x03, 0x40, body, 0x0b];
export const br = (depth: number): Code => [0x0c, uleb(depth)];
export const brIf = (depth: number, condition: Code): Code => [condition, 0x0d, uleb(depth)];
export const when = (condition: Code, yes: Code, no?: Code): Code => [
  condition,
  0x04,
  0x40,
  yes,
  no === undefined ? [] : [0x05, no],
  0x0b,
];
/** `when` that gives a value. */
export const choose = (type: Type, condition: Code, yes: Code, no: Code): Code => [
  condition,
  0x04,
  TYPE[type],
  yes,
  0x05,
  no,
  0x0b,
];

export const vectorChoose = (condition: Code, yes: Code, no: Code): Code => choose("v128", condition, yes, no);

/** `for (i = from; i < to; i += step) body`, i32, signed. `to` is evaluated each time: give a local or a constant. */
export const forLoop = (i: number, from: Code, to: Code, step: number, ...body: Code[]): Code => [
  set(i, from),
  block(loop(brIf(1, i32.ge_s(get(i), to)), body, set(i, i32.add(get(i), i32.const(step))), br(0))),
];

/** Appends the bytes of code to a list. */
export function flatten(code: Code, into: number[]): void {
  if (typeof code === "number") into.push(code);
  else for (const part of code) flatten(part, into);
}
