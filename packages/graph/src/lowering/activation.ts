/** Activation functions that recurrent operators name, with the numbers alpha and beta that some take. */
import type { CodeBuilder, Value } from "@assay/vm";
import { check, GraphError } from "../errors.ts";
import { expm1, sigmoid, tanh } from "../functions/index.ts";
import { softplus } from "./composed.ts";

export type Activation = (code: CodeBuilder, x: Value) => Value;

interface Family {
  /** Defaults of alpha and beta; absent where the function takes none, undefined where it has no default. */
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  apply(code: CodeBuilder, x: Value, alpha: number, beta: number): Value;
}

const number = (code: CodeBuilder, x: number) => code.constantFloat(x);
const linear = (code: CodeBuilder, x: Value, alpha: number, beta: number) =>
  code.ffma(number(code, alpha), x, number(code, beta));

const FAMILIES = new Map<string, Family>([
  ["sigmoid", { apply: sigmoid }],
  ["tanh", { apply: tanh }],
  ["relu", { apply: (code, x) => code.fmax(x, code.constant(0)) }],
  ["affine", { alpha: undefined, beta: undefined, apply: linear }],
  [
    "leakyrelu",
    {
      alpha: Math.fround(0.01),
      apply: (code, x, alpha) => code.select(code.flt(x, code.constant(0)), code.fmul(number(code, alpha), x), x),
    },
  ],
  [
    "thresholdedrelu",
    {
      alpha: 1,
      apply: (code, x, alpha) => code.select(code.flt(number(code, alpha), x), x, code.constant(0)),
    },
  ],
  [
    "scaledtanh",
    {
      alpha: undefined,
      beta: undefined,
      apply: (code, x, alpha, beta) => code.fmul(number(code, alpha), tanh(code, code.fmul(number(code, beta), x))),
    },
  ],
  [
    "hardsigmoid",
    {
      alpha: Math.fround(0.2),
      beta: 0.5,
      apply: (code, x, alpha, beta) =>
        code.fmax(code.fmin(linear(code, x, alpha, beta), number(code, 1)), code.constant(0)),
    },
  ],
  [
    "elu",
    {
      alpha: 1,
      apply: (code, x, alpha) =>
        code.select(code.flt(x, code.constant(0)), code.fmul(number(code, alpha), expm1(code, x)), x),
    },
  ],
  ["softsign", { apply: (code, x) => code.fdiv(x, code.fadd(number(code, 1), code.fabs(x))) }],
  ["softplus", { apply: softplus }],
]);

/**
 * The activations of these names, in any case. `alphas` and `betas` hold one number for each activation that takes one, in
 * order; where they end the defaults hold. Throws UNSUPPORTED and BAD_ATTRIBUTE.
 */
export function readActivations(
  names: readonly string[],
  alphas: readonly number[] = [],
  betas: readonly number[] = [],
): Activation[] {
  const [left, right] = [[...alphas], [...betas]];
  const activations = names.map((name): Activation => {
    const family = FAMILIES.get(name.toLowerCase());
    if (family === undefined) throw new GraphError("UNSUPPORTED", `activation ${name}`);
    const alpha = "alpha" in family ? (left.shift() ?? family.alpha) : 0;
    const beta = "beta" in family ? (right.shift() ?? family.beta) : 0;
    check(alpha !== undefined && beta !== undefined, "BAD_ATTRIBUTE", `activation ${name} needs alpha and beta`);
    return (code, x) => family.apply(code, x, alpha, beta);
  });
  check(left.length === 0 && right.length === 0, "BAD_ATTRIBUTE", "more alphas or betas than activations take");
  return activations;
}
