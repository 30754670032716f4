/**
 * What a host adds to plain WebAssembly: native kernels and threads. Node has both (`node.ts`); a browser has neither, and the
 * engine runs there as it is.
 */
import type { KernelChoice } from "./backend.ts";
import type { ContractionKernels } from "./contraction.ts";
import type { Absent } from "./native/library.ts";
import type { LinearMemory } from "./plan/memory.ts";
import type { Plan } from "./plan/plan.ts";
import type { Step } from "./plan/step.ts";
import type { Runner } from "./runner.ts";
import type { TreeHasher } from "./tree/hasher.ts";
import type { CompiledModule, Memory } from "./wasm/webAssembly.ts";

/** Threads that compute steps together with the one that asks. */
export interface Threads {
  /** Gives every thread a plan. */
  load(plan: Plan, module: CompiledModule): void;
  /** Computes step `index` of list `list`. */
  run(runner: Runner, step: Step, list: number, index: number): void;
  /** Computes steps [from, to) of the list whose words lie at `list`, all of which the machine's code does whole. */
  lead(runner: Runner, list: number, from: number, to: number): void;
  close(): void;
}

export interface Host {
  /** Kernels of an instruction set; absent: of the fastest that this machine runs. */
  nativeKernels(memory: Memory, set: string | undefined): ContractionKernels | Absent;
  nativeHasher(): TreeHasher | Absent;
  /** `workers` threads beside this one, or undefined where there can be none. */
  threads(memory: LinearMemory, choice: KernelChoice, workers: number): Threads | undefined;
}

let present: Host = {
  nativeKernels: () => ({ absent: "this host has none" }),
  nativeHasher: () => ({ absent: "this host has none" }),
  threads: () => undefined,
};

/** What the host offers. */
export const host = (): Host => present;

/** Says what the host offers, before any engine is made. */
export function setHost(offered: Host): void {
  present = offered;
}
