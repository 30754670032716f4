/**
 * Functions against binary64 references: special values, error bounds over more than a million inputs each. All 2^32 inputs
 * are checked by `node scripts/check/ulp.ts --all`.
 */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { float32 } from "@assay/vm";
import { evaluate } from "../testing/evaluate.ts";
import { Random } from "../testing/random.ts";
import { fmod, FUNCTIONS, pow, POW_BOUND, type FunctionName } from "./index.ts";

/** Written by `node scripts/check/ulp.ts --all --write`: the greatest error, over how many inputs, and where it is. */
const snapshot = JSON.parse(
  readFileSync(new URL("../../../../snapshots/functions.json", import.meta.url), "utf8"),
) as Record<string, { ulp: number; at: string; inputs: number; instructions: number; constants: number }>;
const STRIDE = Number(process.env.ASSAY_FUNCTION_STRIDE ?? 4093);
/** Pairs for which pow is evaluated; 10^9 by the script. */
const PAIRS = Number(process.env.ASSAY_FUNCTION_PAIRS ?? 60_000);
/** Longest code that is still cheap to evaluate on chain; exact reduction and words in pairs take more. */
const MAX_INSTRUCTIONS = 48;
const LONGER: Partial<Record<FunctionName, number>> = { sin: 84, cos: 84, tan: 84, asinh: 68, acosh: 68, atanh: 68 };
/** Wide integers make the translation slow: fewer inputs. */
const SLOW: readonly FunctionName[] = ["sin", "cos", "tan"];

const EXACT: Record<FunctionName, (x: number) => number> = {
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  erf: erfOf,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
};

/** 2/√π e^(-x²) Σ 2^n x^(2n+1) / (2n+1)!!: all terms have one sign. */
function erfOf(x: number): number {
  if (Math.abs(x) > 6 || x !== x || x === 0) return x === 0 ? x : x !== x ? x : Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 2 ** -56; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** |got - exact| in units in the last place of `exact`; Infinity where a special value is wrong. */
function errorOf(got: number, exact: number): number {
  const rounded = float32.fromNumber(exact);
  if (got === rounded) {
    if (exact !== exact || exact === 0 || (rounded & 0x7fffffff) === 0x7f800000) return 0;
  } else if (exact !== exact || exact === 0) return Infinity;
  const value = float32.toNumber(got);
  if (value !== value) return Infinity;
  const size = Math.abs(value) === Infinity ? Math.sign(value) * 2 ** 128 : value;
  return Math.abs(size - exact) / unitOf(exact);
}

/** The distance between binary32 numbers around x: 2^-149 at least. */
function unitOf(x: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(x))));
  const unit = 2 ** (exponent - 23);
  // Math.log2 may round up to a power of two.
  return Math.abs(x) < 2 ** exponent && exponent > -126 ? unit / 2 : unit;
}

describe("functions", () => {
  for (const [name, { write, bound }] of Object.entries(FUNCTIONS)) {
    const evaluated = evaluate(1, write);
    const exact = EXACT[name as FunctionName];

    it(`${name}: at most ${bound} units in the last place`, () => {
      let [worst, where] = [0, 0];
      const stride = SLOW.includes(name as FunctionName) ? 16 * STRIDE + 1 : STRIDE;
      for (let x = 0; x < 2 ** 32; x += stride) {
        const error = errorOf(evaluated.fast(x), exact(float32.toNumber(x)));
        if (error > worst) [worst, where] = [error, x];
      }
      expect(worst, `error at 0x${where.toString(16)}`).to.be.at.most(bound);
    }).timeout(300_000);

    it(`${name}: special values, and the scalar machine agrees`, () => {
      const specials = [
        0, 1, 0x3f000000, 0x40490fdb, 0x46ffffff, 0x47000000, 0x7fffff, 0x800000, 0x3f800000, 0x42b17218, 0x7f7fffff,
        0x7f800000, 0x7fc00000, 0x7f800001,
      ];
      for (const magnitude of specials) {
        for (const x of [magnitude, (magnitude | 0x80000000) >>> 0]) {
          const got = evaluated.machine(x);
          expect(evaluated.fast(x)).to.equal(got);
          expect(errorOf(got, exact(float32.toNumber(x))), `0x${x.toString(16)}`).to.be.at.most(bound);
        }
      }
      for (let x = 0; x < 2 ** 32; x += 4_000_037) expect(evaluated.machine(x)).to.equal(evaluated.fast(x));
    });

    it(`${name}: short, and as the snapshot says`, () => {
      const { instructions, constants, ulp, at } = snapshot[name];
      expect(evaluated.instructions)
        .to.equal(instructions)
        .and.to.be.at.most(LONGER[name as FunctionName] ?? MAX_INSTRUCTIONS);
      expect(evaluated.constants).to.equal(constants);
      const x = Number(at);
      expect(errorOf(evaluated.fast(x), exact(float32.toNumber(x)))).to.be.closeTo(ulp, 1e-3);
    });
  }

  describe("pow", () => {
    const evaluated = evaluate(2, pow);
    /** x^y in binary64: ECMAScript's differs from C's where the base is ±1 and the exponent no finite number. */
    const exact = (x: number, y: number): number => {
      if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
      return x ** y;
    };
    const errorAt = (x: number, y: number): number =>
      errorOf(evaluated.fast(x, y), exact(float32.toNumber(x), float32.toNumber(y)));

    it("every special case of C's Annex F, and the scalar machine agrees", () => {
      const magnitudes = [
        0,
        1,
        2,
        3,
        4,
        0.5,
        1.5,
        2.5,
        1 - 2 ** -24,
        1 + 2 ** -23,
        8388607.5,
        2 ** 24 - 1,
        2 ** 24,
        2 ** 63,
        2 ** -149,
        2 ** -126,
        3.4e38,
        Infinity,
        NaN,
      ];
      const values = magnitudes.flatMap((magnitude) => [magnitude, -magnitude]).map(float32.fromNumber);
      for (const x of values) {
        for (const y of values) {
          const where = `${float32.toNumber(x)} ^ ${float32.toNumber(y)}`;
          expect(errorAt(x, y), where).to.be.at.most(POW_BOUND);
          expect(evaluated.fast(x, y), where).to.equal(evaluated.machine(x, y));
        }
      }
    });

    it(`at most ${POW_BOUND} units in the last place`, () => {
      const random = new Random(7);
      for (let i = 0; i < PAIRS; i++) {
        const near = i % 3 === 0 ? 1 + (random.unit() - 0.5) * 2 ** -(random.below(20) + 1) : undefined;
        const x = float32.fromNumber(near ?? 2 ** (random.unit() * 270 - 145));
        const exponent = random.unit() * 276 - 148;
        const y = float32.fromNumber(i % 3 === 1 ? random.below(64) - 32 : exponent / Math.log2(float32.toNumber(x)));
        const signed = i % 3 === 1 ? (x | 0x80000000) >>> 0 : x;
        expect(errorAt(signed, y), `0x${signed.toString(16)} ^ 0x${y.toString(16)}`).to.be.at.most(POW_BOUND);
      }
    }).timeout(300_000);

    it("exact where the power is a binary32 number", () => {
      for (let base = 2; base < 100; base++) {
        for (let power = base, n = 1; power < 2 ** 24; power *= base, n++) {
          const [x, y] = [float32.fromNumber(base), float32.fromNumber(n)];
          expect(float32.toNumber(evaluated.fast(x, y)), `${base} ^ ${n}`).to.equal(power);
        }
      }
    });

    it("as the snapshot says", () => {
      const { instructions, constants, ulp, at } = snapshot.pow;
      expect(evaluated.instructions).to.equal(instructions);
      expect(evaluated.constants).to.equal(constants);
      const [x, y] = at.split(" ").map(Number);
      expect(errorAt(x, y)).to.be.closeTo(ulp, 1e-3).and.to.be.at.most(POW_BOUND);
    });
  });

  it("fmod: ECMAScript's remainder, which is exact, and the scalar machine agrees", () => {
    const evaluated = evaluate(2, fmod);
    const specials = [0, 1, 3, 0x7fffff, 0x800000, 0x3f800000, 0x40490fdb, 0x7f7fffff, 0x7f800000, 0x7fc00000];
    const values = specials.flatMap((magnitude) => [magnitude, (magnitude | 0x80000000) >>> 0]);
    const pairs = values.flatMap((x) => values.map((y) => [x, y] as const));
    const random = new Random(9);
    for (let i = 0; i < 3000; i++) pairs.push([random.bits(), random.bits()]);
    // Exponents close to each other, and quotients that are whole.
    for (let i = 0; i < 1000; i++) {
      const y = random.unit() * 2 ** (random.below(40) - 20);
      const x = Math.fround(y) * random.below(1000);
      pairs.push([float32.fromNumber(i % 2 === 0 ? x : -x * random.unit()), float32.fromNumber(y)]);
    }
    for (const [x, y] of pairs) {
      const expected = float32.fromNumber(float32.toNumber(x) % float32.toNumber(y));
      const where = `0x${x.toString(16)} % 0x${y.toString(16)}`;
      expect(evaluated.fast(x, y), where).to.equal(expected);
      expect(evaluated.machine(x, y), where).to.equal(expected);
    }
  });
});
