/**
 * Scalar code as JavaScript: each instruction becomes one expression over the registers before it.
 *
 * A register's value is known to be of one of three forms, and the form decides the JavaScript:
 * - `integer`: a number whose bounds are known and safe, so that plain arithmetic is exact;
 * - `float`: a number that is a binary32 value; its word is its pattern, every NaN being the one NaN;
 * - `word`: anything else, a `Word` of the reference machine, on which the reference's own functions are called.
 *
 * So speed comes from bounds, and what has none is computed by the very code it must agree with.
 */
import { OPCODE } from "@assay/vm/opcodes";
import { toNumber } from "@assay/vm/float32";

export interface Value {
  readonly form: "integer" | "float" | "word";
  /** JavaScript of the value: a name or a literal. */
  readonly code: string;
  /** Bounds, for an integer. */
  readonly low: number;
  readonly high: number;
}

const SAFE = Number.MAX_SAFE_INTEGER;
const INT32 = 2 ** 31;
const UINT32 = 2 ** 32;

export const integer = (code: string, low: number, high: number): Value => ({ form: "integer", code, low, high });
export const float = (code: string): Value => ({ form: "float", code, low: 0, high: 0 });
export const word = (code: string): Value => ({ form: "word", code, low: 0, high: 0 });
export const literal = (x: number): Value => integer(x < 0 ? `(${x})` : `${x}`, x, x);
export const ZERO = literal(0);

/** The value as a `Word` of the reference machine. */
export function asWord(x: Value): string {
  if (x.form === "word") return x.code;
  return x.form === "float" ? `bits(${x.code})` : `(${x.code} + 0)`;
}

/** The value read as a binary32: its low 32 bits. */
export function asFloat(x: Value): string {
  if (x.form === "float") return x.code;
  if (x.form === "word") return `floatOf(low32(${x.code}))`;
  if (x.low === x.high) return floatLiteral(toNumber(x.low >>> 0));
  return `floatOf(${x.code} >>> 0)`;
}

function floatLiteral(x: number): string {
  if (Object.is(x, -0)) return "(-0)";
  if (Number.isNaN(x)) return "NaN";
  return x < 0 ? `(${x})` : `${x}`;
}

const isConstant = (x: Value): boolean => x.form === "integer" && x.low === x.high;
const within = (x: Value, low: number, high: number): boolean => x.form === "integer" && x.low >= low && x.high <= high;
const natural = (x: Value): boolean => within(x, 0, SAFE);
const int32 = (x: Value): boolean => within(x, -INT32, INT32 - 1);
const uint32 = (x: Value): boolean => within(x, 0, UINT32 - 1);

/** A new value for code whose result lies within bounds; undefined if the bounds are not safe. */
function bounded(code: string, low: number, high: number): Value | undefined {
  return low >= -SAFE && high <= SAFE ? integer(code, low, high) : undefined;
}

type Rule = (a: Value, b: Value, c: Value) => Value | undefined;

const predicate = (condition: string): Value => integer(`(${condition} ? 1 : 0)`, 0, 1);
const integers =
  (rule: Rule): Rule =>
  (a, b, c) =>
    a.form === "integer" && b.form === "integer" ? rule(a, b, c) : undefined;
const compare = (operator: string, unsigned = false): Rule =>
  integers((a, b) => {
    if (!unsigned || (natural(a) && natural(b))) return predicate(`${a.code} ${operator} ${b.code}`);
    // An index that may be negative against a size: negative means beyond 2^63.
    return natural(b) ? predicate(`${a.code} >= 0 && ${a.code} ${operator} ${b.code}`) : undefined;
  });
const floats =
  (render: (a: string, b: string, c: string) => string): Rule =>
  (a, b, c) =>
    float(render(asFloat(a), asFloat(b), asFloat(c)));
const floatTest =
  (operator: string): Rule =>
  (a, b) =>
    predicate(`${asFloat(a)} ${operator} ${asFloat(b)}`);

const corners = (a: Value, b: Value): number[] => [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];

/** a ÷ b for b a positive constant: exact below 2^53, because a quotient never rounds across an integer there. */
const divideByConstant =
  (rounding: "floor" | "trunc"): Rule =>
  (a, b) => {
    if (a.form !== "integer" || !isConstant(b) || b.low <= 0) return undefined;
    const round = Math[rounding];
    const code = within(a, 0, INT32 - 1) ? `((${a.code} / ${b.code}) | 0)` : `Math.${rounding}(${a.code} / ${b.code})`;
    return integer(code, round(a.low / b.low), round(a.high / b.low));
  };

const remainder = (floored: boolean): Rule =>
  integers((a, b) => {
    if (!isConstant(b) || b.low <= 0) return undefined;
    if (natural(a)) return a.high < b.low ? a : integer(`(${a.code} % ${b.code})`, 0, b.low - 1);
    return floored
      ? integer(`((${a.code} % ${b.code} + ${b.code}) % ${b.code})`, 0, b.low - 1)
      : integer(`(${a.code} % ${b.code})`, 1 - b.low, b.low - 1);
  });

const choose = (name: "min" | "max"): Rule =>
  integers((a, b) => {
    const pick = Math[name];
    return integer(`Math.${name}(${a.code}, ${b.code})`, pick(a.low, b.low), pick(a.high, b.high));
  });
const naturals =
  (rule: Rule): Rule =>
  (a, b, c) =>
    natural(a) && natural(b) ? rule(a, b, c) : undefined;

const bitwise =
  (operator: string): Rule =>
  (a, b) => {
    if (within(a, 0, INT32 - 1) && within(b, 0, INT32 - 1))
      return integer(`(${a.code} ${operator} ${b.code})`, 0, operator === "&" ? Math.min(a.high, b.high) : INT32 - 1);
    if (int32(a) && int32(b)) return integer(`(${a.code} ${operator} ${b.code})`, -INT32, INT32 - 1);
    return uint32(a) && uint32(b) ? integer(`((${a.code} ${operator} ${b.code}) >>> 0)`, 0, UINT32 - 1) : undefined;
  };

/** Narrowing of an integer: the 32-bit operators take any safe integer modulo 2^32. */
const wrap =
  (render: (x: string) => string, low: number, high: number): Rule =>
  (a) => {
    if (a.form === "integer") return within(a, low, high) ? a : integer(render(a.code), low, high);
    return a.form === "float" ? integer(render(`bits(${a.code})`), low, high) : undefined;
  };
const saturate =
  (low: number, high: number): Rule =>
  (a) =>
    integer(`saturate(${asFloat(a)}, ${low}, ${high})`, low, high);

const truth = (a: Value, test: "!==" | "==="): string =>
  a.form === "float" ? `${test === "!==" ? "!" : ""}Object.is(${a.code}, 0)` : `${a.code} ${test} 0`;

const select: Rule = (a, b, c) => {
  const condition = truth(a, "!==");
  if (b.form === "integer" && c.form === "integer")
    return integer(`(${condition} ? ${b.code} : ${c.code})`, Math.min(b.low, c.low), Math.max(b.high, c.high));
  // A constant stands beside a float as the float of the same pattern, if there is one.
  if ((b.form === "float" || holdsFloat(b)) && (c.form === "float" || holdsFloat(c)))
    return float(`(${condition} ? ${asFloat(b)} : ${asFloat(c)})`);
  return word(`(${condition} ? ${asWord(b)} : ${asWord(c)})`);
};
const holdsFloat = (x: Value): boolean =>
  isConstant(x) && uint32(x) && ((x.low & 0x7fffffff) <= 0x7f800000 || x.low === 0x7fc00000);

const RULES: Readonly<Record<number, Rule>> = {
  [OPCODE.iadd]: integers((a, b) => bounded(`(${a.code} + ${b.code})`, a.low + b.low, a.high + b.high)),
  [OPCODE.isub]: integers((a, b) => bounded(`(${a.code} - ${b.code})`, a.low - b.high, a.high - b.low)),
  [OPCODE.imul]: integers((a, b) =>
    bounded(`(${a.code} * ${b.code})`, Math.min(...corners(a, b)), Math.max(...corners(a, b))),
  ),
  [OPCODE.idiv]: divideByConstant("trunc"),
  [OPCODE.ifloordiv]: divideByConstant("floor"),
  [OPCODE.udiv]: naturals(divideByConstant("floor")),
  [OPCODE.irem]: remainder(false),
  [OPCODE.imod]: remainder(true),
  [OPCODE.urem]: naturals(remainder(true)),
  [OPCODE.imin]: choose("min"),
  [OPCODE.imax]: choose("max"),
  [OPCODE.umin]: naturals(choose("min")),
  [OPCODE.umax]: naturals(choose("max")),
  [OPCODE.ineg]: (a) => (a.form === "integer" ? integer(`(-${a.code})`, -a.high, -a.low) : undefined),
  [OPCODE.iabs]: (a) =>
    a.form === "integer" ? integer(`Math.abs(${a.code})`, 0, Math.max(Math.abs(a.low), Math.abs(a.high))) : undefined,
  [OPCODE.and]: bitwise("&"),
  [OPCODE.or]: bitwise("|"),
  [OPCODE.xor]: bitwise("^"),
  [OPCODE.not]: (a) => (int32(a) ? integer(`(~${a.code})`, -INT32, INT32 - 1) : undefined),
  [OPCODE.shl]: integers((a, b) => {
    if (!isConstant(b) || b.low < 0 || b.low > 52) return undefined;
    return bounded(`(${a.code} * ${2 ** b.low})`, a.low * 2 ** b.low, a.high * 2 ** b.low);
  }),
  [OPCODE.ushr]: (a, b) => {
    if (!natural(a) || !isConstant(b) || b.low < 0 || b.low > 63) return undefined;
    return integer(
      `Math.floor(${a.code} / ${2 ** b.low})`,
      Math.floor(a.low / 2 ** b.low),
      Math.floor(a.high / 2 ** b.low),
    );
  },
  [OPCODE.ishr]: (a, b) => {
    if (a.form !== "integer" || !isConstant(b) || b.low < 0 || b.low > 63) return undefined;
    return integer(
      `Math.floor(${a.code} / ${2 ** b.low})`,
      Math.floor(a.low / 2 ** b.low),
      Math.floor(a.high / 2 ** b.low),
    );
  },
  [OPCODE.clz]: (a) => (uint32(a) ? integer(`(32 + Math.clz32(${a.code}))`, 32, 64) : undefined),
  [OPCODE.ieq]: compare("==="),
  [OPCODE.ine]: compare("!=="),
  [OPCODE.ilt]: compare("<"),
  [OPCODE.ile]: compare("<="),
  [OPCODE.ult]: compare("<", true),
  [OPCODE.ule]: compare("<=", true),
  [OPCODE.wrapi8]: wrap((x) => `(${x} << 24 >> 24)`, -128, 127),
  [OPCODE.wrapi16]: wrap((x) => `(${x} << 16 >> 16)`, -32768, 32767),
  [OPCODE.wrapi32]: wrap((x) => `(${x} | 0)`, -INT32, INT32 - 1),
  [OPCODE.wrapu8]: wrap((x) => `(${x} & 255)`, 0, 255),
  [OPCODE.wrapu16]: wrap((x) => `(${x} & 65535)`, 0, 65535),
  [OPCODE.wrapu32]: wrap((x) => `(${x} >>> 0)`, 0, UINT32 - 1),
  [OPCODE.truth]: (a) => predicate(truth(a, "!==")),
  [OPCODE.lnot]: (a) => predicate(truth(a, "===")),
  [OPCODE.select]: select,
  [OPCODE.fadd]: floats((a, b) => `fround(${a} + ${b})`),
  [OPCODE.fsub]: floats((a, b) => `fround(${a} - ${b})`),
  [OPCODE.fmul]: floats((a, b) => `fround(${a} * ${b})`),
  [OPCODE.fdiv]: floats((a, b) => `fround(${a} / ${b})`),
  [OPCODE.ffma]: floats((a, b, c) => `fma(${a}, ${b}, ${c})`),
  [OPCODE.fsqrt]: floats((a) => `fround(Math.sqrt(${a}))`),
  // Math.min and Math.max are IEEE-754-2019 minimum and maximum: NaN wins, -0 < +0 (ECMA-262 §21.3.2.24-25).
  [OPCODE.fmin]: floats((a, b) => `Math.min(${a}, ${b})`),
  [OPCODE.fmax]: floats((a, b) => `Math.max(${a}, ${b})`),
  [OPCODE.fneg]: floats((a) => `(-${a})`),
  [OPCODE.fabs]: floats((a) => `Math.abs(${a})`),
  [OPCODE.ffloor]: floats((a) => `Math.floor(${a})`),
  [OPCODE.fceil]: floats((a) => `Math.ceil(${a})`),
  [OPCODE.ftrunc]: floats((a) => `Math.trunc(${a})`),
  [OPCODE.frint]: floats((a) => `roundEven(${a})`),
  [OPCODE.feq]: floatTest("==="),
  [OPCODE.flt]: floatTest("<"),
  [OPCODE.fle]: floatTest("<="),
  [OPCODE.fcanon]: floats((a) => a),
  [OPCODE.ftoi8]: saturate(-128, 127),
  [OPCODE.ftoi16]: saturate(-32768, 32767),
  [OPCODE.ftoi32]: saturate(-INT32, INT32 - 1),
  [OPCODE.ftou8]: saturate(0, 255),
  [OPCODE.ftou16]: saturate(0, 65535),
  [OPCODE.ftou32]: saturate(0, UINT32 - 1),
  [OPCODE.itof]: (a) => (a.form === "integer" ? float(`fround(${a.code} + 0)`) : undefined),
  [OPCODE.utof]: (a) => (natural(a) ? float(`fround(${a.code} + 0)`) : undefined),
};

/** Opcodes whose result the reference gives as a pattern that is a canonical binary32. */
const FLOAT_RESULTS = new Set<number>([OPCODE.itof, OPCODE.utof, OPCODE.htof, OPCODE.btof]);
const HALF_RESULTS = new Set<number>([OPCODE.ftoh, OPCODE.ftob]);

/** The value an arithmetic instruction gives; context instructions and loads are the caller's. */
export function translate(opcode: number, a: Value, b: Value, c: Value): Value {
  const fast = RULES[opcode]?.(a, b, c);
  if (fast !== undefined) return fast;
  const general = `compute[${opcode}](${asWord(a)}, ${asWord(b)}, ${asWord(c)})`;
  if (FLOAT_RESULTS.has(opcode)) return float(`floatOf(${general})`);
  return HALF_RESULTS.has(opcode) ? integer(general, 0, 65535) : word(general);
}
