/** Activations composed of functions. */
import type { CodeBuilder, Value } from "@assay/vm";
import { erf, exp, log1p, sigmoid, tanh } from "../functions/index.ts";

/** log(1 + e^x) = max(x, 0) + log1p(e^-|x|). */
export function softplus(code: CodeBuilder, x: Value): Value {
  const rest = log1p(code, exp(code, code.fneg(code.fabs(x))));
  return code.fadd(code.fmax(x, code.constant(0)), rest);
}

/** x/2 (1 + erf(x / √2)). */
export function geluByErf(code: CodeBuilder, x: Value): Value {
  const inner = erf(code, code.fmul(x, code.constantFloat(Math.SQRT1_2)));
  return code.fmul(code.fmul(x, code.constantFloat(0.5)), code.fadd(code.constantFloat(1), inner));
}

/** x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))). */
export function geluByTanh(code: CodeBuilder, x: Value): Value {
  const cube = code.fmul(code.fmul(x, x), x);
  const sum = code.ffma(code.constantFloat(0.044715), cube, x);
  const inner = tanh(code, code.fmul(code.constantFloat(Math.sqrt(2 / Math.PI)), sum));
  return code.fmul(code.fmul(x, code.constantFloat(0.5)), code.fadd(code.constantFloat(1), inner));
}

/** x · sigmoid(alpha x). */
export function swish(code: CodeBuilder, x: Value, alpha = 1): Value {
  const scaled = alpha === 1 ? x : code.fmul(code.constantFloat(alpha), x);
  return code.fmul(x, sigmoid(code, scaled));
}
