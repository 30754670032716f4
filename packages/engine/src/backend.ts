/** Which kernels compute contractions: native ones where they were built, WebAssembly's otherwise. */
import type { ContractionKernels } from "./contraction.ts";
import { host } from "./host.ts";
import { wasmKernels } from "./kernels/wasmKernels.ts";
import { EngineError } from "./plan/memory.ts";
import type { MemoryLimits } from "./wasm/module.ts";
import type { Memory } from "./wasm/webAssembly.ts";

/** `auto` is native where it is there. */
export type Backend = "auto" | "wasm" | "native";

export interface KernelChoice {
  readonly backend: Backend;
  /** Whether WebAssembly emulates the fused multiply-add. */
  readonly emulate: boolean;
  /** The native kernels' instruction set; absent: the fastest that this machine runs. */
  readonly set?: string;
}

/** Kernels over a memory, one for each thread. Throws NO_BACKEND where native ones are asked for and are not there. */
export function contractionKernels(memory: Memory, limits: MemoryLimits, choice: KernelChoice): ContractionKernels {
  const { backend, emulate, set } = choice;
  if (backend === "wasm") return wasmKernels(memory, { ...limits, emulate });
  const native = host().nativeKernels(memory, set);
  if (!("absent" in native)) return native;
  if (backend === "native") throw new EngineError("NO_BACKEND", `no native kernels: ${native.absent}`);
  return wasmKernels(memory, { ...limits, emulate });
}
