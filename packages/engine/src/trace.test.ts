import { expect } from "chai";
import { DType, run, toHex, Trace, type Description, type Layout, type Tensor, type TensorSource } from "@assay/vm";
import { assembleProgram } from "@assay/vm/program";
import { encodeRecord } from "@assay/vm/record";
import { mapRecord } from "@assay/vm/recordBuilder";
import { Random } from "@assay/vm/testing/random";
import { randomProgram } from "@assay/vm/testing/randomProgram";
import { tinyPrograms, type Example } from "@assay/vm/testing/tinyPrograms";
import { Engine } from "./index.ts";
import { buildTrace, FastTrace } from "./trace.ts";
import { HashThreads } from "./tree/hashThreads.ts";

/** A run of tensors of these sizes in bytes, of which `held` bytes are held. */
function source(
  sizes: readonly { readonly bytes: number; readonly held?: number; readonly shared?: boolean }[],
): TensorSource {
  const random = new Random(sizes.length);
  const tensors = sizes.map(({ bytes, held = bytes, shared = false }) => {
    const data = shared ? new Uint8Array(new SharedArrayBuffer(held)) : new Uint8Array(held);
    data.set(random.bytes(held));
    return { dtype: DType.UINT8, shape: [bytes], data };
  });
  const description = (_call: number, position: number): Description => ({
    dtype: DType.UINT8,
    count: sizes[position].bytes,
    rows: sizes[position].bytes,
    groupStart: position,
    groupEnd: position + 1,
  });
  const layout = { calls: 1, positions: () => sizes.length, description, groupOf: () => undefined };
  return { layout: layout as unknown as Layout, tensor: (_call, position) => tensors[position], description };
}

function expectSame(fast: FastTrace, slow: Trace, sampled: Random): void {
  expect(toHex(fast.root)).to.equal(toHex(slow.root));
  for (let i = 0; i < 50; i++) {
    const call = sampled.below(slow.layout.calls);
    const position = sampled.below(slow.layout.positions(call));
    const [ours, theirs] = [fast.tensorTree(call, position), slow.tensorTree(call, position)];
    const level = sampled.below(theirs.depth + 1);
    const group = slow.layout.groupOf(call, position);
    const trees = group ? Math.max(1, group.description.rows) : 1;
    const index = sampled.below(trees * 2 ** (theirs.depth - level));
    expect(toHex(ours.node(level, index))).to.equal(toHex(theirs.node(level, index)));
    if (group?.last !== position) continue;
    const [cells, cellsToo] = [fast.groupTree(call, position), slow.groupTree(call, position)];
    const up = sampled.below(cells.depth + 1);
    const at = sampled.below(2 ** (cells.depth - up));
    expect(toHex(cells.node(up, at))).to.equal(toHex(cellsToo.node(up, at)));
  }
}

/** A row group of three tensors: a[r] = b[r-1] + place, b[r] = a[r] ÷ 2 in two bytes, c[r] = place in four bits; and a copy. */
function grouped(rows: number, width: number): Example {
  const node = { shape: [rows, width], group: { start: 0, end: 3 } };
  const row = (index: number) => ({ kind: "row", index }) as const;
  const a = mapRecord({ ...node, dtype: DType.FLOAT32, operands: [row(1)] }, (code) =>
    code.fadd(code.load(0, code.isub(code.linear(), code.constant(width))), code.itof(code.linear())),
  );
  const b = mapRecord({ ...node, dtype: DType.FLOAT16, operands: [row(0)] }, (code) =>
    code.fmul(code.load(0, code.linear()), code.constantFloat(0.5)),
  );
  const c = mapRecord({ ...node, dtype: DType.INT4, operands: [row(0)] }, (code) => code.linear());
  const copy = mapRecord({ dtype: DType.INT4, shape: [rows, width], operands: [{ kind: "node", index: 2 }] }, (code) =>
    code.load(0, code.linear()),
  );
  return {
    name: `grouped ${rows} × ${width}`,
    program: assembleProgram({ prompt: [a, b, c, copy].map(encodeRecord), outputs: [3] }),
    request: { inputs: [], symbols: [], seed: 0n, calls: 1 },
  };
}

/** A tensor of which the end is not held: zeros. */
const begun = (tensor: Tensor): Tensor => ({
  ...tensor,
  data: tensor.data.subarray(0, Math.floor(tensor.data.length * 0.6)),
});

describe("the fast trace", () => {
  const MIB = 2 ** 20;
  const SIZES = [1, 0, 4, 127, 128, 129, 1024, 1025, 5000, 3, MIB + 1, 2 * MIB - 77, 60_000].map((bytes) => ({
    bytes,
    shared: bytes % 2 === 0,
  }));
  const PARTLY = [
    { bytes: 5 * MIB, held: 0 },
    { bytes: 5 * MIB, held: MIB + 300 },
    { bytes: 100, held: 200 },
    { bytes: 3000, held: 8 },
  ];

  it("is the reference's trace of programs of every kind", async () => {
    for (const { program, request } of [
      ...tinyPrograms(),
      ...Array.from({ length: 40 }, (_, seed) => randomProgram(seed)),
    ]) {
      const computed = run(program, request);
      expectSame(await buildTrace(computed), new Trace(computed), new Random(7));
    }
  });

  it("is the reference's trace of tensors of any size, held in part or whole", async () => {
    const computed = source([...SIZES, ...PARTLY]);
    expectSame(await buildTrace(computed), new Trace(computed), new Random(8));
  });

  it("is the same by several threads", async () => {
    const threads = new HashThreads(2);
    try {
      const computed = source([...SIZES, ...PARTLY]);
      const slow = new Trace(computed);
      for (let i = 0; i < 2; i++) expectSame(await buildTrace(computed, threads), slow, new Random(9 + i));
    } finally {
      await threads.close();
    }
  });

  it("is the same by several threads of row groups, of many rows and of large ones, and of rows held in part", async () => {
    const threads = new HashThreads(2);
    const programs = [
      ...tinyPrograms(),
      ...Array.from({ length: 40 }, (_, seed) => randomProgram(seed)),
      ...[grouped(1, 33), grouped(700, 3), grouped(5, 2049)],
      // Rows that fill the leaves of a tree: of one leaf, of sixteen, of more than a mebibyte's worth of 256.
      ...[grouped(5, 32), grouped(9, 512), grouped(40, 8192)],
    ];
    try {
      for (const { program, request } of programs) {
        const computed = run(program, request);
        const slow = new Trace(computed);
        expectSame(await buildTrace(computed, threads), slow, new Random(11));
        expectSame(await buildTrace(computed), slow, new Random(11));
        const short: TensorSource = { ...computed, tensor: (call, position) => begun(computed.tensor(call, position)) };
        expectSame(await buildTrace(short, threads), new Trace(short), new Random(12));
      }
      const { program, request } = grouped(2, 270_001);
      const computed = new Engine(program, { threads: 2 }).run(request);
      expect(computed.tensor(0, 0).data.buffer).to.be.instanceOf(SharedArrayBuffer);
      expectSame(await buildTrace(computed, threads), new Trace(run(program, request)), new Random(13));
    } finally {
      await threads.close();
    }
  }).timeout(60_000);

  it("rejects when its threads are gone", async () => {
    const threads = new HashThreads(1);
    await threads.close();
    const error = await buildTrace(source(SIZES), threads).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property("message", "the hashing threads have been closed");
  });

  it("carries lies as the reference's trace does", () => {
    const computed = source(SIZES.slice(0, 9));
    const lie = (trace: Trace): string => toHex(trace.withLeaf(0, 8, 3, new Uint8Array(128).fill(9)).root);
    expect(lie(new FastTrace(computed))).to.equal(lie(new Trace(computed)));
  });
});
