/**
 * Tensors as the memory holds them: floats with the one NaN, booleans 0 or 1, zeros at the end written out. What comes from
 * outside is made so when it is copied in, once; what kernels write already is.
 */
import { byteLength, countOf, DType, loadWord, readBytes, type Tensor } from "@assay/vm";
import { BFLOAT16_NAN, NAN } from "@assay/vm/float32";

/** Makes the NaNs among the floats from an address to an end the one NaN. */
export type CanonicalFloats = (at: number, end: number) => void;

/** Bytes that are copied in at once: they are in the cache when they are made canonical. */
const PIECE = 1 << 15;

/**
 * Writes a tensor's elements at `at`, which is aligned to 4.
 *
 * @param floats What is faster than JavaScript at floats, where it is there.
 */
export function writeCanonical(memory: Uint8Array, at: number, tensor: Tensor, floats?: CanonicalFloats): void {
  writeCanonicalPart(memory, at, tensor, 0, byteLength(tensor.dtype, countOf(tensor.shape)), floats);
}

/** Writes `length` of a tensor's bytes, from `offset` on and of whole elements, at `at`; as `writeCanonical` otherwise. */
export function writeCanonicalPart(
  memory: Uint8Array,
  at: number,
  tensor: Tensor,
  offset: number,
  length: number,
  floats?: CanonicalFloats,
): void {
  const { dtype } = tensor;
  if (dtype === DType.FLOAT32 && floats !== undefined) {
    for (let from = 0; from < length; from += PIECE) {
      const to = Math.min(from + PIECE, length);
      readBytes(tensor, offset + from, memory.subarray(at + from, at + to));
      floats(at + from, at + to);
    }
    return;
  }
  // Weights that lie in a file are read straight to where they are used, and held once.
  readBytes(tensor, offset, memory.subarray(at, at + length));
  const { buffer } = memory;
  if (dtype === DType.FLOAT32) {
    const patterns = new Uint32Array(buffer, at, length / 4);
    const values = new Float32Array(buffer, at, length / 4);
    for (let i = 0; i < values.length; i++) if (values[i] !== values[i]) patterns[i] = NAN;
  } else if (dtype === DType.BFLOAT16) {
    const patterns = new Uint16Array(buffer, at, length / 2);
    for (let i = 0; i < patterns.length; i++) if ((patterns[i] & 0x7fff) > 0x7f80) patterns[i] = BFLOAT16_NAN;
  } else if (dtype === DType.BOOL) {
    for (let i = at; i < at + length; i++) if (memory[i] > 1) memory[i] = 1;
  }
}

/** Floats of two bytes by their patterns, as patterns of four; made when the first are asked for. */
const widened = new Map<DType, Uint32Array>();

function widenedOf(dtype: DType): Uint32Array {
  const known = widened.get(dtype);
  if (known !== undefined) return known;
  const all = new Uint8Array(Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).buffer);
  const table = Uint32Array.from({ length: 2 ** 16 }, (_, i) => Number(loadWord(dtype, all, i)));
  widened.set(dtype, table);
  return table;
}

/** Writes `count` of a float tensor's elements, from `first` on, as binary32 at `at`, which is aligned to 4. */
export function writeAsFloats(memory: Uint8Array, at: number, tensor: Tensor, first: number, count: number): void {
  if (tensor.dtype === DType.FLOAT32) return writeCanonicalPart(memory, at, tensor, 4 * first, 4 * count);
  const table = widenedOf(tensor.dtype);
  const floats = new Uint32Array(memory.buffer, at, count);
  for (let from = 0; from < count; from += PIECE) {
    const patterns = new Uint16Array(Math.min(PIECE, count - from));
    readBytes(tensor, 2 * (first + from), new Uint8Array(patterns.buffer));
    for (let i = 0; i < patterns.length; i++) floats[from + i] = table[patterns[i]];
  }
}
