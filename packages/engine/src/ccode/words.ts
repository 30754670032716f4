/**
 * One instruction in C, over single words (`s`) or over the lanes of a vector (`v`): the two families of functions in
 * native/generated have the same names, so that one text serves both.
 */
import { OPCODE } from "@assay/vm/opcodes";
import { holdsOneNaN } from "../codegen/emitter.ts";
import { CONST, type Node } from "../codegen/graph.ts";
import { byBounds, type Representation } from "../codegen/representation.ts";

export type Family = "s" | "v";

/** A node's word as a C expression: its low half, all of it, as a float, as a condition. */
export interface Words {
  readonly family: Family;
  low(node: Node): string;
  wide(node: Node): string;
  float(node: Node): string;
  condition(node: Node): string;
  /** The condition of a node that is the same in all lanes, as an int. */
  uniform(node: Node): string;
}

const isNatural32 = (node: Node): boolean => node.low >= 0 && node.high < 2 ** 32;
const isSigned32 = (node: Node): boolean => byBounds(node) === "signed" && !node.float;
const isNatural31 = (node: Node): boolean => node.low >= 0 && node.high < 2 ** 31;
const isTruth = (node: Node): boolean => node.low >= 0 && node.high <= 1;

const RINGS: Readonly<Record<number, string>> = {
  [OPCODE.iadd]: "+",
  [OPCODE.isub]: "-",
  [OPCODE.imul]: "*",
  [OPCODE.and]: "&",
  [OPCODE.or]: "|",
  [OPCODE.xor]: "^",
};

const FLOATS: Readonly<Record<number, string>> = {
  [OPCODE.fadd]: "+",
  [OPCODE.fsub]: "-",
  [OPCODE.fmul]: "*",
  [OPCODE.fdiv]: "/",
};

/** Functions of floats alone, by name. */
const FLOAT_FUNCTIONS: Readonly<Record<number, string>> = {
  [OPCODE.ffma]: "fma",
  [OPCODE.fsqrt]: "sqrt",
  [OPCODE.fneg]: "neg",
  [OPCODE.fabs]: "abs",
  [OPCODE.ffloor]: "floor",
  [OPCODE.fceil]: "ceil",
  [OPCODE.ftrunc]: "trunc",
  [OPCODE.frint]: "rint",
};

/** Conversions to integers of fewer than 32 bits: bounds. */
const CLAMPS: Readonly<Record<number, readonly [number, number]>> = {
  [OPCODE.ftoi8]: [-128, 127],
  [OPCODE.ftoi16]: [-32768, 32767],
  [OPCODE.ftou8]: [0, 255],
  [OPCODE.ftou16]: [0, 65535],
};

/** The condition that a node is, if its word is one. */
export function conditionCode(node: Node, words: Words): string | undefined {
  const { family: f, low, wide, float, condition } = words;
  const [a, b] = node.args;
  const narrow = b !== undefined && ((isSigned32(a) && isSigned32(b)) || (isNatural32(a) && isNatural32(b)));
  const equal = (): string => (narrow ? `${f}_ieq(${low(a)}, ${low(b)})` : `${f}_ieql(${wide(a)}, ${wide(b)})`);
  const signed = (name: string): string => {
    if (isSigned32(a) && isSigned32(b)) return `${f}_i${name}(${low(a)}, ${low(b)})`;
    return isNatural32(a) && isNatural32(b)
      ? `${f}_u${name}(${low(a)}, ${low(b)})`
      : `${f}_i${name}l(${wide(a)}, ${wide(b)})`;
  };
  const unsigned = (name: string): string => {
    // A negative number is, unsigned, above every size: in 32 bits too where b is below 2^31.
    const fits = (isNatural32(a) && isNatural32(b)) || (isSigned32(a) && isNatural31(b));
    return fits ? `${f}_u${name}(${low(a)}, ${low(b)})` : `${f}_u${name}l(${wide(a)}, ${wide(b)})`;
  };
  switch (node.op) {
    case OPCODE.ieq:
      return equal();
    case OPCODE.ine:
      return `${f}_not(${equal()})`;
    case OPCODE.ilt:
      return signed("lt");
    case OPCODE.ile:
      return signed("le");
    case OPCODE.ult:
      return unsigned("lt");
    case OPCODE.ule:
      return unsigned("le");
    case OPCODE.feq:
      return `${f}_feq(${float(a)}, ${float(b)})`;
    case OPCODE.flt:
      return `${f}_flt(${float(a)}, ${float(b)})`;
    case OPCODE.fle:
      return `${f}_fle(${float(a)}, ${float(b)})`;
    case OPCODE.truth:
      return condition(a);
    case OPCODE.lnot:
      return `${f}_not(${condition(a)})`;
    case OPCODE.and:
      return isTruth(a) && isTruth(b) ? `${f}_and(${condition(a)}, ${condition(b)})` : undefined;
    case OPCODE.or:
      return isTruth(a) && isTruth(b) ? `${f}_or(${condition(a)}, ${condition(b)})` : undefined;
    default:
      return undefined;
  }
}

/** The word of an arithmetic node that is no condition, in its representation. */
export function wordCode(node: Node, as: Representation, words: Words): string {
  const { family: f, low, wide, float, condition } = words;
  const [a, b, c] = node.args;
  const { op } = node;
  const narrow = as !== "wide";
  /** A wide result cut, a narrow one extended, to the representation. */
  const cut = (code: string): string => (narrow ? `${f}_cut(${code})` : code);
  const extend = (code: string): string => (narrow ? code : `${f}_extend(${code})`);
  const extendUnsigned = (code: string): string => (narrow ? code : `${f}_extendu(${code})`);

  const ring = RINGS[op];
  if (ring !== undefined) return narrow ? `(${low(a)} ${ring} ${low(b)})` : `(${wide(a)} ${ring} ${wide(b)})`;
  const arithmetic = FLOATS[op];
  if (arithmetic !== undefined) return `(${float(a)} ${arithmetic} ${float(b)})`;
  const name = FLOAT_FUNCTIONS[op];
  if (name !== undefined) return `${f}_${name}(${node.args.map(float).join(", ")})`;
  const bounds = CLAMPS[op];
  if (bounds !== undefined) return extend(`${f}_clamp(${f}_ftoi32(${float(a)}), ${bounds.join(", ")})`);

  switch (op) {
    case OPCODE.ineg:
      return narrow ? `(-${low(a)})` : `(-${wide(a)})`;
    case OPCODE.not:
      return narrow ? `(~${low(a)})` : `(~${wide(a)})`;
    case OPCODE.umulh:
      return cut(`${f}_umulhl(${wide(a)}, ${wide(b)})`);
    case OPCODE.udiv:
    case OPCODE.urem: {
      const divide = op === OPCODE.udiv ? "udiv" : "urem";
      if (isNatural32(a) && isNatural32(b)) return extendUnsigned(`${f}_${divide}(${low(a)}, ${low(b)})`);
      return cut(`${f}_${divide}l(${wide(a)}, ${wide(b)})`);
    }
    case OPCODE.idiv:
    case OPCODE.irem: {
      const divide = op === OPCODE.idiv ? "idiv" : "irem";
      // MIN ÷ -1 leaves 32 bits.
      if (isSigned32(a) && isSigned32(b) && b.low > 0) return extend(`${f}_${divide}(${low(a)}, ${low(b)})`);
      return cut(`${f}_${divide}l(${wide(a)}, ${wide(b)})`);
    }
    case OPCODE.ifloordiv:
    case OPCODE.imod: {
      const [short, long] = op === OPCODE.ifloordiv ? ["udiv", "ifloordivl"] : ["urem", "imodl"];
      if (isNatural31(a) && isNatural31(b)) return extend(`${f}_${short}(${low(a)}, ${low(b)})`);
      return cut(`${f}_${long}(${wide(a)}, ${wide(b)})`);
    }
    case OPCODE.imin:
    case OPCODE.imax: {
      const kept = f === "v" ? keptConversion(node) : undefined;
      if (kept !== undefined) return extend(`v_ftoi32_within(${float(kept.x)}, ${kept.low}, ${kept.high})`);
      const pick = op === OPCODE.imin ? "min" : "max";
      if (isSigned32(a) && isSigned32(b)) return extend(`${f}_i${pick}(${low(a)}, ${low(b)})`);
      if (isNatural32(a) && isNatural32(b)) return extendUnsigned(`${f}_u${pick}(${low(a)}, ${low(b)})`);
      return cut(`${f}_i${pick}l(${wide(a)}, ${wide(b)})`);
    }
    case OPCODE.umin:
    case OPCODE.umax: {
      const pick = op === OPCODE.umin ? "umin" : "umax";
      if (isNatural32(a) && isNatural32(b)) return extendUnsigned(`${f}_${pick}(${low(a)}, ${low(b)})`);
      return cut(`${f}_${pick}l(${wide(a)}, ${wide(b)})`);
    }
    case OPCODE.iabs:
      return isSigned32(a) && narrow ? `${f}_iabs(${low(a)})` : cut(`${f}_iabsl(${wide(a)})`);
    case OPCODE.shl:
    case OPCODE.ushr:
    case OPCODE.ishr:
      return shiftCode(node, as, words);
    case OPCODE.clz:
      if (isNatural32(a)) return extend(`(32 + ${f}_clz(${low(a)}))`);
      return extend(`${f}_clzl(${wide(a)})`);
    case OPCODE.wrapi8:
      return extend(`${f}_wrapi8(${low(a)})`);
    case OPCODE.wrapi16:
      return extend(`${f}_wrapi16(${low(a)})`);
    case OPCODE.wrapu8:
      return extend(`(${low(a)} & 255)`);
    case OPCODE.wrapu16:
      return extend(`(${low(a)} & 65535)`);
    case OPCODE.wrapi32:
      return extend(low(a));
    case OPCODE.wrapu32:
      return extendUnsigned(low(a));
    case OPCODE.pair:
      return narrow ? low(b) : `${f}_pairl(${low(a)}, ${low(b)})`;
    case OPCODE.select: {
      const [yes, no] = as === "float" ? [float(b), float(c)] : narrow ? [low(b), low(c)] : [wide(b), wide(c)];
      if (a.stride === 0 || f === "s") return `(${words.uniform(a)} ? ${yes} : ${no})`;
      const kind = as === "float" ? "selectf" : narrow ? "select" : "selectl";
      return `${f}_${kind}(${condition(a)}, ${yes}, ${no})`;
    }
    case OPCODE.fmin:
    case OPCODE.fmax:
      return extremeCode(node, words);
    case OPCODE.fcanon:
      return float(a);
    case OPCODE.ftoi32:
      return extend(`${f}_ftoi32(${float(a)})`);
    case OPCODE.ftou32:
      return extendUnsigned(`${f}_ftou32(${float(a)})`);
    case OPCODE.ftoi64:
      return cut(`${f}_ftoi64(${float(a)})`);
    case OPCODE.ftou64:
      return cut(`${f}_ftou64(${float(a)})`);
    case OPCODE.itof:
      if (isSigned32(a)) return `${f}_itof(${low(a)})`;
      return isNatural32(a) ? `${f}_utof(${low(a)})` : `${f}_ltof(${wide(a)})`;
    case OPCODE.utof:
      return isNatural32(a) ? `${f}_utof(${low(a)})` : `${f}_ultof(${wide(a)})`;
    case OPCODE.htof:
      return `${f}_htof(${low(a)} & 65535)`;
    case OPCODE.btof:
      return `${f}_btof(${low(a)})`;
    case OPCODE.ftoh:
      return `${f}_ftoh(${float(a)})`;
    case OPCODE.ftob:
      return `${f}_ftob(${float(a)})`;
    default:
      throw new Error(`opcode ${op} has no C`);
  }
}

/** Beyond this a whole number may be no float32. */
const MOST_WHOLE = 2 ** 24;

/** A float that is truncated and kept between two constants, 0 not outside them, as what is quantised is. */
function keptConversion({
  op,
  args,
}: Node): { readonly x: Node; readonly low: number; readonly high: number } | undefined {
  const least = boundedBelow(args[0]) ?? boundedBelow(args[1]);
  const most = args.find(({ low, high }) => low === high);
  if (op !== OPCODE.imin || least === undefined || most === undefined) return undefined;
  const { x, low } = least;
  const fits = low <= 0 && most.low >= 0 && low >= -MOST_WHOLE && most.low <= MOST_WHOLE;
  return fits ? { x, low, high: most.low } : undefined;
}

/** The float and the constant of a truncated float's maximum with a constant. */
function boundedBelow({ op, args }: Node): { readonly x: Node; readonly low: number } | undefined {
  if (op !== OPCODE.imax) return undefined;
  const converted = args.find((arg) => arg.op === OPCODE.ftoi32);
  const least = args.find(({ low, high }) => low === high);
  return converted && least && { x: converted.args[0], low: least.low };
}

function shiftCode(node: Node, as: Representation, words: Words): string {
  const { family: f, low, wide } = words;
  const [a, b] = node.args;
  const narrow = as !== "wide";
  const cut = (code: string): string => (narrow ? `${f}_cut(${code})` : code);
  const name = node.op === OPCODE.shl ? "shl" : node.op === OPCODE.ushr ? "ushr" : "ishr";
  const constant = b.low === b.high && b.low >= 0 && b.low < 64;
  if (!constant) return cut(`${f}_${name}l(${wide(a)}, ${wide(b)})`);
  const places = b.low;
  if (name === "shl") {
    if (!narrow) return `(${wide(a)} << ${places})`;
    return places < 32 ? `(${low(a)} << ${places})` : `(${low(a)} & 0)`;
  }
  if (isNatural32(a)) {
    const code = places < 32 ? `${f}_ushr(${low(a)}, ${places})` : `(${low(a)} & 0)`;
    return narrow ? code : `${f}_extendu(${code})`;
  }
  if (name === "ishr" && isSigned32(a)) {
    const code = `${f}_ishr(${low(a)}, ${Math.min(31, places)})`;
    return narrow ? code : `${f}_extend(${code})`;
  }
  const difference = narrow && name === "ishr" && places < 32 ? shiftedDifference(a, places, words) : undefined;
  return difference ?? cut(`${f}_${name}l(${wide(a)}, ${wide(b)})`);
}

/**
 * (x - constant) shifted right, where the difference has 33 bits: both are shifted first, and a borrow is taken from the
 * bits shifted out. Logarithms take the exponent out of a pattern so.
 */
function shiftedDifference(difference: Node, places: number, { family: f, low }: Words): string | undefined {
  if (difference.op !== OPCODE.isub) return undefined;
  const [x, constant] = difference.args;
  if (!isNatural32(x) || constant.op !== CONST || !isNatural32(constant)) return undefined;
  const lost = 2 ** places - 1;
  const subtracted = Number(constant.value);
  const borrow = `${f}_truth(${f}_ult(${low(x)} & ${lost}, ${f}_set(${subtracted & lost})))`;
  return `(${f}_ushr(${low(x)}, ${places}) - ${subtracted >>> places} - ${borrow})`;
}

const NAN_FROM = 0x7f800001;
const NEGATIVE_ZERO = 0x80000000;

/** A maximum or minimum with a constant that is a number: the other operand, the constant and its pattern. */
interface Bound {
  readonly x: Node;
  readonly constant: Node;
  readonly pattern: number;
}

function boundOf({ args: [a, b] }: Node): Bound | undefined {
  const [x, constant] = a.op === CONST ? [b, a] : [a, b];
  const pattern = constant.op === CONST ? Number(constant.value) >>> 0 : NAN_FROM;
  return (pattern & 0x7fffffff) >>> 0 < NAN_FROM ? { x, constant, pattern } : undefined;
}

/**
 * maximum and minimum; with a constant that is a number by one instruction of most machines. pmax(x, c) is x < c ? c : x: it
 * keeps a NaN x, and is wrong only for x = -0 under c = +0; pmin likewise. The maximum with +0 is that of patterns, for a
 * negative float's is a negative integer.
 */
function extremeCode(node: Node, { family: f, float }: Words): string {
  const [a, b] = node.args;
  const greatest = node.op === OPCODE.fmax;
  const bound = f === "v" ? boundOf(node) : undefined;
  if (bound !== undefined && greatest) {
    const { x, constant, pattern } = bound;
    return pattern === 0 ? `v_rectify(${float(x)})` : `v_pmax(${float(x)}, ${float(constant)})`;
  }
  if (bound !== undefined && bound.pattern !== NEGATIVE_ZERO) {
    return `v_pmin(${float(bound.x)}, ${float(bound.constant)})`;
  }
  return `${f}_${greatest ? "fmax" : "fmin"}(${float(a)}, ${float(b)})`;
}

/** Whether the C of a float gives no NaN but the one. */
export function givesOneNaN(node: Node): boolean {
  if (holdsOneNaN(node)) return true;
  if (node.op !== OPCODE.fmax && node.op !== OPCODE.fmin) return false;
  const bound = boundOf(node);
  if (bound === undefined) return false;
  if (node.op === OPCODE.fmax && bound.pattern === 0) return true;
  return bound.pattern !== NEGATIVE_ZERO && givesOneNaN(bound.x);
}
