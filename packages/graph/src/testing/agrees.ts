/** A model's program beside onnxruntime. */
import { expect } from "chai";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { denseBytes, DType, run, type Tensor } from "@assay/vm";
import { importOnnx } from "../import.ts";
import type { Imported } from "../report.ts";
import { buildModel, type ModelSpec } from "./onnxBuilder.ts";

/** Expects the outputs of the model's program, all float32, to be those of onnxruntime, bit by bit. Inputs are float32 or bool. */
export async function agrees(
  spec: ModelSpec,
  inputs: readonly Tensor[],
  symbols: readonly number[] = [],
  { program }: Imported = importOnnx(buildModel(spec)),
): Promise<void> {
  const session = await InferenceSession.create(buildModel(spec), { logSeverityLevel: 3 });
  const feeds = spec.inputs.map(({ name }, i) => [name, toOrt(inputs[i])] as const);
  const theirs = await session.run(Object.fromEntries(feeds));
  await session.release();
  const { outputs } = run(program, { inputs, symbols, seed: 0n, calls: 1 });
  const ours = outputs.map((output) => ({ dims: output.shape, data: floatsOf(denseBytes(output)) }));
  expect(ours).to.deep.equal(spec.outputs.map(({ name }) => ({ dims: theirs[name].dims, data: theirs[name].data })));
}

function toOrt({ dtype, shape, data }: Tensor): OrtTensor {
  return dtype === DType.BOOL ? new OrtTensor("bool", data, shape) : new OrtTensor("float32", floatsOf(data), shape);
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}
