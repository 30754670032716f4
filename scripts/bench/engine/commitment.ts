/** What committing to an inference costs beside the inference: the hashes of its inputs and outputs, and of its trace. */
import { buildTrace, type Backend } from "../../../packages/engine/src/index.ts";
import { HashThreads } from "../../../packages/engine/src/tree/hashThreads.ts";
import "../../../packages/engine/src/node.ts";
import { treeHasher } from "../../../packages/engine/src/tree/treeHasher.ts";
import { commitmentOf, type Run, type Tensor } from "../../../packages/vm/src/index.ts";
import { sample, type Sample } from "./pairs.ts";

/** Milliseconds of hashing before it is timed: as an inference's, its code is compiled by then. */
const WARMING_MS = 100;

/**
 * Processor time in milliseconds of `commitmentOf` for each of these tensors, as a claim hashes them, by a backend; the
 * least of five samples of ten milliseconds or more.
 */
export async function hashingCpuMs(tensors: readonly Tensor[], backend: Backend): Promise<number> {
  const hasher = treeHasher(backend);
  const hash = () => tensors.forEach((tensor) => commitmentOf(tensor, hasher));
  const warm = performance.now() + WARMING_MS;
  while (performance.now() < warm) hash();
  const once = (await sample(hash, 3)).ms;
  const repeats = Math.max(1, Math.ceil(10 / Math.max(once, 0.001)));
  let least = Infinity;
  for (let i = 0; i < 5; i++) least = Math.min(least, (await sample(hash, repeats)).cpuMs);
  return least;
}

/** Time to hash every tensor of a run into its trace's tree, the least of three. */
export async function traceTime(run: Run, threads: number, backend: Backend): Promise<Sample> {
  const hashing = threads > 1 ? new HashThreads(threads, backend) : undefined;
  const hasher = treeHasher(backend);
  const samples: Sample[] = [];
  for (let i = 0; i < 3; i++) samples.push(await sample(() => buildTrace(run, hashing, hasher), 1));
  await hashing?.close();
  const least = (of: (one: Sample) => number) => Math.min(...samples.map(of));
  return { ms: least(({ ms }) => ms), cpuMs: least(({ cpuMs }) => cpuMs) };
}
