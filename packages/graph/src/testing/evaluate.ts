/**
 * Sections of one operand as JavaScript functions from pattern to pattern, for tests that evaluate a function a million
 * times. Each instruction becomes the arithmetic of `float32` or of integers; what the translation does not know, the
 * scalar machine's own test would miss too, so it throws.
 */
import { CodeBuilder, float32, INSTRUCTIONS, scalarMachine, type ScalarContext, type Value } from "@assay/vm";

type Pattern = number;

/** Integer instructions on words that fit a number exactly; the functions use no others. */
const INTEGER: Record<string, string> = {
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
};

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
  ftoi32: "Number(f.toInt($a, 32))",
  itof: "f.fromNumber($a)",
};

export interface Evaluated {
  /** Instructions and constants of the section. */
  readonly instructions: number;
  readonly constants: number;
  /** The function by translation: fast. */
  fast(x: Pattern): Pattern;
  /** The function by the scalar machine. */
  machine(x: Pattern): Pattern;
}

/** What `write` makes of one loaded element. */
export function evaluateUnary(write: (code: CodeBuilder, x: Value) => Value): Evaluated {
  const code = new CodeBuilder();
  const result = write(code, code.load(0, code.constant(0)));
  const constants = code.pool.seal();
  const section = code.finish([result]);
  const lines = [...constants].map((constant, i) => `const r${i} = ${constant};`);
  const instructions = section.code.length / 4;
  for (let i = 0; i < instructions; i++) {
    const [opcode, a, b, c] = section.code.subarray(4 * i, 4 * i + 4);
    const { name } = INSTRUCTIONS.find((instruction) => instruction.code === opcode)!;
    const text = name === "load" ? "f.canonical(x)" : (INTEGER[name] ?? FLOAT[name]);
    if (text === undefined) throw new Error(`${name} is not translated`);
    const expression = text.replaceAll("$a", `r${a}`).replaceAll("$b", `r${b}`).replaceAll("$c", `r${c}`);
    lines.push(`const r${constants.length + i} = ${expression};`);
  }
  lines.push(`return r${section.results[0]};`);
  const translated = new Function("f", "x", lines.join("\n")) as (f: typeof float32, x: number) => number;
  const context = (x: number): ScalarContext => ({
    coordinates: [],
    linear: 0,
    extents: [],
    symbols: [],
    call: 0,
    calls: 1,
    seed: 0n,
    step: 0,
    accumulators: [],
    load: () => float32.canonical(x),
  });
  return {
    instructions,
    constants: constants.length,
    fast: (x) => translated(float32, x),
    machine: (x) => Number(scalarMachine.run(constants, section, context(x))[0]),
  };
}
