/**
 * Greatest error of the functions in packages/graph/src/functions, in units in the last place of the exact value (of
 * 2^-149 where it is subnormal): each section is translated to C instruction by instruction, compiled with the machine's
 * compiler, and run beside the C library's binary64 function.
 *
 *   node scripts/check/ulp.ts [--all [--write]] [--json] [name …]
 *
 * --all takes all 2^32 inputs, a few minutes per function; otherwise every 1,021st is taken. --write puts the
 * figures into snapshots/functions.json, which a test holds to.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodeBuilder, INSTRUCTIONS, type Section } from "../../packages/vm/src/index.ts";
import { FUNCTIONS, type FunctionName } from "../../packages/graph/src/functions/index.ts";

const STRIDE = 1021;

/** The exact value as C; `x` is a double. */
const REFERENCE: Record<string, string> = { sigmoid: "1 / (1 + exp(-x))" };

const F = (expression: string) => `fbits(${expression})`;
const f = (operand: string) => `bitsf((uint32_t)${operand})`;

/** Instructions as C over 64-bit words; only what the functions use. */
const C: Record<string, (a: string, b: string, c: string) => string> = {
  fadd: (a, b) => F(`${f(a)} + ${f(b)}`),
  fsub: (a, b) => F(`${f(a)} - ${f(b)}`),
  fmul: (a, b) => F(`${f(a)} * ${f(b)}`),
  fdiv: (a, b) => F(`${f(a)} / ${f(b)}`),
  ffma: (a, b, c) => F(`__builtin_fmaf(${f(a)}, ${f(b)}, ${f(c)})`),
  fsqrt: (a) => F(`__builtin_sqrtf(${f(a)})`),
  fmin: (a, b) => F(`minimum(${f(a)}, ${f(b)})`),
  fmax: (a, b) => F(`-minimum(-${f(a)}, -${f(b)})`),
  fneg: (a) => F(`-${f(a)}`),
  fabs: (a) => F(`__builtin_fabsf(${f(a)})`),
  ffloor: (a) => F(`__builtin_floorf(${f(a)})`),
  ftrunc: (a) => F(`__builtin_truncf(${f(a)})`),
  frint: (a) => F(`__builtin_rintf(${f(a)})`),
  feq: (a, b) => `(${f(a)} == ${f(b)})`,
  flt: (a, b) => `(${f(a)} < ${f(b)})`,
  fle: (a, b) => `(${f(a)} <= ${f(b)})`,
  ftoi32: (a) => `toi32(${f(a)})`,
  itof: (a) => F(`(float)(int64_t)${a}`),
  iadd: (a, b) => `${a} + ${b}`,
  isub: (a, b) => `${a} - ${b}`,
  imul: (a, b) => `${a} * ${b}`,
  ineg: (a) => `0 - ${a}`,
  umulh: (a, b) => `(uint64_t)(((unsigned __int128)${a} * ${b}) >> 64)`,
  and: (a, b) => `${a} & ${b}`,
  or: (a, b) => `${a} | ${b}`,
  xor: (a, b) => `${a} ^ ${b}`,
  shl: (a, b) => `(${b} > 63 ? 0 : ${a} << ${b})`,
  ushr: (a, b) => `(${b} > 63 ? 0 : ${a} >> ${b})`,
  ishr: (a, b) => `(uint64_t)((int64_t)${a} >> (${b} > 63 ? 63 : ${b}))`,
  clz: (a) => `(${a} ? __builtin_clzll(${a}) : 64)`,
  ieq: (a, b) => `(${a} == ${b})`,
  ine: (a, b) => `(${a} != ${b})`,
  ult: (a, b) => `(${a} < ${b})`,
  ilt: (a, b) => `((int64_t)${a} < (int64_t)${b})`,
  lnot: (a) => `(${a} == 0)`,
  select: (a, b, c) => `(${a} ? ${b} : ${c})`,
  wrapu32: (a) => `(uint32_t)${a}`,
};

/** A C program that prints: inputs, greatest error, the input where it is, number of special values that are wrong. */
function translate(name: FunctionName, constants: Uint32Array, section: Section): string {
  const lines: string[] = [];
  constants.forEach((value, i) => lines.push(`const uint64_t r${i} = 0x${value.toString(16)}u;`));
  for (let i = 0; i < section.code.length / 4; i++) {
    const [opcode, ...bytes] = section.code.subarray(4 * i, 4 * i + 4);
    const { name: mnemonic } = INSTRUCTIONS.find(({ code }) => code === opcode)!;
    const place = constants.length + i;
    if (mnemonic === "load") {
      lines.push(`const uint64_t r${place} = fbits(bitsf(input));`);
      continue;
    }
    const write = C[mnemonic];
    if (write === undefined) throw new Error(`${name} uses ${mnemonic}, which this script does not translate`);
    const [a, b, c] = bytes.map((register) => `r${register}`);
    lines.push(`const uint64_t r${place} = ${write(a, b, c)};`);
  }
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
static inline uint32_t run(uint32_t input) {
  ${lines.join("\n  ")}
  return (uint32_t)r${section.results[0]};
}
int main(int argc, char **argv) {
  uint64_t stride = strtoull(argv[1], 0, 10), count = 0, wrong = 0;
  double worst = 0; uint32_t where = 0;
  for (uint64_t i = 0; i < 4294967296ull; i += stride, count++) {
    uint32_t input = (uint32_t)i;
    uint32_t bits = run(input);
    double x = bitsf(input), exact = ${REFERENCE[name] ?? `${name}(x)`};
    if (exact != exact) { if (bits != 0x7fc00000u) wrong++; continue; }
    uint32_t rounded = (uint32_t)fbits((float)exact);
    if (bits == rounded) {
      if (__builtin_isinf(exact) || exact == 0) continue;
    }
    double got = bitsf(bits);
    if (got != got || bits == 0x80000000u != (rounded == 0x80000000u && bits == rounded)) { wrong++; continue; }
    if (__builtin_isinf(got)) got = got > 0 ? 0x1p128 : -0x1p128;
    if (__builtin_isinf(exact)) { wrong++; continue; }
    int e; frexp(exact, &e);
    if (exact == 0 || e < -125) e = -125;
    if (e > 128) { if (bits != rounded) wrong++; continue; }
    double error = fabs(got - exact) / ldexp(1, e - 24);
    if (error > worst) { worst = error; where = input; }
  }
  printf("%llu %.6f %u %llu\\n", (unsigned long long)count, worst, where, (unsigned long long)wrong);
}
`;
}

const arguments_ = process.argv.slice(2);
const all = arguments_.includes("--all");
const json = arguments_.includes("--json");
const chosen = arguments_.filter((argument) => !argument.startsWith("--"));
const folder = mkdtempSync(join(tmpdir(), "ulp-"));
const results: Record<string, unknown>[] = [];
let failed = false;
try {
  for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const code = new CodeBuilder();
    const result = FUNCTIONS[name].write(code, code.load(0, code.constant(0)));
    const constants = code.pool.seal();
    const section = code.finish([result]);
    const [source, binary] = [join(folder, `${name}.c`), join(folder, name)];
    writeFileSync(source, translate(name, constants, section));
    const flags = ["-O2", "-march=native", "-ffp-contract=off", "-fno-builtin-fmin"];
    execFileSync("cc", [...flags, "-o", binary, source, "-lm"], { stdio: "inherit" });
    const output = execFileSync(binary, [all ? "1" : String(STRIDE)], { encoding: "utf8" });
    const [inputs, ulp, where, wrong] = output.trim().split(" ").map(Number);
    const instructions = section.code.length / 4;
    const at = `0x${where.toString(16).padStart(8, "0")}`;
    results.push({ name, inputs, ulp, at, wrong, instructions, constants: constants.length });
    failed ||= wrong > 0 || ulp > FUNCTIONS[name].bound;
    const numbers = `${ulp.toFixed(4)} ulp at ${at}, ${wrong} wrong specials, ${inputs} inputs`;
    if (!json) console.log(`${name.padEnd(8)} ${numbers}, ${instructions} instructions, ${constants.length} constants`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (all && arguments_.includes("--write")) {
  const file = new URL("../../snapshots/functions.json", import.meta.url);
  const known = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  for (const { name, ulp, at, instructions, constants } of results) {
    known[String(name)] = { ulp: Number(Number(ulp).toFixed(4)), at, instructions, constants };
  }
  writeFileSync(file, `${JSON.stringify(known, null, 2)}\n`);
}
if (json) console.log(JSON.stringify(results));
process.exitCode = failed ? 1 : 0;
