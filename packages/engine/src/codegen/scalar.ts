/**
 * One instruction over single values: WebAssembly for a node, given its operands as code. The result is in the node's
 * representation; its word is the reference machine's, but a float may be a NaN of any payload until it is looked at as bits.
 */
import { OPCODE } from "@assay/vm/opcodes";
import { f32, i32, i64, choose, select, type Code } from "../wasm/code.ts";
import type { Node } from "./graph.ts";
import type { Library } from "./library.ts";
import { byBounds, type Representation } from "./representation.ts";

/** A node's word as code: its low half, all of it, as a float, as a condition. */
export interface Access {
  low(node: Node): Code;
  wide(node: Node): Code;
  float(node: Node): Code;
  truth(node: Node): Code;
}

/** Type of a representation. */
export const typeOf = (representation: Representation): "f32" | "i32" | "i64" =>
  representation === "float" ? "f32" : representation === "wide" ? "i64" : "i32";

type Two = (a: Code, b: Code) => Code;

const isNatural32 = (node: Node): boolean => node.low >= 0 && node.high < 2 ** 32;
const isSigned32 = (node: Node): boolean => byBounds(node) === "signed" && !node.float;
const isNatural31 = (node: Node): boolean => node.low >= 0 && node.high < 2 ** 31;

/** The code of an arithmetic node. */
export function scalarCode(node: Node, as: Representation, at: Access, library: Library): Code {
  const { op } = node;
  const [a, b, c] = node.args;
  const narrow = as !== "wide";
  const { low, wide, float, truth } = at;
  /** Both in 32 bits if they fit the sign that counts, else in 64. */
  const compare = (signed: Two, unsigned: Two, wideSigned: Two): Code => {
    if (isSigned32(a) && isSigned32(b)) return signed(low(a), low(b));
    if (isNatural32(a) && isNatural32(b)) return unsigned(low(a), low(b));
    return wideSigned(wide(a), wide(b));
  };
  const compareUnsigned = (narrowOp: Two, wideOp: Two): Code => {
    // A negative number is, unsigned, above every size: in 32 bits too where b is below 2^31.
    const fits = (isNatural32(a) && isNatural32(b)) || (isSigned32(a) && isNatural31(b));
    return fits ? narrowOp(low(a), low(b)) : wideOp(wide(a), wide(b));
  };
  /** A wide result cut to the node's representation. */
  const cut = (code: Code): Code => (narrow ? i32.wrap_i64(code) : code);
  const extend = (code: Code): Code => (narrow ? code : i64.extend_i32_s(code));
  const ring = (narrowOp: Two, wideOp: Two): Code => (narrow ? narrowOp(low(a), low(b)) : wideOp(wide(a), wide(b)));

  switch (op) {
    case OPCODE.iadd:
      return ring(i32.add, i64.add);
    case OPCODE.isub:
      return ring(i32.sub, i64.sub);
    case OPCODE.imul:
      return ring(i32.mul, i64.mul);
    case OPCODE.and:
      return ring(i32.and, i64.and);
    case OPCODE.or:
      return ring(i32.or, i64.or);
    case OPCODE.xor:
      return ring(i32.xor, i64.xor);
    case OPCODE.ineg:
      return narrow ? i32.sub(i32.const(0), low(a)) : i64.sub(i64.const(0), wide(a));
    case OPCODE.not:
      return narrow ? i32.xor(low(a), i32.const(-1)) : i64.xor(wide(a), i64.const(-1));
    case OPCODE.umulh:
      return cut(library.umulh(wide(a), wide(b)));
    case OPCODE.udiv:
    case OPCODE.urem:
      if (isNatural32(a) && isNatural32(b) && b.low > 0) {
        const code = (op === OPCODE.udiv ? i32.div_u : i32.rem_u)(low(a), low(b));
        return narrow ? code : i64.extend_i32_u(code);
      }
      return cut(library.divide(op === OPCODE.udiv ? "udiv" : "urem", wide(a), wide(b)));
    case OPCODE.idiv:
    case OPCODE.irem:
      if (isSigned32(a) && isSigned32(b) && b.low > 0) {
        return extend((op === OPCODE.idiv ? i32.div_s : i32.rem_s)(low(a), low(b)));
      }
      return cut(library.divide(op === OPCODE.idiv ? "idiv" : "irem", wide(a), wide(b)));
    case OPCODE.ifloordiv:
    case OPCODE.imod:
      if (isNatural31(a) && isNatural31(b) && b.low > 0) {
        return extend((op === OPCODE.ifloordiv ? i32.div_u : i32.rem_u)(low(a), low(b)));
      }
      return cut(library.divide(op === OPCODE.ifloordiv ? "ifloordiv" : "imod", wide(a), wide(b)));
    case OPCODE.imin:
    case OPCODE.imax: {
      const min = op === OPCODE.imin;
      const less = compare(min ? i32.lt_s : i32.gt_s, min ? i32.lt_u : i32.gt_u, min ? i64.lt_s : i64.gt_s);
      return narrow ? select(less, low(a), low(b)) : select(less, wide(a), wide(b));
    }
    case OPCODE.umin:
    case OPCODE.umax: {
      const min = op === OPCODE.umin;
      const less = compareUnsigned(min ? i32.lt_u : i32.gt_u, min ? i64.lt_u : i64.gt_u);
      return narrow ? select(less, low(a), low(b)) : select(less, wide(a), wide(b));
    }
    case OPCODE.iabs: {
      if (isSigned32(a) && narrow) {
        return select(i32.lt_s(low(a), i32.const(0)), i32.sub(i32.const(0), low(a)), low(a));
      }
      const negative = i64.lt_s(wide(a), i64.const(0));
      return cut(select(negative, i64.sub(i64.const(0), wide(a)), wide(a)));
    }
    case OPCODE.shl:
    case OPCODE.ushr:
    case OPCODE.ishr:
      return shift(node, as, at, library);
    case OPCODE.clz:
      if (isNatural32(a)) return i32.add(i32.const(32), i32.clz(low(a)));
      return i32.wrap_i64(i64.clz(wide(a)));
    case OPCODE.ieq:
      return sameWidth(a, b) ? i32.eq(low(a), low(b)) : i64.eq(wide(a), wide(b));
    case OPCODE.ine:
      return sameWidth(a, b) ? i32.ne(low(a), low(b)) : i64.ne(wide(a), wide(b));
    case OPCODE.ilt:
      return compare(i32.lt_s, i32.lt_u, i64.lt_s);
    case OPCODE.ile:
      return compare(i32.le_s, i32.le_u, i64.le_s);
    case OPCODE.ult:
      return compareUnsigned(i32.lt_u, i64.lt_u);
    case OPCODE.ule:
      return compareUnsigned(i32.le_u, i64.le_u);
    case OPCODE.wrapi8:
      return extend(i32.extend8_s(low(a)));
    case OPCODE.wrapi16:
      return extend(i32.extend16_s(low(a)));
    case OPCODE.wrapu8:
      return i32.and(low(a), i32.const(0xff));
    case OPCODE.wrapu16:
      return i32.and(low(a), i32.const(0xffff));
    case OPCODE.wrapi32:
    case OPCODE.wrapu32:
      return low(a);
    case OPCODE.pair:
      if (narrow) return low(b);
      return i64.or(i64.shl(i64.extend_i32_u(low(a)), i64.const(32)), i64.extend_i32_u(low(b)));
    case OPCODE.truth:
      return i32.ne(truth(a), i32.const(0));
    case OPCODE.lnot:
      return i32.eqz(truth(a));
    case OPCODE.select:
      if (as === "float") return select(truth(a), float(b), float(c));
      return narrow ? select(truth(a), low(b), low(c)) : select(truth(a), wide(b), wide(c));
    case OPCODE.fadd:
      return f32.add(float(a), float(b));
    case OPCODE.fsub:
      return f32.sub(float(a), float(b));
    case OPCODE.fmul:
      return f32.mul(float(a), float(b));
    case OPCODE.fdiv:
      return f32.div(float(a), float(b));
    case OPCODE.ffma:
      return library.fma(float(a), float(b), float(c));
    case OPCODE.fsqrt:
      return f32.sqrt(float(a));
    case OPCODE.fmin:
      return f32.min(float(a), float(b));
    case OPCODE.fmax:
      return f32.max(float(a), float(b));
    case OPCODE.fneg:
      return f32.neg(float(a));
    case OPCODE.fabs:
      return f32.abs(float(a));
    case OPCODE.ffloor:
      return f32.floor(float(a));
    case OPCODE.fceil:
      return f32.ceil(float(a));
    case OPCODE.ftrunc:
      return f32.trunc(float(a));
    case OPCODE.frint:
      return f32.nearest(float(a));
    case OPCODE.feq:
      return f32.eq(float(a), float(b));
    case OPCODE.flt:
      return f32.lt(float(a), float(b));
    case OPCODE.fle:
      return f32.le(float(a), float(b));
    case OPCODE.fcanon:
      return float(a);
    case OPCODE.ftoi8:
      return clamp(i32.trunc_sat_f32_s(float(a)), -128, 127);
    case OPCODE.ftoi16:
      return clamp(i32.trunc_sat_f32_s(float(a)), -32768, 32767);
    case OPCODE.ftoi32:
      return i32.trunc_sat_f32_s(float(a));
    case OPCODE.ftou8:
      return clamp(i32.trunc_sat_f32_s(float(a)), 0, 255);
    case OPCODE.ftou16:
      return clamp(i32.trunc_sat_f32_s(float(a)), 0, 65535);
    case OPCODE.ftou32:
      return i32.trunc_sat_f32_u(float(a));
    case OPCODE.ftoi64:
      return cut(i64.trunc_sat_f32_s(float(a)));
    case OPCODE.ftou64:
      return cut(i64.trunc_sat_f32_u(float(a)));
    case OPCODE.itof:
      if (isSigned32(a)) return f32.convert_i32_s(low(a));
      return isNatural32(a) ? f32.convert_i32_u(low(a)) : f32.convert_i64_s(wide(a));
    case OPCODE.utof:
      return isNatural32(a) ? f32.convert_i32_u(low(a)) : f32.convert_i64_u(wide(a));
    case OPCODE.htof:
      return library.fromHalf(i32.and(low(a), i32.const(0xffff)));
    case OPCODE.ftoh:
      return library.toHalf(float(a));
    case OPCODE.btof:
      return f32.reinterpret_i32(i32.shl(low(a), i32.const(16)));
    case OPCODE.ftob:
      return library.toBfloat16(float(a));
    default:
      throw new Error(`opcode ${op} has no code`);
  }
}

/** Whether equality of the low halves is equality. */
function sameWidth(a: Node, b: Node): boolean {
  return (isSigned32(a) && isSigned32(b)) || (isNatural32(a) && isNatural32(b));
}

/** Bounds of an integer that a float's truncation gave; `select` needs it twice, so it goes through floats' own order. */
function clamp(value: Code, low: number, high: number): Code {
  const least = select(i32.lt_s(value, i32.const(low)), i32.const(low), value);
  return choose("i32", i32.gt_s(value, i32.const(high)), i32.const(high), least);
}

function shift(node: Node, as: Representation, { low, wide }: Access, library: Library): Code {
  const [a, b] = node.args;
  const narrow = as !== "wide";
  const cut = (code: Code): Code => (narrow ? i32.wrap_i64(code) : code);
  const name = node.op === OPCODE.shl ? "shl" : node.op === OPCODE.ushr ? "ushr" : "ishr";
  const constant = b.low === b.high && b.low >= 0 && b.low < 64;
  if (!constant) return cut(library.shift(name, wide(a), wide(b)));
  const places = b.low;
  if (name === "shl") {
    if (!narrow) return i64.shl(wide(a), i64.const(places));
    return places < 32 ? i32.shl(low(a), i32.const(places)) : i32.const(0);
  }
  if (name === "ushr") {
    if (isNatural32(a)) {
      const code = places < 32 ? i32.shr_u(low(a), i32.const(places)) : i32.const(0);
      return narrow ? code : i64.extend_i32_u(code);
    }
    return cut(i64.shr_u(wide(a), i64.const(places)));
  }
  if (isSigned32(a)) {
    const code = i32.shr_s(low(a), i32.const(Math.min(31, places)));
    return narrow ? code : i64.extend_i32_s(code);
  }
  return cut(i64.shr_s(wide(a), i64.const(places)));
}
