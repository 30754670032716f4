/**
 * One instruction over four lanes: WebAssembly SIMD for a node whose lanes differ, where there is any. What it has no
 * instruction for is computed lane by lane by the emitter.
 */
import { OPCODE } from "@assay/vm/opcodes";
import { f32x4, i32x4, v128, i32, vectorSelect, type Code } from "../wasm/code.ts";
import { CONST, type Node } from "./graph.ts";
import type { Library } from "./library.ts";
import { byBounds, type Representation } from "./representation.ts";

/** A node's four words as code: low halves, as floats, as a mask of all ones where the word is not 0. */
export interface VectorAccess {
  low(node: Node): Code;
  float(node: Node): Code;
  mask(node: Node): Code;
  /** The word of a node that is the same in all lanes, as a condition. */
  truth(node: Node): Code;
}

const isNatural32 = (node: Node): boolean => node.low >= 0 && node.high < 2 ** 32;
const isSigned32 = (node: Node): boolean => byBounds(node) === "signed" && !node.float;
const isNatural31 = (node: Node): boolean => node.low >= 0 && node.high < 2 ** 31;

/** Instructions that give a mask. */
const COMPARES = new Set<number>([
  ...[OPCODE.ieq, OPCODE.ine, OPCODE.ilt, OPCODE.ile, OPCODE.ult, OPCODE.ule],
  ...[OPCODE.feq, OPCODE.flt, OPCODE.fle, OPCODE.truth, OPCODE.lnot],
]);
export const isCompare = (node: Node): boolean => COMPARES.has(node.op);
const isTruth = (node: Node): boolean => node.low >= 0 && node.high <= 1;

/** The mask of a node, if there is a direct way to it. */
export function maskCode(node: Node, at: VectorAccess): Code | undefined {
  const [a, b] = node.args;
  const { low, float, mask } = at;
  const signed = isSigned32(a) && isSigned32(b ?? a);
  const natural = isNatural32(a) && isNatural32(b ?? a);
  const mixed = b !== undefined && isSigned32(a) && isNatural31(b);
  switch (node.op) {
    case OPCODE.ieq:
      return signed || natural ? i32x4.eq(low(a), low(b)) : undefined;
    case OPCODE.ine:
      return signed || natural ? i32x4.ne(low(a), low(b)) : undefined;
    case OPCODE.ilt:
      if (signed) return i32x4.lt_s(low(a), low(b));
      return natural ? i32x4.lt_u(low(a), low(b)) : undefined;
    case OPCODE.ile:
      if (signed) return i32x4.le_s(low(a), low(b));
      return natural ? i32x4.le_u(low(a), low(b)) : undefined;
    case OPCODE.ult:
      return natural || mixed ? i32x4.lt_u(low(a), low(b)) : undefined;
    case OPCODE.ule:
      return natural || mixed ? i32x4.le_u(low(a), low(b)) : undefined;
    case OPCODE.feq:
      return f32x4.eq(float(a), float(b));
    case OPCODE.flt:
      return f32x4.lt(float(a), float(b));
    case OPCODE.fle:
      return f32x4.le(float(a), float(b));
    case OPCODE.truth:
      return mask(a);
    case OPCODE.lnot:
      return v128.not(mask(a));
    case OPCODE.and:
      return isTruth(a) && isTruth(b) ? v128.and(mask(a), mask(b)) : undefined;
    case OPCODE.or:
      return isTruth(a) && isTruth(b) ? v128.or(mask(a), mask(b)) : undefined;
    default:
      return undefined;
  }
}

/** The four words of a node in 32-bit lanes; undefined where WebAssembly has no such instruction. */
export function vectorCode(node: Node, as: Representation, at: VectorAccess, library: Library): Code | undefined {
  if (as === "wide") return undefined;
  const { low, float, mask, truth } = at;
  const [a, b, c] = node.args;
  const signed = isSigned32(a) && isSigned32(b ?? a);
  const natural = isNatural32(a) && isNatural32(b ?? a);
  switch (node.op) {
    case OPCODE.iadd:
      return i32x4.add(low(a), low(b));
    case OPCODE.isub:
      return i32x4.sub(low(a), low(b));
    case OPCODE.imul:
      return i32x4.mul(low(a), low(b));
    case OPCODE.and:
      return v128.and(low(a), low(b));
    case OPCODE.or:
      return v128.or(low(a), low(b));
    case OPCODE.xor:
      return v128.xor(low(a), low(b));
    case OPCODE.ineg:
      return i32x4.neg(low(a));
    case OPCODE.not:
      return v128.not(low(a));
    case OPCODE.imin:
      if (signed) return i32x4.min_s(low(a), low(b));
      return natural ? i32x4.min_u(low(a), low(b)) : undefined;
    case OPCODE.imax:
      if (signed) return i32x4.max_s(low(a), low(b));
      return natural ? i32x4.max_u(low(a), low(b)) : undefined;
    case OPCODE.umin:
      return natural ? i32x4.min_u(low(a), low(b)) : undefined;
    case OPCODE.umax:
      return natural ? i32x4.max_u(low(a), low(b)) : undefined;
    case OPCODE.iabs:
      return isSigned32(a) ? i32x4.abs(low(a)) : undefined;
    case OPCODE.shl:
    case OPCODE.ushr:
    case OPCODE.ishr: {
      if (b.low !== b.high || b.low < 0 || b.low > 31) return undefined;
      const places = i32.const(b.low);
      if (node.op === OPCODE.shl) return i32x4.shl(low(a), places);
      if (node.op === OPCODE.ushr) return isNatural32(a) ? i32x4.shr_u(low(a), places) : undefined;
      if (isSigned32(a)) return i32x4.shr_s(low(a), places);
      if (isNatural32(a)) return i32x4.shr_u(low(a), places);
      return shiftedDifference(node, at);
    }
    case OPCODE.wrapi8:
      return i32x4.shr_s(i32x4.shl(low(a), i32.const(24)), i32.const(24));
    case OPCODE.wrapi16:
      return i32x4.shr_s(i32x4.shl(low(a), i32.const(16)), i32.const(16));
    case OPCODE.wrapu8:
      return v128.and(low(a), i32x4.const(0xff, 0xff, 0xff, 0xff));
    case OPCODE.wrapu16:
      return v128.and(low(a), i32x4.const(0xffff, 0xffff, 0xffff, 0xffff));
    case OPCODE.wrapi32:
    case OPCODE.wrapu32:
      return low(a);
    case OPCODE.pair:
      return low(b);
    case OPCODE.select: {
      const [yes, no] = as === "float" ? [float(b), float(c)] : [low(b), low(c)];
      return a.stride === 0 ? vectorSelect(truth(a), yes, no) : v128.bitselect(yes, no, mask(a));
    }
    case OPCODE.fadd:
      return f32x4.add(float(a), float(b));
    case OPCODE.fsub:
      return f32x4.sub(float(a), float(b));
    case OPCODE.fmul:
      return f32x4.mul(float(a), float(b));
    case OPCODE.fdiv:
      return f32x4.div(float(a), float(b));
    case OPCODE.ffma:
      return library.madd(float(a), float(b), float(c));
    case OPCODE.fsqrt:
      return f32x4.sqrt(float(a));
    case OPCODE.fmin:
      return minimum(a, b, float) ?? f32x4.min(float(a), float(b));
    case OPCODE.fmax:
      return maximum(a, b, float) ?? f32x4.max(float(a), float(b));
    case OPCODE.fneg:
      return f32x4.neg(float(a));
    case OPCODE.fabs:
      return f32x4.abs(float(a));
    case OPCODE.ffloor:
      return f32x4.floor(float(a));
    case OPCODE.fceil:
      return f32x4.ceil(float(a));
    case OPCODE.ftrunc:
      return f32x4.trunc(float(a));
    case OPCODE.frint:
      return f32x4.nearest(float(a));
    case OPCODE.fcanon:
      return float(a);
    case OPCODE.ftoi8:
      return clamp(i32x4.trunc_sat_f32x4_s(float(a)), -128, 127);
    case OPCODE.ftoi16:
      return clamp(i32x4.trunc_sat_f32x4_s(float(a)), -32768, 32767);
    case OPCODE.ftoi32:
      return i32x4.trunc_sat_f32x4_s(float(a));
    case OPCODE.ftou8:
      return clamp(i32x4.trunc_sat_f32x4_s(float(a)), 0, 255);
    case OPCODE.ftou16:
      return clamp(i32x4.trunc_sat_f32x4_s(float(a)), 0, 65535);
    case OPCODE.ftou32:
      return i32x4.trunc_sat_f32x4_u(float(a));
    case OPCODE.itof:
      if (isSigned32(a)) return f32x4.convert_i32x4_s(low(a));
      return isNatural32(a) ? f32x4.convert_i32x4_u(low(a)) : undefined;
    case OPCODE.utof:
      return isNatural32(a) ? f32x4.convert_i32x4_u(low(a)) : undefined;
    case OPCODE.btof:
      return i32x4.shl(low(a), i32.const(16));
    default:
      return undefined;
  }
}

const splat = (x: number): Code => i32x4.const(x, x, x, x);
const clamp = (value: Code, low: number, high: number): Code =>
  i32x4.min_s(i32x4.max_s(value, splat(low)), splat(high));

/** The pattern of a constant as a float, or undefined. */
const patternOf = (node: Node): number | undefined => (node.op === CONST ? Number(node.value) >>> 0 : undefined);
const NAN_FROM = 0x7f800001;
const isNumber = (pattern: number | undefined): pattern is number =>
  pattern !== undefined && (pattern & 0x7fffffff) >>> 0 < NAN_FROM;

/**
 * maximum(x, constant) without the general instruction, which takes five of the machine's. pmax(x, c) is x < c ? c : x: it
 * keeps a NaN x, and is wrong only for x = -0 under c = +0, which adding +0 first removes.
 */
function maximum(a: Node, b: Node, float: (node: Node) => Code): Code | undefined {
  const [x, constant] = a.op === CONST ? [b, a] : [a, b];
  const pattern = patternOf(constant);
  if (!isNumber(pattern)) return undefined;
  if (pattern === 0) return f32x4.pmax(f32x4.add(float(x), float(constant)), float(constant));
  return f32x4.pmax(float(x), float(constant));
}

/** minimum(x, constant) by pmin(x, c), c < x ? c : x: wrong only for x = +0 over c = -0. */
function minimum(a: Node, b: Node, float: (node: Node) => Code): Code | undefined {
  const [x, constant] = a.op === CONST ? [b, a] : [a, b];
  const pattern = patternOf(constant);
  if (!isNumber(pattern) || pattern === 0x80000000) return undefined;
  return f32x4.pmin(float(x), float(constant));
}

/**
 * (x - constant) shifted right, where the difference has 33 bits: both are shifted first, and a borrow is taken from the
 * bits shifted out. Logarithms take the exponent out of a pattern so.
 */
function shiftedDifference(node: Node, { low }: VectorAccess): Code | undefined {
  const [difference, places] = node.args;
  if (difference.op !== OPCODE.isub) return undefined;
  const [x, constant] = difference.args;
  if (!isNatural32(x) || constant.op !== CONST || !isNatural32(constant)) return undefined;
  const lost = 2 ** places.low - 1;
  const subtracted = Number(constant.value);
  const part = (value: Code): Code => v128.and(value, splat(lost));
  const borrow = i32x4.lt_u(part(low(x)), splat(subtracted & lost));
  const shifted = i32x4.sub(i32x4.shr_u(low(x), i32.const(places.low)), splat(subtracted >>> places.low));
  // The mask is -1 where a borrow is due.
  return i32x4.add(shifted, borrow);
}
