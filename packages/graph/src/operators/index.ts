/** The table of operators: every lowering there is, by domain and name. */
import type { Operator } from "../operator.ts";
import { Add } from "./Add.ts";
import { ArgMax } from "./ArgMax.ts";
import { ArgMin } from "./ArgMin.ts";
import { Conv } from "./Conv.ts";
import { Flatten } from "./Flatten.ts";
import { Gather } from "./Gather.ts";
import { Gemm } from "./Gemm.ts";
import { GRU } from "./GRU.ts";
import { MatMul } from "./MatMul.ts";
import { MaxPool } from "./MaxPool.ts";
import { Relu } from "./Relu.ts";
import { Squeeze } from "./Squeeze.ts";
import { Transpose } from "./Transpose.ts";
import { Unsqueeze } from "./Unsqueeze.ts";

export const OPERATORS: readonly Operator[] = [
  Add,
  ArgMax,
  ArgMin,
  Conv,
  Flatten,
  Gather,
  Gemm,
  GRU,
  MatMul,
  MaxPool,
  Relu,
  Squeeze,
  Transpose,
  Unsqueeze,
];

const byName = new Map(OPERATORS.map((operator) => [`${operator.domain ?? ""}.${operator.name}`, operator]));

/** The operator of this name in a domain, undefined if there is none. */
export function operatorOf(domain: string, name: string): Operator | undefined {
  return byName.get(`${domain}.${name}`);
}
