/**
 * A tensor's elements as kernels read and write them: floats as numbers (16-bit types widened), integers as numbers,
 * 64-bit integers as bigints, 4-bit ones a byte each. The tensor's bytes are made from it once, when it is complete.
 */
import { DType, bitsOf, byteLength } from "@assay/vm";
import * as float32 from "@assay/vm/float32";

export type Store =
  | Float32Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An all-zero store of `count` elements. */
export function allocate(dtype: DType, count: number): Store {
  switch (dtype) {
    case DType.FLOAT32:
    case DType.FLOAT16:
    case DType.BFLOAT16:
      return new Float32Array(count);
    case DType.INT8:
    case DType.INT4:
      return new Int8Array(count);
    case DType.UINT16:
      return new Uint16Array(count);
    case DType.INT16:
      return new Int16Array(count);
    case DType.INT32:
      return new Int32Array(count);
    case DType.UINT32:
      return new Uint32Array(count);
    case DType.INT64:
      return new BigInt64Array(count);
    case DType.UINT64:
      return new BigUint64Array(count);
    default:
      return new Uint8Array(count);
  }
}

/** The elements of a tensor's bytes. */
export function decode(dtype: DType, bytes: Uint8Array, count: number): Store {
  const store = allocate(dtype, count);
  const size = byteLength(dtype, count);
  if (dtype === DType.FLOAT16 || dtype === DType.BFLOAT16) {
    const patterns = new Uint16Array(bytes.slice(0, size).buffer);
    const widen = dtype === DType.FLOAT16 ? float32.fromHalf : float32.fromBfloat16;
    for (let i = 0; i < count; i++) store[i] = float32.toNumber(widen(patterns[i]));
  } else if (bitsOf(dtype) === 4) {
    for (let i = 0; i < count; i++) {
      const nibble = (bytes[i >> 1] >> (4 * (i & 1))) & 15;
      store[i] = dtype === DType.INT4 ? (nibble << 28) >> 28 : nibble;
    }
  } else {
    new Uint8Array(store.buffer).set(bytes.subarray(0, size));
    if (dtype === DType.BOOL) for (let i = 0; i < count; i++) store[i] = store[i] ? 1 : 0;
  }
  return store;
}

/** The canonical bytes of a store. */
export function encode(dtype: DType, store: Store): Uint8Array {
  const count = store.length;
  if (dtype === DType.FLOAT32) {
    const patterns = new Uint32Array(store.buffer, store.byteOffset, count);
    for (let i = 0; i < count; i++) if (store[i] !== store[i]) patterns[i] = float32.NAN;
  } else if (dtype === DType.FLOAT16 || dtype === DType.BFLOAT16) {
    const narrow = dtype === DType.FLOAT16 ? float32.toHalf : float32.toBfloat16;
    return new Uint8Array(Uint16Array.from(store as Float32Array, (x) => narrow(float32.fromNumber(x))).buffer);
  } else if (bitsOf(dtype) === 4) {
    const bytes = new Uint8Array(byteLength(dtype, count));
    for (let i = 0; i < count; i++) bytes[i >> 1] |= (Number(store[i]) & 15) << (4 * (i & 1));
    return bytes;
  }
  return new Uint8Array(store.buffer, store.byteOffset, store.byteLength);
}
