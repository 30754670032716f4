/**
 * Greatest error of the functions in packages/graph/src/functions, in units in the last place of the exact value (of
 * 2^-149 where it is subnormal): each section is translated to C instruction by instruction, compiled with the machine's
 * compiler, and run beside the C library's binary64 function.
 *
 *   node scripts/check/ulp.ts [--all] [--write] [--json] [name …]
 *
 * --all takes all 2^32 inputs, a few minutes per function, and 10^9 pairs for pow; otherwise every 1,021st input is taken, and
 * 10^6 pairs. --write puts the figures, and over how many inputs they are, into snapshots/functions.json, which a test holds to. Pairs come from a fixed seed: any
 * two patterns, powers that neither overflow nor vanish, bases near 1, small integer exponents.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodeBuilder, INSTRUCTIONS, type Section, type Value } from "../../packages/vm/src/index.ts";
import { FUNCTIONS, pow, POW_BOUND } from "../../packages/graph/src/functions/index.ts";

const STRIDE = 1021;
const PAIRS = { all: 1_000_000_000, otherwise: 1_000_000 };

/** The exact value as C; `x` is a double. */
const REFERENCE: Record<string, string> = { sigmoid: "1 / (1 + exp(-x))" };

/** Instructions on floats, and whether the result is one; only what the functions use. */
const FLOAT: Record<string, [result: "float" | "word", write: (a: string, b: string, c: string) => string]> = {
  fadd: ["float", (a, b) => `${a} + ${b}`],
  fsub: ["float", (a, b) => `${a} - ${b}`],
  fmul: ["float", (a, b) => `${a} * ${b}`],
  fdiv: ["float", (a, b) => `${a} / ${b}`],
  ffma: ["float", (a, b, c) => `__builtin_fmaf(${a}, ${b}, ${c})`],
  fsqrt: ["float", (a) => `__builtin_sqrtf(${a})`],
  fmin: ["float", (a, b) => `minimum(${a}, ${b})`],
  fmax: ["float", (a, b) => `-minimum(-${a}, -${b})`],
  fneg: ["float", (a) => `-${a}`],
  fabs: ["float", (a) => `__builtin_fabsf(${a})`],
  ffloor: ["float", (a) => `__builtin_floorf(${a})`],
  ftrunc: ["float", (a) => `__builtin_truncf(${a})`],
  frint: ["float", (a) => `__builtin_rintf(${a})`],
  feq: ["word", (a, b) => `(${a} == ${b})`],
  flt: ["word", (a, b) => `(${a} < ${b})`],
  fle: ["word", (a, b) => `(${a} <= ${b})`],
  ftoi32: ["word", (a) => `toi32(${a})`],
  ftoi64: ["word", (a) => `toi64(${a})`],
};

/** Instructions on words of 64 bits. */
const WORD: Record<string, (a: string, b: string) => string> = {
  iadd: (a, b) => `${a} + ${b}`,
  isub: (a, b) => `${a} - ${b}`,
  imul: (a, b) => `${a} * ${b}`,
  ineg: (a) => `0 - ${a}`,
  umulh: (a, b) => `umulh(${a}, ${b})`,
  and: (a, b) => `${a} & ${b}`,
  or: (a, b) => `${a} | ${b}`,
  xor: (a, b) => `${a} ^ ${b}`,
  shl: (a, b) => `(${b} > 63 ? 0 : ${a} << (${b} & 63))`,
  ushr: (a, b) => `(${b} > 63 ? 0 : ${a} >> (${b} & 63))`,
  ishr: (a, b) => `(uint64_t)((int64_t)${a} >> (${b} > 63 ? 63 : ${b}))`,
  pair: (a, b) => `(${a} << 32 | (uint32_t)${b})`,
  clz: (a) => `(${a} ? __builtin_clzll(${a}) : 64)`,
  ieq: (a, b) => `(${a} == ${b})`,
  ine: (a, b) => `(${a} != ${b})`,
  ult: (a, b) => `(${a} < ${b})`,
  ilt: (a, b) => `((int64_t)${a} < (int64_t)${b})`,
  lnot: (a) => `(${a} == 0)`,
  wrapu32: (a) => `(uint32_t)${a}`,
};

/**
 * The section as C. A register is a float or a word; a NaN becomes canonical where a float's bits are looked at, which is the
 * same as making it so at once.
 */
function body(name: string, constants: Uint32Array, section: Section): string[] {
  const lines: string[] = [];
  const kinds: ("float" | "word")[] = [];
  const asFloat = (register: number) =>
    kinds[register] === "float" ? `r${register}` : `bitsf((uint32_t)r${register})`;
  const asWord = (register: number) => (kinds[register] === "word" ? `r${register}` : `fbits(r${register})`);
  const give = (kind: "float" | "word", text: string) => {
    lines.push(`const ${kind === "float" ? "float" : "uint64_t"} r${kinds.length} = ${text};`);
    kinds.push(kind);
  };
  constants.forEach((value) => give("word", `0x${value.toString(16)}u`));
  for (let i = 0; i < section.code.length / 4; i++) {
    const [opcode, ...bytes] = section.code.subarray(4 * i, 4 * i + 4);
    const { name: mnemonic } = INSTRUCTIONS.find(({ code }) => code === opcode)!;
    const [a, b, c] = bytes;
    const float = FLOAT[mnemonic];
    if (mnemonic === "load") give("float", `bitsf(${["input", "second"][a]})`);
    else if (mnemonic === "itof") give("float", `(float)(int64_t)${asWord(a)}`);
    else if (mnemonic === "select") {
      const floats = kinds[b] === "float" || kinds[c] === "float";
      const isTruth = kinds[a] === "float" ? `fbits(r${a})` : `r${a}`;
      const [one, other] = [b, c].map(floats ? asFloat : asWord);
      give(floats ? "float" : "word", `(${isTruth} ? ${one} : ${other})`);
    } else if (float !== undefined) give(float[0], float[1](asFloat(a), asFloat(b), asFloat(c)));
    else if (WORD[mnemonic] !== undefined) give("word", WORD[mnemonic](asWord(a), asWord(b)));
    else throw new Error(`${name} uses ${mnemonic}, which this script does not translate`);
  }
  lines.push(`return (uint32_t)${asWord(section.results[0])};`);
  return lines;
}

/**
 * A C program that prints: inputs, greatest error, the input (or two) where it is, number of special values that are wrong.
 * Its argument is the distance of inputs, or the number of pairs.
 */
function translate(name: string, constants: Uint32Array, section: Section): string {
  return `#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
static inline float bitsf(uint32_t b) { float f; memcpy(&f, &b, 4); return f; }
static inline uint64_t fbits(float f) { uint32_t b; memcpy(&b, &f, 4); return f != f ? 0x7fc00000u : b; }
static inline float minimum(float a, float b) {
  if (a != a || b != b) return __builtin_nanf("");
  if (a == b) return __builtin_signbit(a) ? a : b;
  return a < b ? a : b;
}
static inline uint64_t toi32(float x) {
  if (x != x) return 0;
  if (x >= 2147483648.0f) return 2147483647;
  if (x < -2147483648.0f) return (uint64_t)(int64_t)-2147483648LL;
  return (uint64_t)(int64_t)x;
}
/* From products of halves, which the compiler can compute several at a time. */
static inline uint64_t umulh(uint64_t a, uint64_t b) {
  uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
  uint64_t m = ah * bl + ((al * bl) >> 32), n = al * bh + (uint32_t)m;
  return ah * bh + (m >> 32) + (n >> 32);
}
static inline uint64_t toi64(float x) {
  if (x != x) return 0;
  if (x >= 0x1p63f) return 0x7fffffffffffffff;
  if (x < -0x1p63f) return 0x8000000000000000;
  return (uint64_t)(int64_t)x;
}
static inline uint32_t run(uint32_t input, uint32_t second) {
  ${body(name, constants, section).join("\n  ")}
}
/* Error in units in the last place of \`exact\`; -1 where a special value is wrong. */
static inline double error_of(uint32_t bits, double exact) {
  if (exact != exact) return bits == 0x7fc00000u ? 0 : -1;
  uint32_t rounded = (uint32_t)fbits((float)exact);
  if (bits == rounded && (__builtin_isinf(exact) || exact == 0)) return 0;
  double got = bitsf(bits);
  if (got != got || (bits == 0x80000000u) != (rounded == 0x80000000u && bits == rounded)) return -1;
  if (__builtin_isinf(got)) got = got > 0 ? 0x1p128 : -0x1p128;
  if (__builtin_isinf(exact)) return -1;
  uint64_t pattern; memcpy(&pattern, &exact, 8);
  int e = (int)(pattern >> 52 & 0x7ff) - 1022;
  if (e < -125) e = -125;
  if (e > 128) return bits == rounded ? 0 : -1;
  pattern = (uint64_t)(1023 + 24 - e) << 52;
  double unit; memcpy(&unit, &pattern, 8);
  return fabs(got - exact) * unit;
}
${name === "pow" ? PAIR_LOOP : INPUT_LOOP(REFERENCE[name] ?? `${name}(x)`)}
`;
}

/** In blocks, so that the compiler may compute several inputs at once, the C library's function included. */
const INPUT_LOOP = (reference: string) => `#define BLOCK 4096
int main(int argc, char **argv) {
  uint64_t stride = strtoull(argv[1], 0, 10), count = 0, wrong = 0;
  double worst = 0; uint32_t where = 0;
  static uint32_t input[BLOCK], bits[BLOCK], rounded[BLOCK]; static double exact[BLOCK];
  for (uint64_t first = 0; first < 4294967296ull; first += stride * BLOCK) {
    for (int k = 0; k < BLOCK; k++) input[k] = (uint32_t)(first + stride * k);
    for (int k = 0; k < BLOCK; k++) bits[k] = run(input[k], 0);
    #pragma omp simd
    for (int k = 0; k < BLOCK; k++) { double x = bitsf(input[k]); exact[k] = ${reference}; }
    for (int k = 0; k < BLOCK; k++) rounded[k] = (uint32_t)fbits((float)exact[k]);
    for (int k = 0; k < BLOCK && first + stride * k < 4294967296ull; k++, count++) {
      if (bits[k] == rounded[k]) continue; /* at most half a unit */
      double error = error_of(bits[k], exact[k]);
      if (error < 0) wrong++;
      if (error > worst) { worst = error; where = input[k]; }
    }
  }
  printf("%llu %.6f %u %u %llu\\n", (unsigned long long)count, worst, where, 0u, (unsigned long long)wrong);
}`;

/** Every pair of special values first; then pairs of four kinds in turn, from a splitmix64 generator. */
const PAIR_LOOP = `static uint64_t state = 2026;
static inline uint64_t next(void) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
static const float special[] = { 0, 1, 2, 3, 4, 5, 0.5f, 1.5f, 2.5f, 0.99999994f, 1.0000001f, 8388607.5f, 8388608, 16777215, 16777216,
  33554432, 0x1p63f, 0x1p-149f, 0x1p-126f, 0x1.fffffep127f, 0x1p-24f, 0x1p24f, 1e10f, 127, 128, 149, 150, 10,
  __builtin_inff(), __builtin_nanf("") };
#define SPECIALS (sizeof special / sizeof *special)
#define BLOCK 4096
int main(int argc, char **argv) {
  uint64_t pairs = strtoull(argv[1], 0, 10), wrong = 0;
  double worst = 0; uint32_t where = 0, second = 0;
  static uint32_t first[BLOCK], other[BLOCK], bits[BLOCK], rounded[BLOCK]; static double exact[BLOCK];
  for (uint64_t from = 0; from < pairs; from += BLOCK) {
    for (int k = 0; k < BLOCK; k++) {
      uint64_t i = from + k, random;
      uint32_t pattern = (uint32_t)next();
      float x = bitsf(pattern), y;
      random = next();
      double unit = (random >> 11) * 0x1p-53;
      if (i < 4 * SPECIALS * SPECIALS) {
        x = special[i / 4 % SPECIALS] * (i & 1 ? -1 : 1);
        y = special[i / 4 / SPECIALS] * (i & 2 ? -1 : 1);
      } else switch (i & 3) {
        case 0: y = bitsf((uint32_t)random); break;
        case 1: x = fabsf(x); y = (float)((unit * 279 - 150) / log2(x)); break;
        case 2:
          x = bitsf(0x3f800000u + (int32_t)pattern / (1 << (8 + (random & 15))));
          y = (float)((unit * 279 - 150) / log2(x));
          break;
        default: y = (float)((int64_t)(random >> 32) % 64 - 32);
      }
      first[k] = (uint32_t)fbits(x);
      other[k] = (uint32_t)fbits(y);
    }
    for (int k = 0; k < BLOCK; k++) bits[k] = run(first[k], other[k]);
    for (int k = 0; k < BLOCK; k++) exact[k] = pow(bitsf(first[k]), bitsf(other[k]));
    for (int k = 0; k < BLOCK; k++) rounded[k] = (uint32_t)fbits((float)exact[k]);
    for (int k = 0; k < BLOCK; k++) {
      if (bits[k] == rounded[k]) continue; /* at most half a unit */
      double error = error_of(bits[k], exact[k]);
      if (error < 0) wrong++;
      if (error > worst) { worst = error; where = first[k]; second = other[k]; }
    }
  }
  printf("%llu %.6f %u %u %llu\\n", (unsigned long long)pairs, worst, where, second, (unsigned long long)wrong);
}`;

const arguments_ = process.argv.slice(2);
const all = arguments_.includes("--all");
const json = arguments_.includes("--json");
const chosen = arguments_.filter((argument) => !argument.startsWith("--"));
const recording = arguments_.includes("--write");

/** Puts one function's figures into the snapshot at once: the next may take minutes. */
function record(name: string, figures: Record<string, unknown>): void {
  const file = new URL("../../snapshots/functions.json", import.meta.url);
  const known = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  known[name] = figures;
  writeFileSync(file, `${JSON.stringify(known, null, 2)}\n`);
}

type Write = (code: CodeBuilder, ...elements: Value[]) => Value;
const ALL: [string, { write: Write; bound: number; inputs: number }][] = [
  ...Object.entries(FUNCTIONS).map(([name, { write, bound }]): (typeof ALL)[number] => [
    name,
    { write: (code, x) => write(code, x), bound, inputs: 1 },
  ]),
  ["pow", { write: (code, x, y) => pow(code, x, y), bound: POW_BOUND, inputs: 2 }],
];
const folder = mkdtempSync(join(tmpdir(), "ulp-"));
const results: Record<string, unknown>[] = [];
let failed = false;
try {
  for (const [name, { write, bound, inputs: arity }] of ALL) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const code = new CodeBuilder();
    const result = write(code, ...Array.from({ length: arity }, (_, i) => code.load(i, code.constant(0))));
    const constants = code.pool.seal();
    const section = code.finish([result]);
    const [source, binary] = [join(folder, `${name}.c`), join(folder, name)];
    writeFileSync(source, translate(name, constants, section));
    const flags = ["-O3", "-fopenmp", "-march=native", "-ffp-contract=off", "-fno-builtin-fmin"];
    execFileSync("cc", [...flags, "-o", binary, source, "-lm"], { stdio: "inherit" });
    const amount = arity === 2 ? (all ? PAIRS.all : PAIRS.otherwise) : all ? 1 : STRIDE;
    const output = execFileSync(binary, [String(amount)], { encoding: "utf8" });
    const [inputs, ulp, first, second, wrong] = output.trim().split(" ").map(Number);
    const instructions = section.code.length / 4;
    const at = [first, second].slice(0, arity).map((bits) => `0x${bits.toString(16).padStart(8, "0")}`);
    results.push({ name, inputs, ulp, at: at.join(" "), wrong, instructions, constants: constants.length });
    failed ||= wrong > 0 || ulp > bound;
    if (recording) {
      record(name, {
        ulp: Number(ulp.toFixed(4)),
        at: at.join(" "),
        inputs,
        instructions,
        constants: constants.length,
      });
    }
    const numbers = `${ulp.toFixed(4)} ulp at ${at.join(", ")}, ${wrong} wrong specials, ${inputs} inputs`;
    if (!json) console.log(`${name.padEnd(8)} ${numbers}, ${instructions} instructions, ${constants.length} constants`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (json) console.log(JSON.stringify(results));
process.exitCode = failed ? 1 : 0;
