/** The activation that onnxruntime fuses into a node: its name, and its numbers in the order alpha, beta or least, greatest. */
import type { CodeBuilder, Value } from "@assay/vm";
import { check } from "../errors.ts";
import { readActivations, type Activation } from "./activation.ts";

const NONE: Activation = (_code, x) => x;

/** Throws UNSUPPORTED and BAD_ATTRIBUTE. An empty name is none. */
export function fusedActivation(name: string, numbers: readonly number[]): Activation {
  if (name === "") return NONE;
  if (name.toLowerCase() === "clip") {
    check(numbers.length === 2, "BAD_ATTRIBUTE", "Clip needs a least and a greatest value");
    const [least, greatest] = numbers;
    return (code: CodeBuilder, x: Value) =>
      code.fmin(code.fmax(x, code.constantFloat(least)), code.constantFloat(greatest));
  }
  const [alpha, beta] = numbers;
  const takesBeta = ["hardsigmoid", "affine", "scaledtanh"].includes(name.toLowerCase());
  const [activation] = readActivations(
    [name],
    alpha === undefined ? [] : [alpha],
    takesBeta && beta !== undefined ? [beta] : [],
  );
  return activation;
}
