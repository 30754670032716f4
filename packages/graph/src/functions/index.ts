/** The functions of one argument, by name: code that computes them, and what they approximate. */
import type { CodeBuilder, Value } from "@assay/vm";
import { erf } from "./erf.ts";
import { exp } from "./exp.ts";
import { exp2 } from "./exp2.ts";
import { expm1 } from "./expm1.ts";
import { log } from "./log.ts";
import { log1p } from "./log1p.ts";
import { sigmoid } from "./sigmoid.ts";
import { tanh } from "./tanh.ts";

export { erf, exp, exp2, expm1, log, log1p, sigmoid, tanh };

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
} as const satisfies Record<string, UnaryFunction>;
export type FunctionName = keyof typeof FUNCTIONS;
