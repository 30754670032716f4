/** A bench model in onnxruntime-node. */
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { DType, makeTensor, nameOf, type Tensor } from "../../../packages/vm/src/index.ts";

/** A session with its inputs. */
export interface Session {
  run(): Promise<InferenceSession.ReturnType>;
  close(): Promise<void>;
}

/**
 * The model, a file or its bytes, on the inputs, operators one after the other, each with `threads` threads; `plain`: as the
 * file has them.
 */
export async function openTheirs(
  file: string | Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
  threads: number,
  { plain = false } = {},
): Promise<Session> {
  const options = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential" as const,
    logSeverityLevel: 3 as const,
    ...(plain && { graphOptimizationLevel: "disabled" as const }),
  };
  const session = await (typeof file === "string"
    ? InferenceSession.create(file, options)
    : InferenceSession.create(file, options));
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toOrt(tensor)]));
  return { run: () => session.run(feeds), close: () => session.release() };
}

const ARRAYS = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;
type Typed = keyof typeof ARRAYS;

function toOrt({ dtype, shape, data }: Tensor): OrtTensor {
  const type = nameOf(dtype) as Typed;
  return new OrtTensor(type, new ARRAYS[type](data.slice().buffer) as Float32Array, shape) as OrtTensor;
}

/** An answer of onnxruntime as a tensor of ours. */
export function fromOrt(value: OrtTensor): Tensor {
  const { buffer, byteOffset, byteLength } = value.data as Float32Array;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return makeTensor(DType[value.type.toUpperCase() as keyof typeof DType], value.dims, bytes);
}
