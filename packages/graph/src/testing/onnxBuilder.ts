/** Writes small ONNX models for tests. */
import { DType, makeTensor, type Tensor } from "@assay/vm";
import {
  encodeModelProto,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from "../onnx/schema.ts";

/** An attribute: an integer, a float in an object, a string, a list, a tensor, a subgraph; or one of the function around. */
export type AttributeValue =
  | number
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | string
  | readonly number[]
  | readonly string[]
  | { readonly tensor: Tensor }
  | { readonly graph: GraphSpec }
  | { readonly reference: string; readonly type: number };

export interface NodeSpec {
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export interface ValueSpec {
  readonly name: string;
  readonly dtype: number;
  /** Absent: the shape is not declared. */
  readonly shape?: readonly (number | string)[];
}

export interface GraphSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly constants?: Readonly<Record<string, Tensor>>;
}

export interface FunctionSpec {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly NodeSpec[];
  /** Attributes with a default. */
  readonly defaults?: Readonly<Record<string, AttributeValue>>;
  /** Version of `ai.onnx` in the body; 17 if absent. */
  readonly opset?: number;
}

export interface ModelSpec extends GraphSpec {
  readonly functions?: readonly FunctionSpec[];
  /** Version of `ai.onnx`; 17 if absent. */
  readonly opset?: number;
  /** Version of `ai.onnx.ml`; 3 if absent. */
  readonly mlOpset?: number;
}

/** The model's bytes. */
export function buildModel(spec: ModelSpec): Uint8Array {
  const known = ["", "com.microsoft", "ai.onnx.ml"];
  const named = [...(spec.functions ?? []), ...spec.nodes].map(({ domain = "" }) => domain);
  const others = [...new Set(named)].filter((domain) => !known.includes(domain));
  return encodeModelProto({
    irVersion: 8,
    opsetImport: [
      { domain: "", version: spec.opset ?? 17 },
      { domain: "com.microsoft", version: 1 },
      { domain: "ai.onnx.ml", version: spec.mlOpset ?? 3 },
      ...others.map((domain) => ({ domain, version: 1 })),
    ],
    graph: graphProto(spec),
    functions: (spec.functions ?? []).map(({ name, domain, inputs, outputs, nodes, defaults = {}, opset = 17 }) => ({
      name,
      domain,
      input: [...inputs],
      output: [...outputs],
      node: nodes.map(nodeProto),
      attributeProto: Object.entries(defaults).map(([attribute, value]) => attributeProto(attribute, value)),
      opsetImport: [{ domain: "", version: opset }],
    })),
  });
}

function graphProto({ nodes, inputs, outputs, constants = {} }: GraphSpec): GraphProto {
  return {
    name: "test",
    node: nodes.map(nodeProto),
    input: inputs.map(valueProto),
    output: outputs.map(valueProto),
    initializer: Object.entries(constants).map(([name, tensor]) => tensorProto(tensor, name)),
  };
}

/** A node. */
export function nodeProto({ operator, domain = "", inputs, outputs, attributes = {} }: NodeSpec): NodeProto {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
  return { opType: operator, domain, input: [...inputs], output: [...outputs], attribute };
}

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  const bytes = (text: string) => new TextEncoder().encode(text);
  if (typeof value === "number") return { name, type: 2, i: value };
  if (typeof value === "string") return { name, type: 3, s: bytes(value) };
  if (Array.isArray(value)) {
    const list = value as readonly (number | string)[];
    if (typeof list[0] === "string") return { name, type: 8, strings: list.map((text) => bytes(String(text))) };
    return { name, type: 7, ints: list as readonly number[] };
  }
  const other = value as Exclude<AttributeValue, number | string | readonly number[] | readonly string[]>;
  if ("float" in other) return { name, type: 1, f: other.float };
  if ("graph" in other) return { name, type: 5, g: graphProto(other.graph) };
  if ("reference" in other) return { name, type: other.type, refAttrName: other.reference };
  if ("floats" in other) return { name, type: 6, floats: other.floats };
  return { name, type: 4, t: tensorProto(other.tensor, "") };
}

/** A constant with its bytes in it. */
export function tensorProto(tensor: Tensor, name: string): TensorProto {
  return { name, dims: [...tensor.shape], dataType: tensor.dtype, rawData: tensor.data };
}

/** An input or an output. */
export function valueProto({ name, dtype, shape }: ValueSpec) {
  const dim = shape?.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: dtype, ...(dim && { shape: { dim } }) } } };
}

/** A float32 tensor. */
export function floats(shape: readonly number[], values: readonly number[]): Tensor {
  return makeTensor(DType.FLOAT32, shape, new Uint8Array(Float32Array.from(values).buffer));
}

/** An int64 tensor. */
export function longs(shape: readonly number[], values: readonly number[]): Tensor {
  return makeTensor(DType.INT64, shape, new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer));
}
