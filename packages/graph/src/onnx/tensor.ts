/**
 * Constant tensors of an ONNX file as tensors of the vm: raw, typed or external data, checked against type and shape
 * before anything is allocated.
 */
import { byteLength, DType, isDType, MAX_COUNT, MAX_RANK, nameOf, type Tensor } from "@assay/vm";
import { check, GraphError, type Place } from "../errors.ts";
import { longToBigInt, type StringStringEntryProto, type TensorProto } from "./schema.ts";

/** ONNX's code for float64, which is taken where every value is exact in binary32. */
export const FLOAT64 = 11;

/** Gives the bytes of a file beside the model: `path` is relative, inside the model's folder. */
export type ExternalData = (path: string) => Uint8Array;

/**
 * The tensor that `proto` describes; NaN is allowed in test data only. Throws `GraphError` (BAD_TENSOR, NAN_WEIGHT,
 * EXTERNAL_DATA, TOO_LARGE …).
 */
export function readTensor(proto: TensorProto, place: Place, external?: ExternalData, allowNaN = false): Tensor {
  const shape = readDims(proto, place);
  const count = shape.reduce((product, size) => product * size, 1);
  check(count <= MAX_COUNT, "TOO_LARGE", `a constant of [${shape.join(", ")}] has too many elements`, place);
  check(!proto.segment, "UNSUPPORTED", "segmented tensors are not supported", place);
  const code = proto.dataType ?? 0;
  if (code === FLOAT64) return readFloat64(proto, shape, count, place, external);
  check(isDType(code), "TYPE_MISMATCH", `a constant has element type ${code}, which is not supported`, place);
  const raw = rawBytes(proto, place, external);
  const length = byteLength(code, count);
  const sized = (given: number, wanted: number, unit: string) =>
    check(given === wanted, "BAD_TENSOR", `${nameOf(code)}[${shape.join(", ")}] with ${given} ${unit}`, place);
  let data: Uint8Array;
  if (raw !== undefined) {
    sized(raw.length, length, "bytes");
    // A view of the file, not a copy: weights are most of a model.
    data = new Uint8Array(raw.buffer, raw.byteOffset, raw.length);
  } else {
    data = typedBytes(proto, code, count, length, sized);
  }
  if (!allowNaN) checkNotNaN(code, data, place);
  return { dtype: code, shape, data };
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

function rawBytes(proto: TensorProto, place: Place, external?: ExternalData): Uint8Array | undefined {
  if (proto.dataLocation !== 1) {
    check((proto.externalData ?? []).length === 0, "BAD_TENSOR", "external data without the external location", place);
    return proto.rawData;
  }
  check(proto.rawData === undefined, "BAD_TENSOR", "both raw and external data", place);
  return externalBytes(proto.externalData ?? [], place, external);
}

/** The slice of the external file that location, offset and length name. */
function externalBytes(entries: readonly StringStringEntryProto[], place: Place, external?: ExternalData): Uint8Array {
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
  let file: Uint8Array;
  try {
    file = external(location);
  } catch (error) {
    if (error instanceof GraphError) throw error.at(place);
    throw new GraphError("EXTERNAL_DATA", `cannot read ${JSON.stringify(location)}: ${String(error)}`, place, error);
  }
  const end = length === undefined ? file.length : offset + length;
  check(offset <= end && end <= file.length, "EXTERNAL_DATA", `bytes ${offset} to ${end} of ${file.length}`, place);
  return file.subarray(offset, end);
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

function readFloat64(
  proto: TensorProto,
  shape: number[],
  count: number,
  place: Place,
  external?: ExternalData,
): Tensor {
  const raw = rawBytes(proto, place, external);
  const given = raw === undefined ? (proto.doubleData ?? []).length : raw.length / 8;
  check(given === count, "BAD_TENSOR", `float64[${shape.join(", ")}] with ${given} values`, place);
  const source = raw === undefined ? undefined : new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = new Uint8Array(4 * count);
  const view = new DataView(data.buffer);
  for (let i = 0; i < count; i++) {
    const value = source === undefined ? proto.doubleData![i] : source.getFloat64(8 * i, true);
    check(!Number.isNaN(value), "NAN_WEIGHT", `element ${i} is NaN`, place);
    check(Math.fround(value) === value, "TYPE_MISMATCH", `element ${i}, ${value}, is not exact in binary32`, place);
    view.setFloat32(4 * i, value, true);
  }
  return { dtype: DType.FLOAT32, shape, data };
}

/** By type: bits of an element, those of its exponent and of its fraction. */
const FLOAT_FIELDS = new Map<number, readonly [bytes: number, exponent: number, fraction: number]>([
  [DType.FLOAT32, [4, 0x7f800000, 0x007fffff]],
  [DType.FLOAT16, [2, 0x7c00, 0x03ff]],
  [DType.BFLOAT16, [2, 0x7f80, 0x007f]],
]);

function checkNotNaN(dtype: DType, data: Uint8Array, place: Place): void {
  const fields = FLOAT_FIELDS.get(dtype);
  if (fields === undefined) return;
  const [width, exponent, fraction] = fields;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length; at += width) {
    const bits = width === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
    if ((bits & exponent) === exponent && (bits & fraction) !== 0) {
      throw new GraphError("NAN_WEIGHT", `element ${at / width} is NaN`, place);
    }
  }
}
