/** A model's program beside onnxruntime. */
import { expect } from "chai";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { denseBytes, DType, run, type Tensor } from "@assay/vm";
import { importOnnx } from "../import.ts";
import { FLOAT64 } from "../onnx/tensor.ts";
import type { Imported } from "../report.ts";
import { buildModel, type ModelSpec } from "./onnxBuilder.ts";

/**
 * Expects the outputs of the model's program, all float32, to be those of onnxruntime, bit by bit; where it gives float64,
 * rounded. Inputs are float32 or bool; one that is declared float64 is given to onnxruntime as that.
 */
export async function agrees(
  spec: ModelSpec,
  inputs: readonly Tensor[],
  symbols: readonly number[] = [],
  { program }: Imported = importOnnx(buildModel(spec)),
): Promise<void> {
  const session = await InferenceSession.create(buildModel(spec), { logSeverityLevel: 3 });
  const feeds = spec.inputs.map(({ name, dtype }, i) => [name, toOrt(inputs[i], dtype)] as const);
  const theirs = await session.run(Object.fromEntries(feeds));
  await session.release();
  const { outputs } = run(program, { inputs, symbols, seed: 0n, calls: 1 });
  const ours = outputs.map((output) => ({ dims: output.shape, data: floatsOf(denseBytes(output)) }));
  const expected = spec.outputs.map(({ name }) => {
    const { dims, data } = theirs[name];
    return { dims, data: data instanceof Float64Array ? Float32Array.from(data) : data };
  });
  expect(ours).to.deep.equal(expected);
}

function toOrt({ dtype, shape, data }: Tensor, declared: number): OrtTensor {
  if (dtype === DType.BOOL) return new OrtTensor("bool", data, shape);
  const floats = floatsOf(data);
  return declared === FLOAT64
    ? new OrtTensor("float64", Float64Array.from(floats), shape)
    : new OrtTensor("float32", floats, shape);
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
