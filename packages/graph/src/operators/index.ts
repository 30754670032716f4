/** The table of operators: every lowering there is, by domain and name. */
import type { Operator } from "../operator.ts";
import { Conv } from "./Conv.ts";
import { Flatten } from "./Flatten.ts";
import { Gemm } from "./Gemm.ts";
import { MaxPool } from "./MaxPool.ts";
import { Relu } from "./Relu.ts";

export const OPERATORS: readonly Operator[] = [Conv, Flatten, Gemm, MaxPool, Relu];

const byName = new Map(OPERATORS.map((operator) => [`${operator.domain ?? ""}.${operator.name}`, operator]));

/** The operator of this name in a domain, undefined if there is none. */
export function operatorOf(domain: string, name: string): Operator | undefined {
  return byName.get(`${domain}.${name}`);
}
