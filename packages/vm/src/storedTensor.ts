/**
 * Tensors whose bytes lie in a file until they are asked for: a model's weights are read in pieces to be checked, hashed
 * and copied to where they are used, and never held twice.
 */
import type { DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";
import { PIECE_BYTES } from "./treeRoot.ts";

/** Tensors of fewer bytes are not worth leaving in a file. */
export const LEAST_STORED_BYTES = 1 << 16;

/** Bytes that can be read from any place. */
export interface ByteStore {
  /** Bytes in all. */
  readonly length: number;
  /** Fills `target` with the bytes from `offset` on. */
  read(offset: number, target: Uint8Array): void;
}

/** A tensor over a store. Whoever asks for `data` has all of it in memory from then on. */
export class StoredTensor implements Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly store: ByteStore;
  #data: Uint8Array | undefined;

  /** The store's length must be that of the type and shape. */
  constructor(dtype: DType, shape: readonly number[], store: ByteStore) {
    this.dtype = dtype;
    this.shape = shape;
    this.store = store;
  }

  get data(): Uint8Array {
    if (this.#data === undefined) {
      this.#data = new Uint8Array(this.store.length);
      this.store.read(0, this.#data);
    }
    return this.#data;
  }
}

/** The same elements under other dimensions of the same count. */
export function withDimensions(tensor: Tensor, shape: readonly number[]): Tensor {
  return tensor instanceof StoredTensor
    ? new StoredTensor(tensor.dtype, shape, tensor.store)
    : { dtype: tensor.dtype, shape, data: tensor.data };
}

/** What two tensors have in common that are views of the same bytes. */
export function bytesIdentity(tensor: Tensor): object {
  return tensor instanceof StoredTensor ? tensor.store : tensor.data;
}

/** Bytes that the tensor holds; zeros at its end may be missing. */
export function heldBytes(tensor: Tensor): number {
  return tensor instanceof StoredTensor ? tensor.store.length : tensor.data.length;
}

/** Fills `target` with the tensor's bytes from `offset` on; zeros where it holds none. */
export function readBytes(tensor: Tensor, offset: number, target: Uint8Array): void {
  const length = Math.max(0, Math.min(target.length, heldBytes(tensor) - offset));
  if (tensor instanceof StoredTensor) tensor.store.read(offset, target.subarray(0, length));
  else target.set(tensor.data.subarray(offset, offset + length));
  target.fill(0, length);
}

/** What carried the last tensor's pieces and may carry the next one's, unless it is lent. */
let spare: Uint8Array | undefined;

/**
 * The bytes that the tensor holds, cut every `PIECE_BYTES`. A piece may be a view of the tensor, and is valid only until
 * the next is asked for.
 */
export function* piecesOf(tensor: Tensor): Generator<Uint8Array> {
  const length = heldBytes(tensor);
  if (!(tensor instanceof StoredTensor)) {
    for (let at = 0; at < length; at += PIECE_BYTES) yield tensor.data.subarray(at, at + PIECE_BYTES);
    return;
  }
  // A buffer for each tensor would leave as many megabytes to the collector as there are tensors.
  const buffer = spare ?? new Uint8Array(PIECE_BYTES);
  spare = undefined;
  try {
    for (let at = 0; at < length; at += PIECE_BYTES) {
      const piece = buffer.subarray(0, Math.min(PIECE_BYTES, length - at));
      tensor.store.read(at, piece);
      yield piece;
    }
  } finally {
    spare = buffer;
  }
}
