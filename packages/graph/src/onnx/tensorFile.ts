/**
 * Tensors in files of their own: ONNX's TensorProto (.pb), numpy's .npy, or nested numbers as JSON. The ending of the name
 * says which.
 */
import type { BoundValue, NestedNumbers } from "../bind.ts";
import { check, GraphError, type Place } from "../errors.ts";
import { decodeTensorProto } from "./schema.ts";
import { readTensor } from "./tensor.ts";

/** The tensor that a file holds. Throws `GraphError` (BAD_TENSOR …) with the file's name. */
export function readTensorFile(name: string, bytes: Uint8Array): BoundValue {
  const place = { node: `file ${JSON.stringify(name)}` };
  if (name.endsWith(".npy")) return readNpy(bytes, place);
  if (name.endsWith(".json")) return { numbers: readJson(bytes, place) };
  check(name.endsWith(".pb"), "BAD_TENSOR", "neither .pb, .npy nor .json", place);
  try {
    return readTensor(decodeTensorProto(bytes), place);
  } catch (error) {
    if (error instanceof GraphError) throw error;
    throw new GraphError("BAD_TENSOR", `not a TensorProto: ${String(error)}`, place, { cause: error });
  }
}

function readJson(bytes: Uint8Array, place: Place): NestedNumbers {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as NestedNumbers;
  } catch (error) {
    throw new GraphError("BAD_TENSOR", `not JSON: ${String(error)}`, place, { cause: error });
  }
}

/** ONNX's codes of numpy's little-endian types. */
const NPY_TYPES: Readonly<Record<string, number>> = {
  "|b1": 9,
  "|u1": 2,
  "|i1": 3,
  "<u2": 4,
  "<i2": 5,
  "<i4": 6,
  "<i8": 7,
  "<f2": 10,
  "<f4": 1,
  "<f8": 11,
  "<u4": 12,
  "<u8": 13,
};

/** numpy's format: magic, version, length of the header, the header as a Python literal, the data row-major. */
function readNpy(bytes: Uint8Array, place: Place): BoundValue {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  check(bytes.length >= 12 && magic.every((byte, i) => bytes[i] === byte), "BAD_TENSOR", "not a .npy file", place);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const old = bytes[6] === 1;
  const start = old ? 10 : 12;
  const end = start + (old ? view.getUint16(8, true) : view.getUint32(8, true));
  check(end <= bytes.length, "BAD_TENSOR", "the header is cut off", place);
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? "";
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  check(
    shape !== undefined && Object.hasOwn(NPY_TYPES, type),
    "BAD_TENSOR",
    `numpy type ${JSON.stringify(type)}`,
    place,
  );
  check(/'fortran_order':\s*False/.test(header), "BAD_TENSOR", "column-major data", place);
  const dims = shape.split(",").filter((size) => size.trim() !== "");
  return readTensor({ dims: dims.map(Number), dataType: NPY_TYPES[type], rawData: bytes.subarray(end) }, place);
}
