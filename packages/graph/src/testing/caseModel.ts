/** The one-node model of a case with its input tensors, and what our reference interpreter makes of it. */
import { DType, float32, makeTensor, run, storeWord, type Tensor, type Word } from "@assay/vm";
import { importOnnx, type ImportOptions } from "../index.ts";
import type { InputCase, OperatorCase } from "./case.ts";
import { buildModel, type ModelSpec } from "./onnxBuilder.ts";
import type { Random } from "./random.ts";

/** Whether run-time inputs have fixed shapes, a symbolic first size, or are constants of the model. */
export type Form = "fixed" | "symbolic" | "constant";

/** A tensor for an input: its values, or random ones. */
export function tensorOf({ shape, dtype = DType.FLOAT32, values, range }: InputCase, random: Random): Tensor {
  const tensor = makeTensor(dtype as DType, shape);
  const count = shape.reduce((product, size) => product * size, 1);
  for (let i = 0; i < count; i++) storeWord(tensor.dtype, wordOf(tensor.dtype, i), tensor.data, i);
  return tensor;

  function wordOf(type: DType, i: number): Word {
    if ([DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16].some((float) => float === type)) {
      const uniform = range && range[0] + random.unit() * (range[1] - range[0]);
      return float32.fromNumber(values?.[i] ?? uniform ?? random.normal());
    }
    const [least, greatest] = range ?? [0, 10];
    return values?.[i] ?? least + random.below(greatest - least);
  }
}

export interface CaseModel {
  readonly bytes: Uint8Array;
  /** Names and tensors of the run-time inputs. */
  readonly inputs: readonly (readonly [string, Tensor])[];
}

/** The one-node model of a case; its run-time inputs as the `form` says. */
export function modelOf(
  operator: string,
  test: OperatorCase,
  tensors: readonly (Tensor | undefined)[],
  form: Form,
  types: readonly number[],
  domain = "",
): CaseModel {
  const names = tensors.map((tensor, i) => (tensor === undefined ? "" : `input${i}`));
  const isConstant = (i: number) => form === "constant" || test.inputs[i]!.constant === true;
  const outputs = Array.from({ length: test.outputs ?? 1 }, (_, i) => `output${i}`);
  const runtime = tensors.flatMap((tensor, i) => (tensor === undefined || isConstant(i) ? [] : [i]));
  const spec: ModelSpec = {
    ...versions(domain, test.opset),
    nodes: [{ operator, domain, inputs: names, outputs, attributes: test.attributes ?? {} }],
    inputs: runtime.map((i) => ({
      name: names[i],
      dtype: tensors[i]!.dtype,
      shape: tensors[i]!.shape.map((size, axis) => (form === "symbolic" && axis === 0 && i === 0 ? "S" : size)),
    })),
    outputs: outputs.map((name, i) => ({ name, dtype: types[i] ?? 0 })),
    constants: Object.fromEntries(
      tensors.flatMap((tensor, i) => (tensor === undefined || !isConstant(i) ? [] : [[names[i], tensor]])),
    ),
  };
  return { bytes: buildModel(spec), inputs: runtime.map((i) => [names[i], tensors[i]!] as const) };
}

/** The operator set versions of a case's model: the case's own, of its own domain. */
export function versions(domain: string, opset: number | undefined): Pick<ModelSpec, "opset" | "mlOpset"> {
  if (opset === undefined) return {};
  return domain === "ai.onnx.ml" ? { mlOpset: opset } : { opset };
}

/** The outputs by the reference interpreter. */
export function ours({ bytes, inputs }: CaseModel, options: ImportOptions = {}): readonly Tensor[] {
  const { program, report } = importOnnx(bytes, options);
  const symbols = report.symbols.map(() => inputs[0][1].shape[0]);
  return run(program, { inputs: inputs.map(([, tensor]) => tensor), symbols, seed: 0n, calls: 1 }).outputs;
}
