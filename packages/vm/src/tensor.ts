/**
 * Tensors, and what a trace commits to of each: a description of 25 bytes and the root of the tree over its bytes. A
 * tensor is its type, its dimensions and its bytes, row-major and little-endian.
 */
import { ByteReader, ByteWriter, concat } from "./bytes.ts";
import { bitsOf, byteLength, isDType, loadWord, nameOf, storeWord, type DType } from "./dtype.ts";
import type { Hash } from "./hash.ts";
import { piecesOf, readBytes } from "./storedTensor.ts";
import { LEAF_BYTES, tensorTree, type HashTree } from "./tree.ts";
import { plainHasher, rootOfPieces, type TensorHasher } from "./treeRoot.ts";
import type { Word } from "./word.ts";

/** Elements of one type. `data` may end early: what is missing is zeros, so that a tensor of zeros costs nothing. */
export interface Tensor {
  readonly dtype: DType;
  /** Dimensions, outermost first; none for a scalar. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** What a commitment says of a tensor beside its root. */
export interface Description {
  /** Element type code; of a liar's description, perhaps no known one. */
  readonly dtype: number;
  /** Elements. */
  readonly count: number;
  /** First dimension, 1 for rank 0; 0 for inputs and parameters. */
  readonly rows: number;
  /** First node of the row group; 0 for inputs and parameters. */
  readonly groupStart: number;
  /** First node after the row group; 0 for inputs and parameters. */
  readonly groupEnd: number;
}

/** Bytes of an encoded description. */
export const DESCRIPTION_BYTES = 25;

/** Data whose length contradicts type and shape. */
export class TensorError extends Error {
  constructor(dtype: DType, shape: readonly number[], length: number) {
    super(`${length} bytes are no ${nameOf(dtype)}[${shape.join(", ")}]`);
  }
}

/** A tensor over `data`, zeros if none is given. Throws `TensorError` where the length is wrong. */
export function makeTensor(dtype: DType, shape: readonly number[], data?: Uint8Array): Tensor {
  const length = byteLength(dtype, countOf(shape));
  if (data !== undefined && data.length !== length) throw new TensorError(dtype, shape, data.length);
  return { dtype, shape, data: data ?? new Uint8Array(length) };
}

/** A tensor of the words, each stored in the type's canonical form. */
export function tensorOfWords(dtype: DType, shape: readonly number[], words: readonly Word[]): Tensor {
  const tensor = makeTensor(dtype, shape);
  if (words.length !== countOf(shape)) throw new TensorError(dtype, shape, byteLength(dtype, words.length));
  words.forEach((word, i) => storeWord(dtype, word, tensor.data, i));
  return tensor;
}

/** Elements in a shape. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** All elements as words. */
export function wordsOf(tensor: Tensor): Word[] {
  return Array.from({ length: countOf(tensor.shape) }, (_, i) => loadWord(tensor.dtype, tensor.data, i));
}

/** The tensor's bytes in full, zeros at the end included. */
export function denseBytes(tensor: Tensor): Uint8Array {
  const length = byteLength(tensor.dtype, countOf(tensor.shape));
  if (tensor.data.length >= length) return tensor.data;
  const dense = new Uint8Array(length);
  dense.set(tensor.data);
  return dense;
}

/** Leaf `index` of the tensor, zero-padded to 128 bytes. */
export function leafOf(tensor: Tensor, index: number): Uint8Array {
  const leaf = new Uint8Array(LEAF_BYTES);
  readBytes(tensor, index * LEAF_BYTES, leaf);
  return leaf;
}

/** Elements of one leaf. */
export function elementsPerLeaf(dtype: DType): number {
  return (LEAF_BYTES * 8) / bitsOf(dtype);
}

/** The tree over a tensor's bytes. */
export function treeOf(tensor: Tensor): HashTree {
  return tensorTree(tensor.data, byteLength(tensor.dtype, countOf(tensor.shape)));
}

/** The description of an input or a parameter. */
export function describeTensor(tensor: Tensor): Description {
  return { dtype: tensor.dtype, count: countOf(tensor.shape), rows: 0, groupStart: 0, groupEnd: 0 };
}

/** dtype u8 ‖ count u64 ‖ rows u64 ‖ groupStart u32 ‖ groupEnd u32. */
export function encodeDescription(description: Description): Uint8Array {
  const { dtype, count, rows, groupStart, groupEnd } = description;
  return new ByteWriter().u8(dtype).u64(count).u64(rows).u32(groupStart).u32(groupEnd).bytes;
}

/** The description in 25 bytes. Counts above 2^53 lose their low bits: no tensor has so many elements. */
export function decodeDescription(bytes: Uint8Array): Description {
  const reader = new ByteReader(bytes);
  return {
    dtype: reader.u8(),
    count: Number(reader.u64()),
    rows: Number(reader.u64()),
    groupStart: reader.u32(),
    groupEnd: reader.u32(),
  };
}

/** Nodes of the row group that a description names. */
export function membersOf({ groupStart, groupEnd }: Description): number {
  return groupEnd - groupStart;
}

/** Whether the description is that of a tensor in a row group of two or more, whose rows are trees of their own. */
export function isGrouped(description: Description): boolean {
  return membersOf(description) > 1;
}

/** Elements under one tree: of a row where the tensor is in a row group of two or more, else of the tensor. */
export function widthOf(description: Description): number {
  const { count, rows } = description;
  if (!isGrouped(description)) return count;
  return rows === 0 ? 0 : Math.floor(count / rows);
}

/** Leaves of a tree under a description (`widthOf`): one where its type is not known. */
export function leavesOf(description: Description): number {
  if (!isDType(description.dtype)) return 1;
  return Math.max(1, Math.ceil(widthOf(description) / elementsPerLeaf(description.dtype)));
}

const COMMITMENT_TAG = 0x02;

/** The commitment to a tensor: keccak(0x02 ‖ description ‖ root). */
export function commitment(description: Description | Uint8Array, root: Hash, hasher = plainHasher): Hash {
  const preimage = new Uint8Array(1 + DESCRIPTION_BYTES + root.length);
  preimage[0] = COMMITMENT_TAG;
  preimage.set(description instanceof Uint8Array ? description : encodeDescription(description), 1);
  preimage.set(root, 1 + DESCRIPTION_BYTES);
  return hasher.hash(preimage);
}

/** The root of the tree over a tensor's bytes, none of it kept. */
export function tensorRoot(tensor: Tensor, hasher?: TensorHasher): Hash {
  return rootOfPieces(piecesOf(tensor), byteLength(tensor.dtype, countOf(tensor.shape)), hasher);
}

/** The commitment to an input or a parameter. */
export function commitmentOf(tensor: Tensor, hasher?: TensorHasher): Hash {
  return commitment(describeTensor(tensor), tensorRoot(tensor, hasher), hasher);
}

/** keccak of the commitments one after the other: the inputs root or the outputs root. */
export function joinedRoot(commitments: readonly Hash[], hasher = plainHasher): Hash {
  return hasher.hash(concat(...commitments));
}
