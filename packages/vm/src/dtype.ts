/**
 * Element types, and how an element becomes a word of the scalar machine. A type is its ONNX `TensorProto.DataType`
 * code; an element lies little-endian in its tensor's bytes, 4-bit types two to a byte, the even element in the low
 * nibble.
 */
import { canonical, fromBfloat16, fromHalf, toBfloat16, toHalf } from "./float32.ts";
import { high32, low32, wordFromHalves, type Word } from "./word.ts";

/** The known element types, by their ONNX codes. */
export const DType = {
  FLOAT32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BOOL: 9,
  FLOAT16: 10,
  UINT32: 12,
  UINT64: 13,
  BFLOAT16: 16,
  UINT4: 21,
  INT4: 22,
} as const;
export type DType = (typeof DType)[keyof typeof DType];

const NAMES = new Map<number, string>(Object.entries(DType).map(([name, code]) => [code, name.toLowerCase()]));

// Bits by code; 0 for a code that is not a type.
const BITS = new Uint8Array(256);
for (const code of Object.values(DType)) BITS[code] = 32;
for (const code of [DType.UINT8, DType.INT8, DType.BOOL]) BITS[code] = 8;
for (const code of [DType.UINT16, DType.INT16, DType.FLOAT16, DType.BFLOAT16]) BITS[code] = 16;
for (const code of [DType.INT64, DType.UINT64]) BITS[code] = 64;
for (const code of [DType.UINT4, DType.INT4]) BITS[code] = 4;

/** Whether `code` is a known element type. */
export function isDType(code: number): code is DType {
  return BITS[code] > 0;
}

/** Bits of one element. */
export function bitsOf(dtype: DType): number {
  return BITS[dtype];
}

/** The type's name in lower case, `float32` for instance; the number itself where the code is not a type. */
export function nameOf(code: number): string {
  return NAMES.get(code) ?? String(code);
}

/** Bytes that `count` elements take: the last byte of a 4-bit tensor may be half used. */
export function byteLength(dtype: DType, count: number): number {
  return Math.ceil((count * BITS[dtype]) / 8);
}

/**
 * The word of element `index`: integers extended to 64 bits, floats as the pattern of a binary32 with its one NaN, a
 * boolean 0 or 1.
 * Bytes beyond the end of `bytes` read as 0.
 */
export function loadWord(dtype: DType, bytes: Uint8Array, index: number): Word {
  switch (dtype) {
    case DType.FLOAT32:
      return canonical(read32(bytes, index * 4));
    case DType.UINT8:
      return bytes[index] | 0;
    case DType.INT8:
      return (bytes[index] << 24) >> 24;
    case DType.UINT16:
      return read16(bytes, index * 2);
    case DType.INT16:
      return (read16(bytes, index * 2) << 16) >> 16;
    case DType.INT32:
      return read32(bytes, index * 4) | 0;
    case DType.UINT32:
      return read32(bytes, index * 4);
    case DType.INT64:
    case DType.UINT64:
      return wordFromHalves(read32(bytes, index * 8 + 4), read32(bytes, index * 8));
    case DType.BOOL:
      return bytes[index] ? 1 : 0;
    case DType.FLOAT16:
      return fromHalf(read16(bytes, index * 2));
    case DType.BFLOAT16:
      return fromBfloat16(read16(bytes, index * 2));
    case DType.UINT4:
      return readNibble(bytes, index);
    case DType.INT4:
      return (readNibble(bytes, index) << 28) >> 28;
  }
}

/** Stores `word` as element `index`, in canonical form; the neighbours of a 4-bit element are kept. */
export function storeWord(dtype: DType, word: Word, bytes: Uint8Array, index: number): void {
  const low = low32(word);
  switch (dtype) {
    case DType.FLOAT32:
      return write(bytes, index * 4, 4, canonical(low));
    case DType.UINT8:
    case DType.INT8:
      return write(bytes, index, 1, low);
    case DType.UINT16:
    case DType.INT16:
      return write(bytes, index * 2, 2, low);
    case DType.INT32:
    case DType.UINT32:
      return write(bytes, index * 4, 4, low);
    case DType.INT64:
    case DType.UINT64:
      write(bytes, index * 8, 4, low);
      return write(bytes, index * 8 + 4, 4, high32(word));
    case DType.BOOL:
      return write(bytes, index, 1, word === 0 ? 0 : 1);
    case DType.FLOAT16:
      return write(bytes, index * 2, 2, toHalf(low));
    case DType.BFLOAT16:
      return write(bytes, index * 2, 2, toBfloat16(low));
    case DType.UINT4:
    case DType.INT4: {
      const shift = (index % 2) * 4;
      const place = Math.floor(index / 2);
      bytes[place] = (bytes[place] & (0xf0 >> shift)) | ((low & 15) << shift);
    }
  }
}

/** The word that `word` becomes when it is stored as `dtype` and loaded again. */
export function roundTrip(dtype: DType, word: Word): Word {
  storeWord(dtype, word, scratch, 0);
  return loadWord(dtype, scratch, 0);
}
const scratch = new Uint8Array(8);

function read16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

function read32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

function readNibble(bytes: Uint8Array, index: number): number {
  return (bytes[Math.floor(index / 2)] >> ((index % 2) * 4)) & 15;
}

function write(bytes: Uint8Array, at: number, length: number, value: number): void {
  for (let i = 0; i < length; i++) bytes[at + i] = value >>> (8 * i);
}
