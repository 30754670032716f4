/** Activation functions that recurrent operators name. */
import type { CodeBuilder, Value } from "@assay/vm";
import { GraphError } from "../errors.ts";
import { sigmoid, tanh } from "../functions/index.ts";

type Activation = (code: CodeBuilder, x: Value) => Value;

const ACTIVATIONS = new Map<string, Activation>([
  ["sigmoid", sigmoid],
  ["tanh", tanh],
  ["relu", (code, x) => code.fmax(x, code.constant(0))],
]);

/** The activation of this name, in any case. Throws UNSUPPORTED. */
export function activation(name: string): Activation {
  const found = ACTIVATIONS.get(name.toLowerCase());
  if (found === undefined) throw new GraphError("UNSUPPORTED", `activation ${name}`);
  return found;
}
