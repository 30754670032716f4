/**
 * What the kernels reach on one core, layer by layer: billions of operations a second (a multiply and an add are two), by
 * WebAssembly, by the native library where it was built, and by onnxruntime-node as a model of one node, all in one
 * process. Times are the process's own CPU time, the fastest of many runs, so that other work on the machine disturbs
 * little; onnxruntime's include its calls from JavaScript, some tens of microseconds.
 *
 *     node scripts/bench/kernels.ts [--json] [--seconds 0.5] [--only name] [--no-onnxruntime] [--emulate]
 */
import { parseArgs } from "node:util";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { buildModel } from "../../packages/graph/src/testing/onnxBuilder.ts";
import { layers, type LayerNode } from "../../packages/engine/src/kernels/layers.ts";
import { Heap, withPacked } from "../../packages/engine/src/kernels/testing.ts";
import { wasmKernels } from "../../packages/engine/src/kernels/wasmKernels.ts";
import { nativeKernels } from "../../packages/engine/src/native/kernels.ts";
import { encodeContraction, type Contraction, type ContractionKernels } from "../../packages/engine/src/contraction.ts";
import { countOf, DType, makeTensor } from "../../packages/vm/src/index.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seconds: { type: "string", default: "0.5" },
    only: { type: "string", default: "" },
    onnxruntime: { type: "boolean", default: true },
    emulate: { type: "boolean", default: false },
  },
  allowNegative: true,
});

/** Seconds of CPU time that this process has used. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A whole contraction, region by region. */
function runner(heap: Heap, kernels: ContractionKernels, c: Contraction): () => void {
  const at = heap.words(encodeContraction(c));
  const scratch = heap.allocate(kernels.scratchBytes(c));
  const step = kernels.region(c);
  return () => {
    for (let b = 0; b < c.batches; b += step.batches)
      for (let m = 0; m < c.rows; m += step.rows)
        for (let n = 0; n < c.columns; n += step.columns) {
          const [bEnd, mEnd, nEnd] = [b + step.batches, m + step.rows, n + step.columns];
          const { batches, rows, columns } = c;
          kernels.contract(
            at,
            b,
            Math.min(bEnd, batches),
            m,
            Math.min(mEnd, rows),
            n,
            Math.min(nEnd, columns),
            scratch,
          );
        }
  };
}

/** Operations a second, in billions. */
async function measure(run: () => unknown, operations: number): Promise<number> {
  const budget = Number(values.seconds);
  const start = cpuSeconds();
  let repeat = 1;
  let best = Infinity;
  while (cpuSeconds() - start < budget) {
    const before = cpuSeconds();
    for (let i = 0; i < repeat; i++) {
      const pending = run();
      if (pending instanceof Promise) await pending;
    }
    const spent = cpuSeconds() - before;
    if (spent < 0.004) repeat *= 2;
    else best = Math.min(best, spent / repeat);
  }
  return operations / best / 1e9;
}

/** The layer's node as a model of its own, on one thread of onnxruntime. */
async function theirs({ operator, first, second, constant, attributes }: LayerNode): Promise<() => Promise<unknown>> {
  const isFloat = !operator.endsWith("Integer");
  const dtype = isFloat ? DType.FLOAT32 : DType.UINT8;
  const data = (shape: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(countOf(shape) * (isFloat ? 4 : 1));
    if (isFloat) new Float32Array(bytes.buffer).forEach((_, i, all) => (all[i] = (i % 97) / 48 - 1));
    else bytes.forEach((_, i) => (bytes[i] = i % 251));
    return bytes;
  };
  const inputs = [{ name: "x", dtype, shape: first }];
  if (!constant) inputs.push({ name: "w", dtype, shape: second });
  const model = buildModel({
    nodes: [{ operator, inputs: ["x", "w"], outputs: ["y"], attributes }],
    inputs,
    outputs: [{ name: "y", dtype: isFloat ? DType.FLOAT32 : DType.INT32 }],
    constants: constant ? { w: makeTensor(dtype, second, data(second)) } : {},
  });
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const session = await InferenceSession.create(model, options);
  const feed = (shape: readonly number[]): OrtTensor =>
    isFloat
      ? new OrtTensor("float32", new Float32Array(data(shape).buffer as ArrayBuffer), shape)
      : new OrtTensor("uint8", data(shape), shape);
  const feeds = { x: feed(first), ...(!constant && { w: feed(second) }) };
  return () => session.run(feeds);
}

const rates: Record<string, Record<string, number>> = {};
const columns = ["wasm", "native", "onnxruntime"];
if (!values.json)
  console.log(`${"".padEnd(28)}${columns.map((name) => name.padStart(13)).join("")}   wasm/onnxruntime`);
for (const [name, make] of Object.entries(layers)) {
  if (!name.includes(values.only)) continue;
  const rate: Record<string, number> = (rates[name] = {});
  for (const backend of ["wasm", "native"]) {
    const heap = new Heap();
    const kernels =
      backend === "wasm"
        ? wasmKernels(heap.memory, { shared: false, ...(values.emulate && { emulate: true }) })
        : nativeKernels(heap.memory);
    if ("absent" in kernels) continue;
    const { contraction, packed, node } = make(heap);
    const c = withPacked(heap, kernels, contraction, packed);
    const operations = 2 * c.batches * c.rows * c.columns * c.depth;
    rate[backend] = await measure(runner(heap, kernels, c), operations);
    if (backend === "wasm" && values.onnxruntime) rate.onnxruntime = await measure(await theirs(node), operations);
  }
  if (values.json) continue;
  const cells = columns.map((column) => (rate[column]?.toFixed(1) ?? "-").padStart(13)).join("");
  const ratio = rate.onnxruntime === undefined ? "-" : (rate.wasm / rate.onnxruntime).toFixed(2);
  console.log(`${name.padEnd(28)}${cells}   ${ratio.padStart(6)}`);
}
if (values.json) console.log(JSON.stringify(rates));
