/**
 * Sections over loaded elements as JavaScript functions from patterns to a pattern, for tests that evaluate a function a
 * million times. Each instruction becomes the arithmetic of `float32` or of integers; what the translation does not know, the
 * scalar machine's own test would miss too, so it throws. Words are numbers; in a section that uses 64 bits the results of
 * integer instructions are BigInts.
 */
import { CodeBuilder, float32, INSTRUCTIONS, scalarMachine, type ScalarContext, type Value } from "@assay/vm";

type Pattern = number;

/** Integer instructions on words that fit a number exactly. */
const NARROW: Record<string, string> = {
  iadd: "$a + $b",
  isub: "$a - $b",
  imul: "$a * $b",
  ineg: "-$a",
  and: "($a & $b) >>> 0",
  or: "($a | $b) >>> 0",
  xor: "($a ^ $b) >>> 0",
  shl: "$a * 2 ** $b",
  ushr: "Math.floor($a / 2 ** $b)",
  ishr: "Math.floor($a / 2 ** $b)",
  ieq: "$a === $b ? 1 : 0",
  ilt: "$a < $b ? 1 : 0",
  lnot: "$a === 0 ? 1 : 0",
  select: "$a !== 0 ? $b : $c",
  ftoi32: "Number(f.toInt($a, 32))",
  itof: "f.fromNumber($a)",
};

/** The same on words of 64 bits, and what only they need. */
const WIDE: Record<string, string> = {
  iadd: "u64($a + $b)",
  isub: "u64($a - $b)",
  imul: "u64($a * $b)",
  umulh: "($a * $b) >> 64n",
  ineg: "u64(-$a)",
  and: "$a & $b",
  or: "$a | $b",
  xor: "$a ^ $b",
  shl: "$b > 63n ? 0n : u64($a << $b)",
  ushr: "$b > 63n ? 0n : $a >> $b",
  ishr: "u64(i64($a) >> ($b > 63n ? 63n : $b))",
  pair: "((u32($a)) << 32n) | u32($b)",
  imax: "i64($a) > i64($b) ? $a : $b",
  urem: "$b === 0n ? 0n : $a % $b",
  ieq: "$a === $b ? 1n : 0n",
  ilt: "i64($a) < i64($b) ? 1n : 0n",
  lnot: "$a === 0n ? 1n : 0n",
  select: "$a !== 0n ? $b : $c",
};
/** Conversions between the two in a wide section. */
const TO_WIDE: Record<string, string> = {
  ftoi32: "u64(BigInt(f.toInt($a, 32)))",
  ftoi64: "u64(BigInt(f.toInt($a, 64)))",
};
const FROM_WIDE: Record<string, string> = { itof: "f.fromInt64(i64($a))" };
const NEEDS_WIDE = ["umulh", "pair", "ftoi64", "urem"];

const FLOAT: Record<string, string> = {
  fadd: "f.add($a, $b)",
  fsub: "f.sub($a, $b)",
  fmul: "f.mul($a, $b)",
  fdiv: "f.div($a, $b)",
  ffma: "f.fma($a, $b, $c)",
  fsqrt: "f.sqrt($a)",
  fmin: "f.minimum($a, $b)",
  fmax: "f.maximum($a, $b)",
  fneg: "f.neg($a)",
  fabs: "f.abs($a)",
  ffloor: "f.floor($a)",
  ftrunc: "f.trunc($a)",
  frint: "f.roundEven($a)",
  feq: "f.eq($a, $b) ? 1 : 0",
  flt: "f.lt($a, $b) ? 1 : 0",
  fle: "f.le($a, $b) ? 1 : 0",
};

export interface Evaluated {
  /** Instructions and constants of the section. */
  readonly instructions: number;
  readonly constants: number;
  /** The function by translation: fast. */
  fast(...elements: Pattern[]): Pattern;
  /** The function by the scalar machine. */
  machine(...elements: Pattern[]): Pattern;
}

/** What `write` makes of as many loaded elements as it takes. */
export function evaluate(arity: number, write: (code: CodeBuilder, ...elements: Value[]) => Value): Evaluated {
  const code = new CodeBuilder();
  const loads = Array.from({ length: arity }, (_, i) => code.load(i, code.constant(0)));
  const result = write(code, ...loads);
  const constants = code.pool.seal();
  const section = code.finish([result]);
  const instructions = section.code.length / 4;
  const rows = Array.from({ length: instructions }, (_, i) => {
    const [opcode, ...bytes] = section.code.subarray(4 * i, 4 * i + 4);
    return { name: INSTRUCTIONS.find((instruction) => instruction.code === opcode)!.name, bytes };
  });
  const wide = rows.some(({ name }) => NEEDS_WIDE.includes(name));
  const lines = [...constants].map((constant, i) => `const r${i} = ${constant};`);
  /** Whether each register holds a BigInt. */
  const isWide = [...constants].map(() => false);
  rows.forEach(({ name, bytes }, i) => {
    const fill = (text: string, asWide: boolean): string =>
      text.replaceAll(/\$([abc])/g, (_, letter: string) => {
        const register = bytes["abc".indexOf(letter)];
        if (isWide[register] === asWide) return `r${register}`;
        return asWide ? `BigInt(r${register})` : `Number(u32(r${register}))`;
      });
    const give = (text: string, resultWide: boolean) => {
      lines.push(`const r${constants.length + i} = ${text};`);
      isWide.push(resultWide);
    };
    if (name === "load") give(`f.canonical(x[${bytes[0]}])`, false);
    else if (FLOAT[name] !== undefined) give(fill(FLOAT[name], false), false);
    else if (wide && TO_WIDE[name] !== undefined) give(fill(TO_WIDE[name], false), true);
    else if (wide && FROM_WIDE[name] !== undefined) give(fill(FROM_WIDE[name], true), false);
    else if (wide && WIDE[name] !== undefined) give(fill(WIDE[name], true), true);
    else if (!wide && NARROW[name] !== undefined) give(fill(NARROW[name], false), false);
    else throw new Error(`${name} is not translated`);
  });
  const last = section.results[0];
  lines.push(`return ${isWide[last] ? `Number(u32(r${last}))` : `r${last}`};`);
  const words =
    "const [u32, u64, i64] = [32, 64, 0].map((n) => (x) => n ? BigInt.asUintN(n, x) : BigInt.asIntN(64, x));";
  const body = `${words} return (x) => { ${lines.join("\n")} };`;
  const translated = (new Function("f", body) as (f: typeof float32) => (x: readonly number[]) => number)(float32);
  const context = (elements: readonly number[]): ScalarContext => ({
    coordinates: [],
    linear: 0,
    extents: [],
    symbols: [],
    call: 0,
    calls: 1,
    seed: 0n,
    step: 0,
    accumulators: [],
    load: (operand: number) => float32.canonical(elements[operand]),
  });
  return {
    instructions,
    constants: constants.length,
    fast: (...elements) => translated(elements),
    machine: (...elements) => Number(scalarMachine.run(constants, section, context(elements))[0]),
  };
}
