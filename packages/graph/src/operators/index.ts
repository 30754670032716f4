/** The table of operators: every lowering there is, by domain and name. */
import type { Operator } from "../operator.ts";
import * as microsoft from "./microsoft/index.ts";
import * as ml from "./ml/index.ts";
import * as onnx from "./onnx.ts";

export const OPERATORS: readonly Operator[] = [onnx, microsoft, ml].flatMap((domain) => Object.values(domain));

const byName = new Map(OPERATORS.map((operator) => [`${operator.domain ?? ""}.${operator.name}`, operator]));

/** The operator of this name in a domain, undefined if there is none. */
export function operatorOf(domain: string, name: string): Operator | undefined {
  return byName.get(`${domain}.${name}`);
}
