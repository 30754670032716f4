/**
 * The part of ONNX's protobuf schema (onnx/onnx.proto) that the importer reads, as a protobufjs descriptor: field names
 * in camel case, numbers and types as in the original. Fields that are not listed are skipped.
 */
import protobuf from "protobufjs";

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });

const SCHEMA = {
  nested: {
    ModelProto: {
      fields: {
        irVersion: one("int64", 1),
        graph: one("GraphProto", 7),
        opsetImport: many("OperatorSetIdProto", 8),
        metadataProps: many("StringStringEntryProto", 14),
        functions: many("FunctionProto", 25),
      },
    },
    OperatorSetIdProto: { fields: { domain: one("string", 1), version: one("int64", 2) } },
    FunctionProto: {
      fields: {
        name: one("string", 1),
        input: many("string", 4),
        output: many("string", 5),
        attribute: many("string", 6),
        node: many("NodeProto", 7),
        opsetImport: many("OperatorSetIdProto", 9),
        domain: one("string", 10),
        attributeProto: many("AttributeProto", 11),
        overload: one("string", 13),
      },
    },
    GraphProto: {
      fields: {
        node: many("NodeProto", 1),
        name: one("string", 2),
        initializer: many("TensorProto", 5),
        input: many("ValueInfoProto", 11),
        output: many("ValueInfoProto", 12),
        sparseInitializer: many("SparseTensorProto", 15),
      },
    },
    NodeProto: {
      fields: {
        input: many("string", 1),
        output: many("string", 2),
        name: one("string", 3),
        opType: one("string", 4),
        attribute: many("AttributeProto", 5),
        domain: one("string", 7),
        overload: one("string", 8),
      },
    },
    AttributeProto: {
      fields: {
        name: one("string", 1),
        f: one("float", 2),
        i: one("int64", 3),
        s: one("bytes", 4),
        t: one("TensorProto", 5),
        g: one("GraphProto", 6),
        floats: many("float", 7),
        ints: many("int64", 8),
        strings: many("bytes", 9),
        tensors: many("TensorProto", 10),
        graphs: many("GraphProto", 11),
        type: one("int32", 20),
        refAttrName: one("string", 21),
      },
    },
    TensorProto: {
      fields: {
        dims: many("int64", 1),
        dataType: one("int32", 2),
        segment: one("Segment", 3),
        floatData: many("float", 4),
        int32Data: many("int32", 5),
        stringData: many("bytes", 6),
        int64Data: many("int64", 7),
        name: one("string", 8),
        rawData: one("bytes", 9),
        doubleData: many("double", 10),
        uint64Data: many("uint64", 11),
        externalData: many("StringStringEntryProto", 13),
        dataLocation: one("int32", 14),
      },
    },
    Segment: { fields: { begin: one("int64", 1), end: one("int64", 2) } },
    SparseTensorProto: { fields: { dims: many("int64", 3) } },
    ValueInfoProto: { fields: { name: one("string", 1), type: one("TypeProto", 2) } },
    TypeProto: { fields: { tensorType: one("TensorType", 1), denotation: one("string", 6) } },
    TensorType: { fields: { elemType: one("int32", 1), shape: one("TensorShapeProto", 2) } },
    TensorShapeProto: { fields: { dim: many("Dimension", 1) } },
    Dimension: { fields: { dimValue: one("int64", 1), dimParam: one("string", 2) } },
    StringStringEntryProto: { fields: { key: one("string", 1), value: one("string", 2) } },
  },
};

/** A 64-bit integer as protobufjs hands it out. */
export type Long = { readonly low: number; readonly high: number } | number;

/** A message: fields that the file does not set are absent; repeated ones may be empty or absent. */
export interface TensorProto {
  readonly dims?: readonly Long[];
  readonly dataType?: number;
  readonly segment?: object;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: readonly Long[];
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly doubleData?: readonly number[];
  readonly uint64Data?: readonly Long[];
  readonly externalData?: readonly StringStringEntryProto[];
  readonly dataLocation?: number;
}
export interface StringStringEntryProto {
  readonly key?: string;
  readonly value?: string;
}
export interface AttributeProto {
  readonly name?: string;
  readonly f?: number;
  readonly i?: Long;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly Long[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
  readonly type?: number;
  readonly refAttrName?: string;
}
export interface NodeProto {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly attribute?: readonly AttributeProto[];
  readonly domain?: string;
  readonly overload?: string;
}
export interface DimensionProto {
  readonly dimValue?: Long;
  readonly dimParam?: string;
}
export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType?: number;
      readonly shape?: { readonly dim?: readonly DimensionProto[] };
    };
  };
}
export interface GraphProto {
  readonly node?: readonly NodeProto[];
  readonly name?: string;
  readonly initializer?: readonly TensorProto[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
  readonly sparseInitializer?: readonly object[];
}
export interface OperatorSetIdProto {
  readonly domain?: string;
  readonly version?: Long;
}
export interface FunctionProto {
  readonly name?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly string[];
  readonly node?: readonly NodeProto[];
  readonly opsetImport?: readonly OperatorSetIdProto[];
  readonly domain?: string;
  readonly attributeProto?: readonly AttributeProto[];
  readonly overload?: string;
}
export interface ModelProto {
  readonly irVersion?: Long;
  readonly graph?: GraphProto;
  readonly opsetImport?: readonly OperatorSetIdProto[];
  readonly metadataProps?: readonly StringStringEntryProto[];
  readonly functions?: readonly FunctionProto[];
}

// ONNX is proto2: a field set to 0 is not an absent one.
const types = Object.entries(SCHEMA.nested).map(([name, type]) => [name, { edition: "proto2", ...type }]);
const root = protobuf.Root.fromJSON({ nested: Object.fromEntries(types) });
const modelType = root.lookupType("ModelProto");
const tensorType = root.lookupType("TensorProto");

/** The bytes of a model: what tests write. */
export function encodeModelProto(model: ModelProto): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/** The message in `bytes`. Throws protobufjs's errors; unknown fields are skipped. */
export function decodeModelProto(bytes: Uint8Array): ModelProto {
  return own(modelType.decode(bytes)) as ModelProto;
}

/** A single tensor, as test data have it. Throws protobufjs's errors. */
export function decodeTensorProto(bytes: Uint8Array): TensorProto {
  return own(tensorType.decode(bytes)) as TensorProto;
}

/**
 * protobufjs answers for an absent field with a default from the prototype; a copy of the message's own fields, made
 * recursively, answers undefined.
 */
function own(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.length > 0 && typeof value[0] === "object" && isMessage(value[0]) ? value.map(own) : value;
  }
  if (!isMessage(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, own(field)]));
}

function isMessage(value: unknown): value is object {
  return value instanceof protobuf.Message || (typeof value === "object" && value !== null && "$type" in value);
}

/** A 64-bit field, exact; `unsigned` for uint64. */
export function longToBigInt(long: Long, unsigned = false): bigint {
  if (typeof long === "number") return BigInt(long);
  const bits = (BigInt(long.high >>> 0) << 32n) | BigInt(long.low >>> 0);
  return unsigned ? bits : BigInt.asIntN(64, bits);
}
