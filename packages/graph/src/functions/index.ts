/** The functions of one argument, by name: code that computes them, and what they approximate. */
import type { CodeBuilder, Value } from "@assay/vm";
import { acos } from "./acos.ts";
import { acosh } from "./acosh.ts";
import { asin } from "./asin.ts";
import { asinh } from "./asinh.ts";
import { atan } from "./atan.ts";
import { atanh } from "./atanh.ts";
import { cos } from "./cos.ts";
import { cosh } from "./cosh.ts";
import { erf } from "./erf.ts";
import { exp } from "./exp.ts";
import { exp2 } from "./exp2.ts";
import { expm1 } from "./expm1.ts";
import { fmod } from "./fmod.ts";
import { log } from "./log.ts";
import { log1p } from "./log1p.ts";
import { pow } from "./pow.ts";
import { sigmoid } from "./sigmoid.ts";
import { sin } from "./sin.ts";
import { sinh } from "./sinh.ts";
import { tan } from "./tan.ts";
import { tanh } from "./tanh.ts";

export { acos, acosh, asin, asinh, atan, atanh, cos, cosh, erf, exp, exp2, expm1, fmod, log, log1p, pow };
export { sigmoid, sin, sinh, tan, tanh };

export interface UnaryFunction {
  readonly write: (code: CodeBuilder, x: Value) => Value;
  /** Greatest error in units in the last place that is promised. */
  readonly bound: number;
}

export const FUNCTIONS = {
  exp: { write: exp, bound: 1.5 },
  exp2: { write: exp2, bound: 1.5 },
  expm1: { write: expm1, bound: 1.5 },
  log: { write: log, bound: 1.5 },
  log1p: { write: log1p, bound: 1.5 },
  tanh: { write: tanh, bound: 1.5 },
  erf: { write: erf, bound: 1.5 },
  sigmoid: { write: sigmoid, bound: 1.5 },
  sin: { write: sin, bound: 1.5 },
  cos: { write: cos, bound: 1.5 },
  tan: { write: tan, bound: 2.5 },
  asin: { write: asin, bound: 2.5 },
  acos: { write: acos, bound: 2.5 },
  atan: { write: atan, bound: 1.5 },
  sinh: { write: sinh, bound: 2.5 },
  cosh: { write: cosh, bound: 2.5 },
  asinh: { write: asinh, bound: 2.5 },
  acosh: { write: acosh, bound: 2.5 },
  atanh: { write: atanh, bound: 2.5 },
} as const satisfies Record<string, UnaryFunction>;
export type FunctionName = keyof typeof FUNCTIONS;

/** x^y: its bound, over pairs. */
export const POW_BOUND = 2;
