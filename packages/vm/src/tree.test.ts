import { expect } from "chai";
import { concat } from "./bytes.ts";
import { keccak, NO_HASH, toHex, type Hash } from "./hash.ts";
import {
  depthOf,
  fold,
  LEAF_BYTES,
  leafCount,
  listRoot,
  listTree,
  openChildren,
  overlayTree,
  proofOf,
  rootFromProof,
  rootOf,
  tensorTree,
  zeroHash,
} from "./tree.ts";
import { Random } from "./testing/random.ts";

/** The root as the definition has it: pad to a power of two, then hash pairs. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return NO_HASH;
  let width = 1;
  while (width < leaves.length) width *= 2;
  let nodes = Array.from({ length: width }, (_, i) => leaves[i] ?? keccak(new Uint8Array(128)));
  while (nodes.length > 1) {
    nodes = Array.from({ length: nodes.length / 2 }, (_, i) => keccak(concat(nodes[2 * i], nodes[2 * i + 1])));
  }
  return nodes[0];
}

function naiveTensorRoot(bytes: Uint8Array): Hash {
  const leaves: Hash[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += LEAF_BYTES) {
    const leaf = new Uint8Array(LEAF_BYTES);
    leaf.set(bytes.subarray(at, at + LEAF_BYTES));
    leaves.push(keccak(leaf));
  }
  return naiveRoot(leaves);
}

describe("tree", () => {
  const random = new Random(1);

  it("has the depth and the zero hashes of the definition", () => {
    expect([0, 1, 2, 3, 4, 5, 8, 9, 2 ** 32].map(depthOf)).to.deep.equal([0, 0, 1, 2, 2, 3, 3, 4, 32]);
    expect([0, 1, 128, 129, 256].map(leafCount)).to.deep.equal([1, 1, 1, 2, 2]);
    // keccak256 of 128 zero bytes, as every implementation has it.
    expect(toHex(zeroHash(0))).to.equal("0x012893657d8eb2efad4de0a91bcd0e39ad9837745dec3ea923737ea803fc8e3d");
    expect(zeroHash(5)).to.deep.equal(keccak(zeroHash(4), zeroHash(4)));
  });

  it("agrees with the naive tree for every length, of lists and of tensors", () => {
    for (let count = 0; count <= 40; count++) {
      const leaves = Array.from({ length: count }, () => random.bytes(32));
      expect(listRoot(leaves), `list of ${count}`).to.deep.equal(naiveRoot(leaves));
      const bytes = random.bytes(count * 61);
      expect(rootOf(tensorTree(bytes)), `${bytes.length} bytes`).to.deep.equal(naiveTensorRoot(bytes));
      // The same, most of it zeros that are not there.
      const full = concat(bytes, new Uint8Array(1000));
      expect(rootOf(tensorTree(bytes, full.length))).to.deep.equal(naiveTensorRoot(full));
    }
  });

  it("costs nothing for zeros", () => {
    const tree = tensorTree(new Uint8Array(0), 2 ** 39);
    expect(tree.depth).to.equal(32);
    expect(rootOf(tree)).to.equal(zeroHash(32));
    const one = tensorTree(Uint8Array.of(1), 2 ** 39);
    const last = 2 ** 32 - 1;
    expect(rootFromProof(zeroHash(0), last, proofOf(one, last))).to.deep.equal(rootOf(one));
  });

  it("proves every node, and nothing else", () => {
    for (const count of [1, 2, 5, 16, 33]) {
      const tree = listTree(Array.from({ length: count }, () => random.bytes(32)));
      for (let level = 0; level <= tree.depth; level++) {
        for (let index = 0; index < 2 ** (tree.depth - level); index++) {
          const proof = proofOf(tree, index, level);
          expect(proof.length).to.equal(tree.depth - level);
          expect(rootFromProof(tree.node(level, index), index, proof)).to.deep.equal(rootOf(tree));
          expect(rootFromProof(random.bytes(32), index, proof)).to.not.deep.equal(rootOf(tree));
        }
      }
    }
  });

  it("opens the descendants of a node, down to the leaves", () => {
    const tree = tensorTree(random.bytes(100 * LEAF_BYTES));
    for (const arityLog2 of [1, 2, 3, 4, 7]) {
      for (let level = tree.depth; level > 0; level -= arityLog2) {
        const index = random.below(2 ** (tree.depth - level));
        const children = openChildren(tree, level, index, arityLog2);
        expect(children.length).to.equal(2 ** Math.min(arityLog2, level));
        expect(fold(children)).to.deep.equal(tree.node(level, index));
        expect(children[0]).to.deep.equal(tree.node(Math.max(0, level - arityLog2), index * children.length));
      }
    }
  });

  it("can lie: what is above a replaced node follows from it, what is below does not", () => {
    const tree = listTree(Array.from({ length: 11 }, () => random.bytes(32)));
    const [a, b, c] = [random.bytes(32), random.bytes(32), random.bytes(32)];
    const lie = overlayTree(tree, [
      { level: 0, index: 3, hash: a },
      { level: 2, index: 1, hash: b },
      { level: 0, index: 5, hash: c },
    ]);
    expect(lie.node(0, 2)).to.deep.equal(tree.node(0, 2));
    expect(lie.node(1, 1)).to.deep.equal(keccak(tree.node(0, 2), a));
    expect(lie.node(2, 1)).to.deep.equal(b);
    expect(lie.node(1, 2), "below b").to.deep.equal(keccak(tree.node(0, 4), c));
    expect(lie.node(3, 0)).to.deep.equal(keccak(lie.node(2, 0), b));
    expect(rootOf(lie)).to.deep.equal(keccak(lie.node(3, 0), tree.node(3, 1)));
    expect(overlayTree(tree, []).node(4, 0)).to.deep.equal(rootOf(tree));
  });
});
