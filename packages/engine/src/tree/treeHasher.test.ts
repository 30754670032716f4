/** Every hasher against the reference: WebAssembly's, and the native one of every instruction set this machine runs. */
import { expect } from "chai";
import { commitmentOf, concat, DType, inputsRootOf, makeTensor, nameOf } from "@assay/vm";
import { keccak, toHex } from "@assay/vm/hash";
import { depthOf, leafCount, rootOf, tensorTree, zeroHash, type HashTree } from "@assay/vm/tree";
import { plainHasher, rootOfPieces, PIECE_BYTES } from "@assay/vm/treeRoot";
import { Random } from "@assay/vm/testing/random";
import "../node.ts";
import { availableSets } from "../native/testing.ts";
import { levelsBytes, type TreeHasher } from "./hasher.ts";
import { nativeHasher } from "./nativeHasher.ts";
import { fastHasher, fastTree, treeHasher } from "./treeHasher.ts";
import { WasmHasher } from "./wasmHasher.ts";

const treeBy = (hasher: TreeHasher, bytes: Uint8Array, byteLength?: number): HashTree =>
  fastTree(bytes, byteLength, undefined, hasher);

/** Every node of a tree, level by level. */
const nodesOf = (tree: HashTree): string[][] =>
  Array.from({ length: tree.depth + 1 }, (_, level) =>
    Array.from({ length: 2 ** (tree.depth - level) }, (_, index) => toHex(tree.node(level, index))),
  );

describe("the tree by WebAssembly", () => theTree(() => [new WasmHasher()]));

describe("the tree by native kernels", () => {
  const hashers: TreeHasher[] = [];

  before(function () {
    this.timeout(300_000);
    const sets = availableSets();
    if (typeof sets === "string") {
      console.log(`      not run: ${sets}`);
      this.skip();
    }
    for (const set of sets) hashers.push(native(set));
  });

  theTree(() => hashers);

  it("has WebAssembly's nodes for random sizes, level by level", () => {
    const random = new Random(6);
    const wasm = new WasmHasher();
    for (let i = 0; i < 40; i++) {
      const bytes = random.bytes(1 + random.below(5_000) * random.between(1, 128));
      const level = depthOf(leafCount(bytes.length)) + random.below(3);
      const want = levelsOf(wasm, bytes, level);
      for (const hasher of hashers)
        expect(levelsOf(hasher, bytes, level), `${hasher.name}: ${bytes.length} bytes`).to.equal(want);
    }
  });

  it("hashes a view at any address, whatever lies around it", () => {
    const random = new Random(7);
    for (const hasher of hashers)
      for (let leaves = 1; leaves <= 17; leaves++) {
        const around = random.bytes(leaves * 128 + 64);
        const bytes = around.subarray(33, 33 + leaves * 128 - 5);
        const alone = bytes.slice();
        expect(toHex(hasher.subtree(bytes, 6)), hasher.name).to.equal(toHex(plainHasher.subtree(alone, 6)));
      }
  });

  it("says why there is no hasher of a set this machine does not run", () => {
    expect(nativeHasher("abacus")).to.have.property("absent").that.contains("abacus").and.contains("baseline");
  });

  it("is what is used where it was there when first asked for", () => {
    expect(treeHasher("native").name).to.equal(hashers.at(-1)?.name);
    expect(treeHasher("wasm").name).to.equal("wasm");
    expect(treeHasher().name).to.be.oneOf(["wasm", hashers.at(-1)?.name]);
    expect(treeHasher()).to.equal(treeHasher());
    const bytes = new Random(8).bytes(10_000);
    expect(toHex(fastHasher.subtree(bytes, 7))).to.equal(toHex(plainHasher.subtree(bytes, 7)));
  });
});

function native(set: string): TreeHasher {
  const hasher = nativeHasher(set);
  if ("absent" in hasher) throw new Error(hasher.absent);
  return hasher;
}

/** Every level that a hasher writes, and the root that it gives. */
function levelsOf(hasher: TreeHasher, bytes: Uint8Array, level: number): string {
  const levels = new Uint8Array(levelsBytes(bytes.length, 0, level));
  hasher.levels(bytes, 0, level, levels);
  return toHex(levels) + toHex(hasher.subtree(bytes, level));
}

/** What every hasher's trees are: the reference's. */
function theTree(hashers: () => readonly TreeHasher[]): void {
  it("has every node of the reference's tree, for all sizes up to 40 leaves", () => {
    const random = new Random(1);
    for (let leaves = 0; leaves <= 40; leaves++)
      for (const rest of [0, 1, 64, 127]) {
        const bytes = random.bytes(leaves * 128 + rest);
        const want = nodesOf(tensorTree(bytes));
        for (const hasher of hashers())
          expect(nodesOf(treeBy(hasher, bytes)), `${hasher.name}: ${bytes.length} bytes`).to.deep.equal(want);
      }
  });

  it("has the reference's root and nodes for bigger sizes, around the chunks above all", () => {
    const random = new Random(2);
    const sizes = [511, 512, 513, 1023, 1025, 1536, 2047, 2049, 4100].map((leaves) => leaves * 128);
    for (let i = 0; i < 8; i++) sizes.push(random.below(3 * 512 * 128));
    for (const size of sizes) {
      const bytes = random.bytes(size);
      const slow = tensorTree(bytes);
      for (const hasher of hashers()) {
        const fast = treeBy(hasher, bytes);
        expect(fast.depth).to.equal(slow.depth);
        expect(toHex(rootOf(fast)), `${hasher.name}: ${size} bytes`).to.equal(toHex(rootOf(slow)));
        for (let i = 0; i < 60; i++) {
          const level = random.below(fast.depth + 1);
          const index = random.below(2 ** (fast.depth - level));
          const say = `${hasher.name}, ${size}: ${level}/${index}`;
          expect(toHex(fast.node(level, index)), say).to.equal(toHex(slow.node(level, index)));
        }
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
      const dense = new Uint8Array(length);
      dense.set(bytes);
      const want = tensorTree(bytes, length);
      for (const hasher of hashers()) {
        expect(nodesOf(treeBy(hasher, bytes, length)), hasher.name).to.deep.equal(nodesOf(want));
        expect(toHex(rootOf(treeBy(hasher, dense))), hasher.name).to.equal(toHex(rootOf(want)));
      }
    }
  });

  it("reads bytes of shared memory and of a view", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(10_000)).subarray(13, 9_000);
    shared.set(new Random(4).bytes(shared.length));
    const want = toHex(rootOf(tensorTree(shared)));
    for (const hasher of hashers()) expect(toHex(rootOf(treeBy(hasher, shared))), hasher.name).to.equal(want);
  });

  it("hashes subtrees of any height, pieces of a stream among them", () => {
    const random = new Random(5);
    for (let level = 0; level <= 14; level++) {
      const bytes = random.bytes(random.below(Math.min(128 * 2 ** level, 200_000) + 1));
      const want = toHex(plainHasher.subtree(bytes, level));
      for (const hasher of hashers())
        expect(toHex(hasher.subtree(bytes, level)), `${hasher.name}: level ${level}`).to.equal(want);
    }
    const bytes = random.bytes(PIECE_BYTES + 70_000);
    const pieces = [bytes.subarray(0, PIECE_BYTES), bytes.subarray(PIECE_BYTES)];
    const want = toHex(rootOf(tensorTree(bytes, bytes.length + 5 * PIECE_BYTES)));
    for (const hasher of hashers()) {
      expect(toHex(hasher.subtree(new Uint8Array(0), 20))).to.equal(toHex(zeroHash(20)));
      const root = rootOfPieces(pieces, bytes.length + 5 * PIECE_BYTES, hasher);
      expect(toHex(root), hasher.name).to.equal(want);
    }
  });

  it("writes the levels that it is asked for, from the leaves' up to the fifth on", () => {
    const random = new Random(9);
    // Around a leaf, 8 leaves, 9 leaves, as many as are hashed side by side, and powers of two.
    for (const leaves of [1, 2, 7, 8, 9, 10, 16, 17, 18, 63, 64, 65, 127, 128, 129, 287, 288, 289, 511, 512, 513, 577])
      for (const length of [128 * leaves - 127, 128 * leaves - 1, 128 * leaves]) {
        const bytes = random.bytes(length);
        const level = depthOf(leaves) + random.below(2);
        const want = referenceLevels(bytes, level);
        for (const hasher of hashers())
          for (let low = 0; low <= Math.min(level, 5); low++) {
            const levels = new Uint8Array(levelsBytes(length, low, level)).fill(0xee);
            hasher.levels(bytes, low, level, levels);
            expect(toHex(levels), `${hasher.name}: ${length} bytes from ${low}`).to.equal(
              toHex(concat(...want.slice(low))),
            );
          }
      }
  });

  it("climbs from any number of nodes", () => {
    const random = new Random(10);
    for (const leaves of [1, 2, 3, 17, 18, 19, 35, 36, 37, 1000, 2049, 4097]) {
      const bytes = random.bytes(128 * leaves);
      const level = depthOf(leaves) + 1;
      const [nodes, ...want] = referenceLevels(bytes, level);
      for (const hasher of hashers()) {
        const above = new Uint8Array(levelsBytes(bytes.length, 1, level));
        hasher.climb(nodes, 0, level, above);
        expect(toHex(above), `${hasher.name}: ${leaves}`).to.equal(toHex(concat(...want)));
      }
    }
  });

  it("hashes messages of any length, a block's and longer", () => {
    const random = new Random(11);
    for (let length = 0; length <= 300; length++) {
      const message = random.bytes(length);
      for (const hasher of hashers())
        expect(toHex(hasher.hash(message)), `${hasher.name}: ${length} bytes`).to.equal(toHex(keccak(message)));
    }
  });

  it("has the reference's commitments: every type, NaNs of every kind, no elements", () => {
    const random = new Random(12);
    for (const dtype of Object.values(DType))
      for (const shape of [[], [0], [1], [3, 5], [31], [32], [33], [255], [256], [257], [2, 1024], [9, 31, 33]]) {
        const tensor = makeTensor(dtype, shape);
        tensor.data.set(random.bytes(tensor.data.length));
        const want = toHex(commitmentOf(tensor));
        for (const hasher of hashers())
          expect(toHex(commitmentOf(tensor, hasher)), `${hasher.name}: ${nameOf(dtype)}[${shape.join()}]`).to.equal(
            want,
          );
      }
    const nans = [0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7fbfffff, 0x80000000, 0x7f800000, 0];
    const patterns = Uint32Array.from({ length: 1000 }, () => nans[random.below(nans.length)]);
    const tensor = makeTensor(DType.FLOAT32, [1000], new Uint8Array(patterns.buffer));
    const want = toHex(inputsRootOf([tensor, tensor]));
    for (const hasher of hashers()) expect(toHex(inputsRootOf([tensor, tensor], hasher)), hasher.name).to.equal(want);
  });
}

/** The nodes above the leaves that bytes lie in, level by level from the leaves'. */
function referenceLevels(bytes: Uint8Array, level: number): Uint8Array[] {
  const tree = tensorTree(bytes, 128 * 2 ** level);
  return Array.from({ length: level + 1 }, (_, at) => {
    const count = Math.ceil(bytes.length / 128 / 2 ** at);
    return concat(...Array.from({ length: count }, (_, index) => tree.node(at, index)));
  });
}
