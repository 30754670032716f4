/** The table of operators: every lowering there is, by domain and name. */
import { QONNX } from "../lowering/qonnx.ts";
import type { Operator } from "../operator.ts";
import * as microsoft from "./microsoft/index.ts";
import * as ml from "./ml/index.ts";
import * as onnx from "./onnx.ts";
import * as qonnx from "./qonnx/index.ts";

export const OPERATORS: readonly Operator[] = [onnx, microsoft, ml, qonnx].flatMap((domain) => Object.values(domain));

const byName = new Map(OPERATORS.map((operator) => [`${operator.domain ?? ""}.${operator.name}`, operator]));

/** Older names of domains. */
const DOMAINS = new Map([
  ["finn.custom_op.general", QONNX],
  ["onnx.brevitas", QONNX],
]);

/** The operator of this name in a domain, undefined if there is none. */
export function operatorOf(domain: string, name: string): Operator | undefined {
  return byName.get(`${DOMAINS.get(domain) ?? domain}.${name}`);
}
