/** The engine's host in Node: native kernels where they were built, worker threads. */
import { setHost } from "./host.ts";
import { nativeKernels } from "./native/kernels.ts";
import { Pool } from "./threads/pool.ts";
import { nativeHasher } from "./tree/nativeHasher.ts";

setHost({
  nativeKernels: (memory, set) => nativeKernels(memory, { set }),
  nativeHasher: () => nativeHasher(),
  threads: (memory, choice, workers) => new Pool(memory, choice, workers),
});
