/** Models of quantised tensors as exporters write them: each is dequantised, an operator computes in floats, its result is quantised. */
import { DType, tensorOfWords, type Tensor } from "@assay/vm";
import { floats, type AttributeValue, type ModelSpec, type NodeSpec, type ValueSpec } from "./onnxBuilder.ts";

/** A quantised tensor: scales and zero points, one or one for each place of the axis. */
export interface Operand {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly scales: readonly number[];
  readonly zeros: readonly number[];
  readonly axis?: number;
  /** Of a constant; it is an input if absent. */
  readonly elements?: readonly number[];
}

export interface QuantisedModel {
  readonly operator: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** The quantised inputs of the operator, the first ones. */
  readonly operands: readonly Operand[];
  /** Floats behind them, constants. */
  readonly others?: readonly Tensor[];
  /** Element-wise operators behind it, one after the other. */
  readonly then?: readonly string[];
  /** How the result is quantised; it stays floats if absent. */
  readonly result?: Pick<Operand, "dtype" | "scales" | "zeros">;
  /** Values that are outputs too: `d0`, `d1` … dequantised, `o` the operator's. */
  readonly outputs?: readonly string[];
}

/** The model: inputs and constants `q0`, `q1` …, output `y`. */
export function quantisedModel(model: QuantisedModel): ModelSpec {
  const { operator, attributes = {}, operands, others = [], then = [], result, outputs = [] } = model;
  const nodes: NodeSpec[] = [];
  const inputs: ValueSpec[] = [];
  const constants: Record<string, Tensor> = {};
  const steps = (name: string, { dtype, scales, zeros }: Pick<Operand, "dtype" | "scales" | "zeros">): string[] => {
    const size = scales.length === 1 ? [] : [scales.length];
    constants[`s${name}`] = floats(size, scales);
    constants[`z${name}`] = tensorOfWords(dtype, zeros.length === 1 ? [] : [zeros.length], [...zeros]);
    return [`s${name}`, `z${name}`];
  };
  operands.forEach((operand, i) => {
    const { dtype, shape, axis, elements } = operand;
    if (elements === undefined) inputs.push({ name: `q${i}`, dtype, shape });
    else constants[`q${i}`] = tensorOfWords(dtype, shape, [...elements]);
    nodes.push({
      operator: "DequantizeLinear",
      inputs: [`q${i}`, ...steps(String(i), operand)],
      outputs: [`d${i}`],
      attributes: axis === undefined ? {} : { axis },
    });
  });
  others.forEach((tensor, i) => (constants[`c${i}`] = tensor));
  const given = [...operands.map((_, i) => `d${i}`), ...others.map((_, i) => `c${i}`)];
  let last = result === undefined && then.length === 0 ? "y" : "o";
  nodes.push({ operator, inputs: given, outputs: [last], attributes });
  then.forEach((name, i) => {
    const to = result === undefined && i === then.length - 1 ? "y" : `t${i}`;
    nodes.push({ operator: name, inputs: [last], outputs: [to] });
    last = to;
  });
  if (result !== undefined)
    nodes.push({ operator: "QuantizeLinear", inputs: [last, ...steps("y", result)], outputs: ["y"] });
  return {
    nodes,
    inputs,
    constants,
    outputs: [
      { name: "y", dtype: result?.dtype ?? DType.FLOAT32 },
      ...outputs.map((name) => ({ name, dtype: DType.FLOAT32 })),
    ],
  };
}
