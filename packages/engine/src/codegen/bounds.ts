/**
 * Bounds of the words that integer instructions give, from the bounds of what they read. Infinite bounds stand for any word
 * of 64 bits; finite ones are exact: nothing within them wraps, and they are safe integers.
 */
import { OPCODE } from "@assay/vm/opcodes";

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

const UNKNOWN: Bounds = { low: -Infinity, high: Infinity };
const TRUTH: Bounds = { low: 0, high: 1 };
const SAFE = Number.MAX_SAFE_INTEGER;

type Rule = (a: Bounds, b: Bounds, c: Bounds) => Bounds;

const known = (x: Bounds): boolean => x.low >= -SAFE && x.high <= SAFE;
const natural = (x: Bounds): boolean => x.low >= 0 && x.high <= SAFE;
const constant = (x: Bounds): boolean => known(x) && x.low === x.high;
/** The bounds, unless they leave what is exact. */
const bounded = (low: number, high: number): Bounds => (low >= -SAFE && high <= SAFE ? { low, high } : UNKNOWN);
const when =
  (condition: (x: Bounds) => boolean, rule: Rule, otherwise: Bounds = UNKNOWN): Rule =>
  (a, b, c) =>
    condition(a) && condition(b) ? rule(a, b, c) : otherwise;

const corners = (a: Bounds, b: Bounds): number[] => [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
const divided =
  (round: (x: number) => number): Rule =>
  (a, b) =>
    known(a) && known(b) && b.low > 0
      ? bounded(
          Math.min(round(a.low / b.low), round(a.low / b.high)),
          Math.max(round(a.high / b.low), round(a.high / b.high)),
        )
      : UNKNOWN;
const remainder: Rule = (a, b) => {
  if (!known(b) || b.low <= 0) return natural(a) && natural(b) ? { low: 0, high: Math.max(0, b.high - 1) } : UNKNOWN;
  if (natural(a)) return { low: 0, high: Math.min(a.high, b.high - 1) };
  return { low: 1 - b.high, high: b.high - 1 };
};
const compared =
  (least: (a: Bounds, b: Bounds) => boolean, never: (a: Bounds, b: Bounds) => boolean): Rule =>
  (a, b) => {
    if (!known(a) || !known(b)) return TRUTH;
    if (least(a, b)) return { low: 1, high: 1 };
    return never(a, b) ? { low: 0, high: 0 } : TRUTH;
  };
const unsigned =
  (rule: Rule): Rule =>
  (a, b, c) =>
    natural(a) && natural(b) ? rule(a, b, c) : TRUTH;
const wrapped =
  (low: number, high: number): Rule =>
  (a) =>
    a.low >= low && a.high <= high ? { low: a.low, high: a.high } : { low, high };
const fixed =
  (low: number, high: number): Rule =>
  () => ({ low, high });
/** The least 2^k - 1 that is not below x. */
const mask = (x: number): number => 2 ** Math.ceil(Math.log2(x + 1)) - 1;

const less = compared(
  (a, b) => a.high < b.low,
  (a, b) => a.low >= b.high,
);
const lessOrEqual = compared(
  (a, b) => a.high <= b.low,
  (a, b) => a.low > b.high,
);

const RULES: Readonly<Record<number, Rule>> = {
  [OPCODE.iadd]: when(known, (a, b) => bounded(a.low + b.low, a.high + b.high)),
  [OPCODE.isub]: when(known, (a, b) => bounded(a.low - b.high, a.high - b.low)),
  [OPCODE.imul]: when(known, (a, b) => bounded(Math.min(...corners(a, b)), Math.max(...corners(a, b)))),
  [OPCODE.idiv]: divided(Math.trunc),
  [OPCODE.ifloordiv]: divided(Math.floor),
  [OPCODE.udiv]: when(natural, divided(Math.floor)),
  [OPCODE.irem]: remainder,
  [OPCODE.imod]: (a, b, c) => {
    const { low, high } = remainder(a, b, c);
    return known(b) && b.low > 0 ? { low: 0, high } : { low, high };
  },
  [OPCODE.urem]: when(natural, remainder),
  [OPCODE.imin]: (a, b) => ({ low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) }),
  [OPCODE.imax]: (a, b) => ({ low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) }),
  // Of a natural number and any other the lesser is not above the natural one.
  [OPCODE.umin]: (a, b) => {
    if (natural(a) && natural(b)) return { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) };
    return natural(a) || natural(b) ? { low: 0, high: natural(a) ? a.high : b.high } : UNKNOWN;
  },
  [OPCODE.umax]: when(natural, (a, b) => ({ low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) })),
  [OPCODE.ineg]: (a) => (known(a) ? { low: -a.high, high: -a.low } : UNKNOWN),
  [OPCODE.iabs]: (a) => (known(a) ? { low: 0, high: Math.max(Math.abs(a.low), Math.abs(a.high)) } : UNKNOWN),
  [OPCODE.and]: (a, b) => {
    if (natural(a) || natural(b)) return { low: 0, high: Math.min(...[a, b].filter(natural).map(({ high }) => high)) };
    return UNKNOWN;
  },
  [OPCODE.or]: when(natural, (a, b) => bounded(0, mask(Math.max(a.high, b.high)))),
  [OPCODE.xor]: when(natural, (a, b) => bounded(0, mask(Math.max(a.high, b.high)))),
  [OPCODE.not]: (a) => (known(a) ? { low: -a.high - 1, high: -a.low - 1 } : UNKNOWN),
  [OPCODE.shl]: (a, b) =>
    known(a) && constant(b) && b.low >= 0 && b.low <= 52 ? bounded(a.low * 2 ** b.low, a.high * 2 ** b.low) : UNKNOWN,
  [OPCODE.ushr]: (a, b) => {
    if (!constant(b) || b.low < 0 || b.low > 63) return natural(a) ? { low: 0, high: a.high } : UNKNOWN;
    const shifted = (x: number) => Math.floor(x / 2 ** b.low);
    if (natural(a)) return { low: shifted(a.low), high: shifted(a.high) };
    return b.low >= 11 ? { low: 0, high: 2 ** (64 - b.low) - 1 } : UNKNOWN;
  },
  [OPCODE.ishr]: (a, b) => {
    if (!constant(b) || b.low < 0 || b.low > 63) {
      return known(a) ? { low: Math.min(0, a.low), high: Math.max(0, a.high) } : UNKNOWN;
    }
    if (known(a)) return { low: Math.floor(a.low / 2 ** b.low), high: Math.floor(a.high / 2 ** b.low) };
    return b.low >= 11 ? { low: -(2 ** (63 - b.low)), high: 2 ** (63 - b.low) - 1 } : UNKNOWN;
  },
  [OPCODE.clz]: fixed(0, 64),
  [OPCODE.ieq]: compared(
    (a, b) => constant(a) && constant(b) && a.low === b.low,
    (a, b) => a.high < b.low || b.high < a.low,
  ),
  [OPCODE.ine]: compared(
    (a, b) => a.high < b.low || b.high < a.low,
    (a, b) => constant(a) && constant(b) && a.low === b.low,
  ),
  [OPCODE.ilt]: less,
  [OPCODE.ile]: lessOrEqual,
  [OPCODE.ult]: unsigned(less),
  [OPCODE.ule]: unsigned(lessOrEqual),
  [OPCODE.wrapi8]: wrapped(-128, 127),
  [OPCODE.wrapi16]: wrapped(-32768, 32767),
  [OPCODE.wrapi32]: wrapped(-(2 ** 31), 2 ** 31 - 1),
  [OPCODE.wrapu8]: wrapped(0, 255),
  [OPCODE.wrapu16]: wrapped(0, 65535),
  [OPCODE.wrapu32]: wrapped(0, 2 ** 32 - 1),
  [OPCODE.truth]: (a) => (known(a) && (a.low > 0 || a.high < 0) ? { low: 1, high: 1 } : TRUTH),
  [OPCODE.lnot]: (a) => (known(a) && (a.low > 0 || a.high < 0) ? { low: 0, high: 0 } : TRUTH),
  [OPCODE.select]: (_, b, c) => ({ low: Math.min(b.low, c.low), high: Math.max(b.high, c.high) }),
  [OPCODE.feq]: () => TRUTH,
  [OPCODE.flt]: () => TRUTH,
  [OPCODE.fle]: () => TRUTH,
  [OPCODE.ftoi8]: fixed(-128, 127),
  [OPCODE.ftoi16]: fixed(-32768, 32767),
  [OPCODE.ftoi32]: fixed(-(2 ** 31), 2 ** 31 - 1),
  [OPCODE.ftou8]: fixed(0, 255),
  [OPCODE.ftou16]: fixed(0, 65535),
  [OPCODE.ftou32]: fixed(0, 2 ** 32 - 1),
  [OPCODE.ftoh]: fixed(0, 65535),
  [OPCODE.ftob]: fixed(0, 65535),
};

/** Bounds of what an instruction gives. */
export function boundsOf(op: number, args: readonly Bounds[]): Bounds {
  const rule = RULES[op];
  return rule === undefined ? UNKNOWN : rule(args[0], args[1], args[2]);
}
