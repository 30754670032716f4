import { expect } from "chai";
import { concat } from "./bytes.ts";
import { keccak, type Hash } from "./hash.ts";
import { run } from "./interpreter.ts";
import { loadWord, type DType } from "./dtype.ts";
import { cellOf, elementsDepth } from "./rowGroup.ts";
import { encodeDescription, isGrouped, tensorOfWords } from "./tensor.ts";
import { randomProgram } from "./testing/randomProgram.ts";
import { earlyStop, recurrence, tinyPrograms } from "./testing/tinyPrograms.ts";
import { Trace, type TracePart } from "./trace.ts";
import { fold, listRoot, rootFromProof, rootOf, tensorTree, zeroHash } from "./tree.ts";

const traceOf = ({ program, request }: ReturnType<typeof earlyStop>): Trace => new Trace(run(program, request));

/** The root in the place of a tensor of a row group, by the definition: words of a row, leaves, cells. */
function groupRoot(trace: Trace, call: number, position: number): Hash {
  const { layout } = trace;
  const { groupStart, groupEnd, rows } = layout.description(call, position);
  const first = layout.firstNode(call);
  if (position - first < groupEnd - 1) return zeroHash(0);
  const width = 2 ** Math.ceil(Math.log2(groupEnd - groupStart));
  const height = rows < 2 ? 1 : 2 ** Math.ceil(Math.log2(rows));
  const cells = Array.from({ length: width * height }, (_, i) => {
    const [row, node] = [Math.floor(i / width), groupStart + (i % width)];
    if (row >= rows || node >= groupEnd) return zeroHash(0);
    const theirs = layout.description(call, first + node);
    if (theirs.groupStart !== groupStart || theirs.groupEnd !== groupEnd || theirs.rows !== rows) return zeroHash(0);
    const dtype = theirs.dtype as DType;
    const each = theirs.count / rows;
    const { data } = trace.tensor(call, first + node);
    const words = Array.from({ length: each }, (_, column) => loadWord(dtype, data, row * each + column));
    return rootOf(tensorTree(tensorOfWords(dtype, [each], words).data));
  });
  return listRoot(cells);
}

/** Follows a leaf from its bytes to the trace root by proofs alone. */
function climb(trace: Trace, call: number, position: number, leaf: number): Hash {
  const bytes = trace.leaf(call, position, leaf);
  let root = rootFromProof(keccak(bytes), leaf, trace.proof({ part: "tensor", call, position }, leaf));
  const group = trace.layout.groupOf(call, position);
  if (group) {
    const cell = cellOf(group.description, group.node, Math.floor(leaf / 2 ** elementsDepth(group.description)));
    root = rootFromProof(root, cell, trace.proof({ part: "group", call, position: group.last }, cell));
    position = group.last;
  }
  const description = encodeDescription(trace.description(call, position));
  const commitment = keccak(concat(Uint8Array.of(2), description, root));
  const callRoot = rootFromProof(commitment, position, trace.proof({ part: "call", call }, position));
  return rootFromProof(callRoot, call, trace.proof({ part: "calls" }, call));
}

describe("trace", () => {
  it("hashes as the definition says", () => {
    for (const example of [...tinyPrograms(), ...Array.from({ length: 60 }, (_, seed) => randomProgram(seed))]) {
      const trace = traceOf(example);
      const { layout } = trace;
      const calls = Array.from({ length: layout.calls }, (_, call) =>
        listRoot(
          Array.from({ length: layout.positions(call) }, (_, position) => {
            const { data, shape, dtype } = trace.tensor(call, position);
            expect(shape).to.deep.equal(layout.dimensions(call, position));
            expect(dtype).to.equal(layout.description(call, position).dtype);
            const description = layout.description(call, position);
            const said = encodeDescription(description);
            const { count } = trace.tree({ part: "tensor", call, position });
            const root = isGrouped(description)
              ? groupRoot(trace, call, position)
              : rootOf(tensorTree(data, count * 128));
            return keccak(concat(Uint8Array.of(2), said, root));
          }),
        ),
      );
      expect(trace.root, example.name).to.deep.equal(listRoot(calls));
    }
  });

  it("proves every leaf, and opens every node", () => {
    const trace = traceOf(earlyStop());
    const parts: TracePart[] = [{ part: "calls" }];
    for (let call = 0; call < trace.layout.calls; call++) {
      parts.push({ part: "call", call });
      for (let position = 0; position < trace.layout.positions(call); position++) {
        parts.push({ part: "tensor", call, position });
        for (let leaf = 0; leaf < trace.tensorTree(call, position).count; leaf++) {
          expect(climb(trace, call, position, leaf)).to.deep.equal(trace.root);
        }
      }
    }
    for (const part of parts) {
      const tree = trace.tree(part);
      for (let level = tree.depth; level > 0; level--) {
        for (let index = 0; index < 2 ** (tree.depth - level); index++) {
          expect(fold(trace.children(part, level, index, 2))).to.deep.equal(tree.node(level, index));
        }
      }
    }
  });

  it("proves every leaf of a row group, and a lie about one alone", () => {
    const trace = traceOf(recurrence());
    for (let position = 0; position < 2; position++) {
      const { rows } = trace.description(0, position);
      const leaves = 2 ** elementsDepth(trace.description(0, position));
      for (let leaf = 0; leaf < rows * leaves; leaf++) {
        expect(climb(trace, 0, position, leaf)).to.deep.equal(trace.root);
        const dirt = trace.leaf(0, position, leaf);
        dirt[127] ^= 1;
        const dirty = trace.withLeaf(0, position, leaf, dirt);
        expect(dirty.leaf(0, position, leaf)).to.deep.equal(dirt);
        expect(dirty.root).to.not.deep.equal(trace.root);
        expect(climb(dirty, 0, position, leaf)).to.deep.equal(dirty.root);
        expect(climb(dirty, 0, 1 - position, leaf), "its neighbour too").to.deep.equal(dirty.root);
      }
    }
  });

  it("hashes a stopped call as zeros of the sizes it would have had", () => {
    const trace = traceOf(earlyStop());
    expect(trace.tensor(5, 3).data.length).to.equal(0);
    expect(trace.opening(5, 3).root).to.deep.equal(zeroHash(0));
    expect(trace.opening(5, 0).root, "the flag itself is 1").to.not.deep.equal(zeroHash(0));
  });

  it("lies about a tensor, and nothing else changes", () => {
    const trace = traceOf(earlyStop());
    const token = trace.tensor(2, 1);
    const lie = trace.withTensor(2, 1, { ...token, data: Uint8Array.of(9, 0, 0, 0) });
    expect(lie.root).to.not.deep.equal(trace.root);
    expect(climb(lie, 2, 1, 0)).to.deep.equal(lie.root);
    expect(climb(lie, 3, 1, 0), "its neighbours too").to.deep.equal(lie.root);
    expect(lie.commitment(2, 2)).to.deep.equal(trace.commitment(2, 2));
    const again = lie.withTensor(2, 1, token);
    expect(again.root, "a lie taken back").to.deep.equal(trace.root);
    const two = lie.withTensor(3, 2, trace.tensor(3, 1));
    expect(climb(two, 2, 1, 0), "two lies").to.deep.equal(two.root);
    expect(two.tensor(2, 1).data[0]).to.equal(9);
  });

  it("lies about a description, about padding, and about nodes", () => {
    const trace = traceOf(earlyStop());
    const described = trace.withDescription(1, 3, { ...trace.description(1, 3), count: 1000 });
    expect(climb(described, 1, 3, 0)).to.deep.equal(described.root);
    expect(described.tensorTree(1, 3).depth).to.equal(2);
    expect(described.layout.description(1, 3).count).to.equal(6);

    const dirt = trace.leaf(1, 1, 0);
    dirt[100] = 1;
    const dirty = trace.withLeaf(1, 1, 0, dirt);
    expect(dirty.leaf(1, 1, 0)).to.deep.equal(dirt);
    expect(climb(dirty, 1, 1, 0)).to.deep.equal(dirty.root);
    expect(dirty.root).to.not.deep.equal(trace.root);

    const hash = keccak(Uint8Array.of(1));
    const places: [TracePart, number, number][] = [
      [{ part: "calls" }, 1, 2],
      [{ part: "call", call: 4 }, 0, 3],
      [{ part: "call", call: 4 }, 2, 0],
      [{ part: "tensor", call: 7, position: 0 }, 0, 0],
    ];
    for (const [part, level, index] of places) {
      const replaced = trace.withNode(part, level, index, hash);
      expect(replaced.tree(part).node(level, index)).to.deep.equal(hash);
      expect(replaced.root).to.not.deep.equal(trace.root);
      expect(replaced.tensor(4, 2)).to.equal(trace.tensor(4, 2));
      const children = replaced.children({ part: "calls" }, 3, 0, 3);
      expect(fold(children).length, "above the lie all is well").to.equal(32);
      if (part.part !== "calls") expect(fold(children)).to.deep.equal(replaced.root);
    }
  });
});
