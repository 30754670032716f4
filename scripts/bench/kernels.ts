/**
 * What the kernels reach on one core, shape by shape: billions of operations a second (a multiply and an add are two).
 * Times are the process's own CPU time, the fastest of many runs, so that other work on the machine disturbs little.
 *
 *     node scripts/bench/kernels.ts [--json] [--seconds 0.5] [--only name]
 */
import { parseArgs } from "node:util";
import { layers } from "../../packages/engine/src/kernels/layers.ts";
import { Heap, withPacked } from "../../packages/engine/src/kernels/testing.ts";
import { wasmKernels } from "../../packages/engine/src/kernels/wasmKernels.ts";
import { encodeContraction, type Contraction, type ContractionKernels } from "../../packages/engine/src/contraction.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seconds: { type: "string", default: "0.5" },
    only: { type: "string", default: "" },
  },
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
function measure(run: () => void, operations: number): number {
  const budget = Number(values.seconds);
  const start = cpuSeconds();
  let repeat = 1;
  let best = Infinity;
  while (cpuSeconds() - start < budget) {
    const before = cpuSeconds();
    for (let i = 0; i < repeat; i++) run();
    const spent = cpuSeconds() - before;
    if (spent < 0.004) repeat *= 2;
    else best = Math.min(best, spent / repeat);
  }
  return operations / best / 1e9;
}

const rates: Record<string, number> = {};
for (const [name, make] of Object.entries(layers)) {
  if (!name.includes(values.only)) continue;
  const heap = new Heap();
  const kernels = wasmKernels(heap.memory, { shared: false });
  const { contraction, packed } = make(heap);
  const c = withPacked(heap, kernels, contraction, packed);
  rates[name] = measure(runner(heap, kernels, c), 2 * c.batches * c.rows * c.columns * c.depth);
  if (!values.json) console.log(`${name.padEnd(28)} ${rates[name].toFixed(1).padStart(7)}`);
}
if (values.json) console.log(JSON.stringify(rates));
