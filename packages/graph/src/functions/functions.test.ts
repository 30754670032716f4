/**
 * Functions against binary64 references: special values, error bounds over more than a million inputs each. All 2^32 inputs
 * are checked by `node scripts/check/ulp.ts --all`.
 */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { float32 } from "@assay/vm";
import { evaluateUnary } from "../testing/evaluate.ts";
import { FUNCTIONS, type FunctionName } from "./index.ts";

/** Written by `node scripts/check/ulp.ts --all --write`: the greatest error over all 2^32 inputs, and where it is. */
const snapshot = JSON.parse(
  readFileSync(new URL("../../../../snapshots/functions.json", import.meta.url), "utf8"),
) as Record<string, { ulp: number; at: string; instructions: number; constants: number }>;
const STRIDE = Number(process.env.ASSAY_FUNCTION_STRIDE ?? 4093);
/** Longest code that is still cheap to evaluate on chain. */
const MAX_INSTRUCTIONS = 48;

const EXACT: Record<FunctionName, (x: number) => number> = {
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  erf: erfOf,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
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
    if (exact !== exact || exact === 0 || Math.abs(exact) === Infinity || rounded === 0x7f800000) return 0;
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
    const evaluated = evaluateUnary(write);
    const exact = EXACT[name as FunctionName];

    it(`${name}: at most ${bound} units in the last place`, () => {
      let [worst, where] = [0, 0];
      for (let x = 0; x < 2 ** 32; x += STRIDE) {
        const error = errorOf(evaluated.fast(x), exact(float32.toNumber(x)));
        if (error > worst) [worst, where] = [error, x];
      }
      expect(worst, `error at 0x${where.toString(16)}`).to.be.at.most(bound);
    }).timeout(300_000);

    it(`${name}: special values, and the scalar machine agrees`, () => {
      const specials = [
        0, 1, 0x7fffff, 0x800000, 0x3f800000, 0x42b17218, 0x7f7fffff, 0x7f800000, 0x7fc00000, 0x7f800001,
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

    it(`${name}: short, and as the snapshot over all inputs says`, () => {
      const { instructions, constants, ulp, at } = snapshot[name];
      expect(evaluated.instructions).to.equal(instructions).and.to.be.at.most(MAX_INSTRUCTIONS);
      expect(evaluated.constants).to.equal(constants);
      const x = Number(at);
      expect(errorOf(evaluated.fast(x), exact(float32.toNumber(x)))).to.be.closeTo(ulp, 1e-3);
    });
  }
});
