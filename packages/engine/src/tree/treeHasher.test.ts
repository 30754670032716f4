import { expect } from "chai";
import { keccak, toHex } from "@assay/vm/hash";
import { rootOf, tensorTree, zeroHash, type HashTree } from "@assay/vm/tree";
import { hashSubtree, rootOfPieces, PIECE_BYTES } from "@assay/vm/treeRoot";
import { Random } from "@assay/vm/testing/random";
import { fastSubtree, fastTree } from "./treeHasher.ts";

/** Every node of a tree, level by level. */
const nodesOf = (tree: HashTree): string[][] =>
  Array.from({ length: tree.depth + 1 }, (_, level) =>
    Array.from({ length: 2 ** (tree.depth - level) }, (_, index) => toHex(tree.node(level, index))),
  );

describe("the fast tree", () => {
  it("has every node of the reference's tree, for all sizes up to 40 leaves", () => {
    const random = new Random(1);
    for (let leaves = 0; leaves <= 40; leaves++)
      for (const rest of [0, 1, 64, 127]) {
        const bytes = random.bytes(leaves * 128 + rest);
        expect(nodesOf(fastTree(bytes)), `${bytes.length} bytes`).to.deep.equal(nodesOf(tensorTree(bytes)));
      }
  });

  it("has the reference's root and nodes for bigger sizes, around its chunks above all", () => {
    const random = new Random(2);
    const sizes = [511, 512, 513, 1023, 1025, 1536].map((leaves) => leaves * 128);
    for (let i = 0; i < 8; i++) sizes.push(random.below(3 * 512 * 128));
    for (const size of sizes) {
      const bytes = random.bytes(size);
      const [fast, slow] = [fastTree(bytes), tensorTree(bytes)];
      expect(fast.depth).to.equal(slow.depth);
      expect(toHex(rootOf(fast)), `${size} bytes`).to.equal(toHex(rootOf(slow)));
      for (let i = 0; i < 60; i++) {
        const level = random.below(fast.depth + 1);
        const index = random.below(2 ** (fast.depth - level));
        expect(toHex(fast.node(level, index)), `${size}: ${level}/${index}`).to.equal(toHex(slow.node(level, index)));
      }
    }
  });

  it("takes what is missing for zeros", () => {
    const random = new Random(3);
    for (const [held, length] of [
      [0, 5000],
      [1, 129],
      [100, 100_000],
      [70_000, 300_000],
    ]) {
      const bytes = random.bytes(held);
      expect(nodesOf(fastTree(bytes, length))).to.deep.equal(nodesOf(tensorTree(bytes, length)));
      const dense = new Uint8Array(length);
      dense.set(bytes);
      expect(toHex(rootOf(fastTree(dense)))).to.equal(toHex(rootOf(tensorTree(bytes, length))));
    }
  });

  it("reads bytes of shared memory and of a view", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(10_000)).subarray(13, 9_000);
    shared.set(new Random(4).bytes(shared.length));
    expect(toHex(rootOf(fastTree(shared)))).to.equal(toHex(rootOf(tensorTree(shared))));
  });

  it("hashes subtrees of any height, pieces of a stream among them", () => {
    const random = new Random(5);
    for (let level = 0; level <= 14; level++) {
      const bytes = random.bytes(random.below(Math.min(128 * 2 ** level, 200_000) + 1));
      expect(toHex(fastSubtree(bytes, level)), `level ${level}`).to.equal(toHex(hashSubtree(bytes, level)));
    }
    expect(toHex(fastSubtree(new Uint8Array(0), 20))).to.equal(toHex(zeroHash(20)));
    const bytes = random.bytes(PIECE_BYTES + 70_000);
    const pieces = [bytes.subarray(0, PIECE_BYTES), bytes.subarray(PIECE_BYTES)];
    const root = rootOfPieces(pieces, bytes.length + 5 * PIECE_BYTES, fastSubtree);
    expect(toHex(root)).to.equal(toHex(rootOf(tensorTree(bytes, bytes.length + 5 * PIECE_BYTES))));
  });

  it("hashes known messages", () => {
    const message = new Uint8Array(128).fill(0x61);
    expect(toHex(fastSubtree(message, 0))).to.equal(toHex(keccak(message)));
  });
});
