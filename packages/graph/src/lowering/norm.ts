/** Powers and roots of Lp norms. */
import type { Value } from "@assay/vm";
import { check } from "../errors.ts";
import { pow } from "../functions/index.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";

export interface Norm {
  /** |x|^p */
  power(code: NodeCode, x: Value): Value;
  /** x^(1/p) for x ≥ 0. */
  root(code: NodeCode, x: Value): Value;
}

/** The norm that the `p` attribute names, 2 if absent. */
export function readNorm(node: NodeContext): Norm {
  const p = node.attributes.int("p", 2);
  check(p >= 1 && p < 2 ** 24, "BAD_ATTRIBUTE", `p is ${p}`);
  if (p === 1) return { power: (code, x) => code.fabs(x), root: (_code, x) => x };
  if (p === 2) return { power: (code, x) => code.fmul(x, x), root: (code, x) => code.fsqrt(x) };
  return {
    power: (code, x) => pow(code, code.fabs(x), code.constantFloat(p)),
    root: (code, x) => pow(code, x, code.constantFloat(1 / p)),
  };
}
