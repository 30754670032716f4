/**
 * Constant tensors of an ONNX file as tensors of the vm: raw, typed or external data, checked against type and shape
 * before anything is allocated.
 */
import {
  byteLength,
  DType,
  float32,
  isDType,
  LEAST_STORED_BYTES,
  MAX_COUNT,
  MAX_RANK,
  nameOf,
  piecesOf,
  StoredTensor,
  tensorOfWords,
  wordsOf,
  type ByteStore,
  type Tensor,
} from "@assay/vm";
import { check, GraphError, type Place } from "../errors.ts";
import { longToBigInt, type StringStringEntryProto, type TensorProto } from "./schema.ts";

/** ONNX's code for float64, which no program has: it is computed in float32, and constants of it must be exact in that. */
export const FLOAT64 = 11;
/** What the report says of it, and of which inputs, outputs and nodes. */
export const FLOAT64_REMARK = "float64 is computed in float32";

/** The code of the type in which elements of a type are held. */
export function heldType(code: number): number {
  return code === FLOAT64 ? DType.FLOAT32 : code;
}

/** ONNX's code for strings, which are taken as indices into a table. */
export const STRING = 8;

/** Gives a file beside the model, its bytes or a store of them: `path` is relative, inside the model's folder. */
export type ExternalData = (path: string) => Uint8Array | ByteStore;

/**
 * The tensor that `proto` describes; NaN is allowed in test data only. Throws `GraphError` (BAD_TENSOR, NAN_WEIGHT,
 * EXTERNAL_DATA, TOO_LARGE …).
 */
export function readTensor(proto: TensorProto, place: Place, external?: ExternalData, allowNaN = false): Tensor {
  const { shape, count } = readShape(proto, place);
  const code = proto.dataType ?? 0;
  if (code === FLOAT64) return readFloat64(proto, shape, count, place, external);
  check(isDType(code), "TYPE_MISMATCH", `a constant has element type ${code}, which is not supported`, place);
  const raw = rawBytes(proto, place, external);
  const length = byteLength(code, count);
  const sized = (given: number, wanted: number, unit: string) =>
    check(given === wanted, "BAD_TENSOR", `${nameOf(code)}[${shape.join(", ")}] with ${given} ${unit}`, place);
  let tensor: Tensor;
  if (raw === undefined) {
    tensor = { dtype: code, shape, data: typedBytes(proto, code, count, length, sized) };
  } else {
    sized(raw.length, length, "bytes");
    // Left in the file, or a view of it: weights are most of a model, and are not held twice.
    tensor = raw instanceof Uint8Array ? { dtype: code, shape, data: raw } : new StoredTensor(code, shape, raw);
  }
  if (!allowNaN) checkNotNaN(tensor, place);
  return tensor;
}

/** The elements of a tensor of floats: of float32, or of float64 as they are, NaN included. Throws `GraphError`. */
export function readNumbers(proto: TensorProto, place: Place, external?: ExternalData): number[] {
  if (proto.dataType === FLOAT64) {
    const { shape, count } = readShape(proto, place);
    return [...float64Values(proto, shape, count, place, external)];
  }
  const tensor = readTensor(proto, place, external, true);
  check(
    tensor.dtype === DType.FLOAT32,
    "TYPE_MISMATCH",
    `a tensor of type ${tensor.dtype} does not hold floats`,
    place,
  );
  return wordsOf(tensor).map((word) => float32.toNumber(Number(word)));
}

/** A tensor of strings: int64 indices into a table of distinct strings. Throws `GraphError`. */
export function readStrings(proto: TensorProto, place: Place): { tensor: Tensor; strings: readonly string[] } {
  const shape = readDims(proto, place);
  const given = (proto.stringData ?? []).map((bytes) => new TextDecoder().decode(bytes));
  const count = shape.reduce((product, size) => product * size, 1);
  check(given.length === count, "BAD_TENSOR", `string[${shape.join(", ")}] with ${given.length} strings`, place);
  const places = new Map<string, number>();
  const indices = given.map((text) => {
    const index = places.get(text) ?? places.size;
    places.set(text, index);
    return BigInt(index);
  });
  return { tensor: tensorOfWords(DType.INT64, shape, indices), strings: [...places.keys()] };
}

function readShape(proto: TensorProto, place: Place): { shape: number[]; count: number } {
  const shape = readDims(proto, place);
  const count = shape.reduce((product, size) => product * size, 1);
  check(count <= MAX_COUNT, "TOO_LARGE", `a constant of [${shape.join(", ")}] has too many elements`, place);
  check(!proto.segment, "UNSUPPORTED", "segmented tensors are not supported", place);
  return { shape, count };
}

function readDims(proto: TensorProto, place: Place): number[] {
  const dims = (proto.dims ?? []).map((dim) => longToBigInt(dim));
  check(dims.length <= MAX_RANK, "TOO_LARGE", `a constant of rank ${dims.length}`, place);
  return dims.map((dim) => {
    check(dim >= 0n, "BAD_TENSOR", `a constant has dimension ${dim}`, place);
    check(dim <= BigInt(MAX_COUNT), "TOO_LARGE", `a constant has dimension ${dim}`, place);
    return Number(dim);
  });
}

/** Raw data, as bytes or, where they are many and in a file, as a store. */
function rawBytes(proto: TensorProto, place: Place, external?: ExternalData): Uint8Array | ByteStore | undefined {
  if (proto.dataLocation !== 1) {
    check((proto.externalData ?? []).length === 0, "BAD_TENSOR", "external data without the external location", place);
    const { rawData } = proto;
    return rawData && new Uint8Array(rawData.buffer, rawData.byteOffset, rawData.length);
  }
  check(proto.rawData === undefined, "BAD_TENSOR", "both raw and external data", place);
  return externalBytes(proto.externalData ?? [], place, external);
}

/** The slice of the external file that location, offset and length name. */
function externalBytes(
  entries: readonly StringStringEntryProto[],
  place: Place,
  external?: ExternalData,
): Uint8Array | ByteStore {
  const fields = new Map(entries.map(({ key = "", value = "" }) => [key, value]));
  const location = fields.get("location") ?? "";
  checkLocation(location, place);
  const number = (key: string): number | undefined => {
    const text = fields.get(key);
    if (text === undefined) return undefined;
    check(/^[0-9]{1,15}$/.test(text), "EXTERNAL_DATA", `external data: ${key} is ${JSON.stringify(text)}`, place);
    return Number(text);
  };
  const offset = number("offset") ?? 0;
  const length = number("length");
  check(
    external !== undefined,
    "EXTERNAL_DATA",
    `the data lie in ${JSON.stringify(location)}, which was not given`,
    place,
  );
  const reading = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (error instanceof GraphError) throw error.at(place);
      throw new GraphError("EXTERNAL_DATA", `cannot read ${JSON.stringify(location)}: ${String(error)}`, place, {
        cause: error,
      });
    }
  };
  const file = reading(() => external(location));
  const end = length === undefined ? file.length : offset + length;
  check(offset <= end && end <= file.length, "EXTERNAL_DATA", `bytes ${offset} to ${end} of ${file.length}`, place);
  if (file instanceof Uint8Array) return file.subarray(offset, end);
  const part: ByteStore = {
    length: end - offset,
    read: (at, target) => reading(() => file.read(offset + at, target)),
  };
  if (part.length >= LEAST_STORED_BYTES) return part;
  const bytes = new Uint8Array(part.length);
  part.read(0, bytes);
  return bytes;
}

// INVARIANT: an external path names a file inside the model's folder: relative, no parent steps, no drive, no NUL.
function checkLocation(location: string, place: Place): void {
  const parts = location.split(/[/\\]/);
  const inside =
    location !== "" &&
    parts.every((part) => part !== ".." && part !== "" && !part.includes(":") && !part.includes("\0"));
  check(inside, "EXTERNAL_DATA", `external data path ${JSON.stringify(location)} leaves the model's folder`, place);
}

type Sized = (given: number, wanted: number, unit: string) => void;

/** Data given in the typed fields. Half floats and small integers travel in int32_data, as their patterns. */
function typedBytes(proto: TensorProto, dtype: DType, count: number, length: number, sized: Sized): Uint8Array {
  if (dtype === DType.FLOAT32) {
    const values = proto.floatData ?? [];
    sized(values.length, count, "values");
    const data = new Uint8Array(length);
    const view = new DataView(data.buffer);
    values.forEach((value, i) => view.setFloat32(4 * i, value, true));
    return data;
  }
  if (dtype === DType.INT64 || dtype === DType.UINT64 || dtype === DType.UINT32) {
    const values = (dtype === DType.INT64 ? proto.int64Data : proto.uint64Data) ?? [];
    sized(values.length, count, "values");
    const data = new Uint8Array(length);
    const view = new DataView(data.buffer);
    values.forEach((value, i) => {
      const bits = longToBigInt(value, true);
      if (dtype === DType.UINT32) view.setUint32(4 * i, Number(BigInt.asUintN(32, bits)), true);
      else view.setBigUint64(8 * i, bits, true);
    });
    return data;
  }
  const values = proto.int32Data ?? [];
  const packed = dtype === DType.INT4 || dtype === DType.UINT4;
  sized(values.length, packed ? length : count, "values");
  const width = packed ? 1 : length / Math.max(1, count);
  const data = new Uint8Array(length);
  values.forEach((value, i) => {
    for (let k = 0; k < width; k++) data[i * width + k] = value >>> (8 * k);
  });
  return data;
}

/** A tensor of float64 as one of float32. Throws where an element is not exact in that. */
function readFloat64(
  proto: TensorProto,
  shape: number[],
  count: number,
  place: Place,
  external?: ExternalData,
): Tensor {
  const values = float64Values(proto, shape, count, place, external);
  const data = new Uint8Array(4 * count);
  const view = new DataView(data.buffer);
  values.forEach((value, i) => {
    check(!Number.isNaN(value), "NAN_WEIGHT", `element ${i} is NaN`, place);
    check(Math.fround(value) === value, "TYPE_MISMATCH", `element ${i}, ${value}, is not exact in binary32`, place);
    view.setFloat32(4 * i, value, true);
  });
  return { dtype: DType.FLOAT32, shape, data };
}

function float64Values(
  proto: TensorProto,
  shape: number[],
  count: number,
  place: Place,
  external?: ExternalData,
): readonly number[] | Float64Array {
  const raw = rawBytes(proto, place, external);
  const { doubleData = [] } = proto;
  const given = raw === undefined ? doubleData.length : raw.length / 8;
  check(given === count, "BAD_TENSOR", `float64[${shape.join(", ")}] with ${given} values`, place);
  if (raw === undefined) return doubleData;
  const bytes = raw instanceof Uint8Array ? raw : wholeOf(raw);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
}

function wholeOf(store: ByteStore): Uint8Array {
  const bytes = new Uint8Array(store.length);
  store.read(0, bytes);
  return bytes;
}

/** By type: what the pattern without its sign must exceed to be NaN. */
const INFINITY = new Map<number, number>([
  [DType.FLOAT32, 0x7f800000],
  [DType.FLOAT16, 0x7c00],
  [DType.BFLOAT16, 0x7f80],
]);

/** Throws NAN_WEIGHT where an element is NaN. */
export function checkNotNaN(tensor: Tensor, place: Place): void {
  const infinity = INFINITY.get(tensor.dtype);
  if (infinity === undefined) return;
  const width = tensor.dtype === DType.FLOAT32 ? 4 : 2;
  let done = 0;
  for (const piece of piecesOf(tensor)) {
    const at = firstNaN(piece, width, infinity);
    if (at >= 0) throw new GraphError("NAN_WEIGHT", `element ${done / width + at} is NaN`, place);
    done += piece.length;
  }
}

/** The first element whose pattern is a NaN's, or -1. */
function firstNaN(bytes: Uint8Array, width: 2 | 4, infinity: number): number {
  const magnitude = width === 4 ? 0x7fffffff : 0x7fff;
  const count = bytes.length / width;
  // Weights are little-endian and mostly aligned: then a typed array reads them, where the machine agrees.
  if (LITTLE_ENDIAN && bytes.byteOffset % width === 0) {
    const { buffer, byteOffset } = bytes;
    const patterns =
      width === 4 ? new Uint32Array(buffer, byteOffset, count) : new Uint16Array(buffer, byteOffset, count);
    for (let i = 0; i < count; i++) if ((patterns[i] & magnitude) > infinity) return i;
    return -1;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < count; i++) {
    const bits = width === 4 ? view.getUint32(4 * i, true) : view.getUint16(2 * i, true);
    if ((bits & magnitude) > infinity) return i;
  }
  return -1;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
