/**
 * How fast trees are hashed: millions of data bytes a second, leaves and inner nodes, by the reference's keccak in
 * JavaScript, by WebAssembly's and by the native library's (where it is built) on one core and in threads; and the root of parameters read from a file as a stream,
 * with the memory it takes. Times of one core are the process's own CPU time, of threads the clock's; the fastest of
 * several runs.
 *
 *     node scripts/bench/tree.ts [--mib 32] [--threads 2] [--stream 1024] [--json]
 */
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildTrace, fastHasher, fastTree, type Backend } from "../../packages/engine/src/index.ts";
import { HashThreads } from "../../packages/engine/src/tree/hashThreads.ts";
import { nativeHasher } from "../../packages/engine/src/tree/nativeHasher.ts";
import "../../packages/engine/src/node.ts";
import { treeHasher } from "../../packages/engine/src/tree/treeHasher.ts";
import { DType, paramsRoot, plainHasher, type Layout, type TensorSource } from "../../packages/vm/src/index.ts";
import { StoredTensor } from "../../packages/vm/src/storedTensor.ts";
import { rootOf } from "../../packages/vm/src/tree.ts";

const MIB = 2 ** 20;
const { values } = parseArgs({
  options: {
    mib: { type: "string", default: "32" },
    threads: { type: "string", default: "2" },
    stream: { type: "string", default: "1024" },
    json: { type: "boolean", default: false },
  },
});

const cpuSeconds = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
const clockSeconds = (): number => performance.now() / 1e3;

/** Millions of bytes a second, the fastest of `times`. */
async function rate(bytes: number, times: number, clock: () => number, work: () => unknown): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < times; i++) {
    const start = clock();
    await work();
    least = Math.min(least, clock() - start);
  }
  return bytes / least / 1e6;
}

/** Bytes of no pattern, in shared memory as an engine's tensors are. */
function bytesOf(length: number): Uint8Array {
  const words = new Uint32Array(new SharedArrayBuffer(length));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1) ^ (i >>> 7);
  return new Uint8Array(words.buffer);
}

/** The native hasher's name or why it is absent, and the backends that are measured. */
const native = nativeHasher();
const backends: readonly Backend[] = "absent" in native ? ["wasm"] : ["wasm", "native"];

const report: Record<string, number | Record<string, number>> = {};
const line = (name: string, cells: readonly string[]): void => {
  if (!values.json) console.log([name.padEnd(40), ...cells.map((cell) => cell.padStart(12))].join(""));
};
const tell = (name: string, value: number, unit: string): void => {
  report[name] = value;
  line(name, [`${value.toFixed(1)} ${unit}`]);
};
/** A row of the table: the same by every backend. */
async function compare(name: string, measure: (backend: Backend) => Promise<number>): Promise<void> {
  const row: Record<string, number> = {};
  for (const backend of backends) row[backend] = await measure(backend);
  report[name] = row;
  line(
    name,
    Object.values(row).map((value) => value.toFixed(1)),
  );
}

const data = bytesOf(Number(values.mib) * MIB);
const part = data.subarray(0, 2 * MIB);
if (!values.json) console.log("absent" in native ? `native: not run: ${native.absent}` : native.name);
tell("JavaScript, one core", await rate(part.length, 3, cpuSeconds, () => plainHasher.subtree(part, 14)), "MB/s");
line("MB/s", backends);
await compare("one core, the root", (backend) =>
  rate(data.length, 5, cpuSeconds, () => treeHasher(backend).subtree(data, 20)),
);
await compare("one core, a tree", (backend) =>
  rate(data.length, 5, cpuSeconds, () => rootOf(fastTree(data, data.length, undefined, treeHasher(backend)))),
);

/** A run of one call with tensors of a mebibyte. */
const source: TensorSource = {
  layout: { calls: 1, positions: () => data.length / MIB } as unknown as Layout,
  tensor: (_call, position) => {
    return { dtype: DType.UINT8, shape: [MIB], data: data.subarray(position * MIB, (position + 1) * MIB) };
  },
  description: () => ({ dtype: DType.UINT8, count: MIB, rows: MIB, groupStart: 0, groupEnd: 1 }),
};
await compare("a trace, one core", (backend) =>
  rate(data.length, 5, cpuSeconds, () => buildTrace(source, undefined, treeHasher(backend))),
);
const count = Number(values.threads);
const clocks = { "processor time": cpuSeconds, "the clock": clockSeconds };
for (const [name, clock] of Object.entries(clocks))
  await compare(`a trace, ${count} threads, by ${name}`, async (backend) => {
    const threads = new HashThreads(count, backend);
    try {
      return await rate(data.length, 7, clock, () => buildTrace(source, threads, treeHasher(backend)));
    } finally {
      await threads.close();
    }
  });

const length = Number(values.stream) * MIB;
if (length > 0) {
  const file = join(tmpdir(), `assay-tree-${process.pid}`);
  const handle = openSync(file, "w+");
  try {
    ftruncateSync(handle, 0);
    for (let at = 0; at < length; at += data.length) writeSync(handle, data, 0, Math.min(data.length, length - at));
    const store = {
      length,
      read: (offset: number, target: Uint8Array) => void readSync(handle, target, { position: offset }),
    };
    const params = [new StoredTensor(DType.UINT8, [length], store)];
    const before = process.memoryUsage.rss();
    tell(
      `params root of ${values.stream} MiB, streamed`,
      await rate(length, 1, cpuSeconds, () => paramsRoot({ params }, fastHasher)),
      "MB/s",
    );
    tell("memory that it added", (process.memoryUsage.rss() - before) / MIB, "MiB");
  } finally {
    closeSync(handle);
    rmSync(file);
  }
}
if (values.json) console.log(JSON.stringify(report));
