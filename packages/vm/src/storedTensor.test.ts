/** Tensors left in files: the same roots, bytes and programs as in memory, and nothing read that is not asked for. */
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DType } from "./dtype.ts";
import { FileChangedError, FileStore, readProgram, writeProgram } from "./node.ts";
import { programRoot, paramsRoot } from "./program.ts";
import { encodeProgram } from "./programFile.ts";
import { bytesIdentity, piecesOf, readBytes, StoredTensor, withDimensions, type ByteStore } from "./storedTensor.ts";
import { commitmentOf, leafOf, makeTensor, tensorRoot, treeOf, type Tensor } from "./tensor.ts";
import { Random } from "./testing/random.ts";
import { tinyPrograms } from "./testing/tinyPrograms.ts";
import { rootOf } from "./tree.ts";
import { PIECE_BYTES } from "./treeRoot.ts";

function randomBytes(length: number): Uint8Array {
  const random = new Random(length + 1);
  return Uint8Array.from({ length }, () => random.below(256));
}

/** A store over bytes that counts what is read. */
function counted(bytes: Uint8Array): ByteStore & { reads: number } {
  return {
    length: bytes.length,
    reads: 0,
    read(offset, target) {
      this.reads += target.length;
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

describe("stored tensors", () => {
  it("have the roots that the same bytes have in memory, whatever the size", () => {
    const sizes = [0, 1, 127, 128, 129, 5000, PIECE_BYTES, PIECE_BYTES + 1];
    for (const length of sizes) {
      const held = makeTensor(DType.UINT8, [length], randomBytes(length));
      const stored = new StoredTensor(DType.UINT8, [length], counted(held.data));
      expect(tensorRoot(held), `${length} bytes held`).to.deep.equal(rootOf(treeOf(held)));
      expect(tensorRoot(stored), `${length} bytes stored`).to.deep.equal(rootOf(treeOf(held)));
      expect(commitmentOf(stored)).to.deep.equal(commitmentOf(held));
    }
  }).timeout(120_000);

  it("have the zeros that are not held", () => {
    const bytes = randomBytes(300);
    for (const count of [300, 1000, 3 * PIECE_BYTES]) {
      const tensor: Tensor = { dtype: DType.UINT8, shape: [count], data: bytes };
      expect(tensorRoot(tensor)).to.deep.equal(rootOf(treeOf(tensor)));
    }
    const nothing: Tensor = { dtype: DType.UINT8, shape: [3 * PIECE_BYTES], data: new Uint8Array() };
    expect(tensorRoot(nothing)).to.deep.equal(rootOf(treeOf(nothing)));
  }).timeout(60_000);

  it("are read where they are asked for, and once when all is asked for", () => {
    const bytes = randomBytes(PIECE_BYTES + 300);
    const store = counted(bytes);
    const stored = new StoredTensor(DType.UINT8, [bytes.length], store);
    const target = new Uint8Array(200);
    readBytes(stored, PIECE_BYTES + 200, target);
    expect(target.subarray(0, 100)).to.deep.equal(bytes.subarray(PIECE_BYTES + 200));
    expect(target.subarray(100).every((byte) => byte === 0)).to.equal(true);
    expect(store.reads).to.equal(100);
    const last = Math.floor(bytes.length / 128);
    expect(leafOf(stored, last)).to.deep.equal(leafOf(makeTensor(DType.UINT8, [bytes.length], bytes), last));
    const pieces = Array.from(piecesOf(stored), (piece) => piece.slice());
    expect(pieces.map(({ length }) => length)).to.deep.equal([PIECE_BYTES, 300]);
    expect(Buffer.concat(pieces).equals(bytes)).to.equal(true);
    store.reads = 0;
    expect(Buffer.from(stored.data).equals(bytes)).to.equal(true);
    expect(stored.data).to.equal(stored.data);
    expect(store.reads).to.equal(bytes.length);
    const other = withDimensions(stored, [1, bytes.length]);
    expect(bytesIdentity(other)).to.equal(bytesIdentity(stored));
  });

  it("lend their buffer to one reader at a time, whatever becomes of it", () => {
    const [a, b] = [7, 8].map((seed) => {
      const bytes = new Uint8Array(2 * PIECE_BYTES + seed).map((_, i) => i * seed);
      const read = (offset: number, target: Uint8Array): void =>
        target.set(bytes.subarray(offset, offset + target.length));
      return { bytes, tensor: new StoredTensor(DType.UINT8, [bytes.length], { length: bytes.length, read }) };
    });
    const whole = ({ tensor }: typeof a): Buffer =>
      Buffer.concat(Array.from(piecesOf(tensor), (piece) => piece.slice()));
    // One is read while another's piece is held, one is left in the middle, one never ended, one fails.
    for (const piece of piecesOf(a.tensor)) {
      const held = piece.slice();
      expect(whole(b).equals(b.bytes)).to.equal(true);
      expect(Buffer.compare(piece, held), "a piece while others are read").to.equal(0);
    }
    const left = piecesOf(a.tensor);
    left.next();
    left.return(undefined);
    const open = piecesOf(a.tensor);
    const { value } = open.next() as { value: Uint8Array };
    const failing = { length: 10, read: (): never => expect.fail("gone") };
    expect(() => [...piecesOf(new StoredTensor(DType.UINT8, [10], failing))]).to.throw("gone");
    expect(whole(b).equals(b.bytes)).to.equal(true);
    expect(Buffer.compare(value, a.bytes.subarray(0, PIECE_BYTES)), "a piece of one that never ends").to.equal(0);
  });

  describe("of files", () => {
    let folder = "";
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "assay-"))));
    afterEach(() => rmSync(folder, { recursive: true }));

    it("are refused when the file has changed or is a pipe", () => {
      const path = join(folder, "weights");
      writeFileSync(path, randomBytes(1000));
      const part = FileStore.open(path).part(100, 50);
      const target = new Uint8Array(50);
      part.read(0, target);
      expect(target).to.deep.equal(randomBytes(1000).subarray(100, 150));
      expect(() => part.part(40, 20)).to.throw(RangeError);
      appendFileSync(path, "more");
      expect(() => part.read(0, target)).to.throw(FileChangedError, "changed");
      const pipe = join(folder, "pipe");
      if (spawnSync("mkfifo", [pipe]).status === 0)
        expect(() => FileStore.open(pipe)).to.throw(FileChangedError, "is not a file");
      expect(() => FileStore.open(folder)).to.throw();
    });

    it("make a program of the same roots as one in memory", () => {
      const path = join(folder, "p.assay");
      const large = makeTensor(DType.FLOAT32, [50_000], new Uint8Array(Float32Array.from({ length: 50_000 }).buffer));
      const plain = tinyPrograms()[0].program;
      const program = { ...plain, header: { ...plain.header, parameterCount: 1 }, params: [large] };
      writeProgram(path, program);
      const read = readProgram(path);
      expect(read.program.params[0]).to.be.instanceOf(StoredTensor);
      expect(read.paramsRoot).to.deep.equal(paramsRoot(program));
      expect(read.programRoot).to.deep.equal(programRoot(program));
      expect(Buffer.from(encodeProgram(read.program)).equals(encodeProgram(program))).to.equal(true);
    });
  });
});
