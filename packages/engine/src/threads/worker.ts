/** A worker thread: loads a plan, then computes parts of its steps until the next plan or the end. */
import { parentPort } from "node:worker_threads";
import "../node.ts";
import type { ContractionKernels } from "../contraction.ts";
import { contractionKernels, type KernelChoice } from "../backend.ts";
import type { Step } from "../plan/step.ts";
import { Runner } from "../runner.ts";
import { MAX_PAGES } from "../wasm/module.ts";
import type { CompiledModule, Memory } from "../wasm/webAssembly.ts";
import { finishPart } from "./parts.ts";
import { QUIT, SIGNAL, SIGNALS, takePart, waitWhile } from "./signals.ts";

/** What a worker is told of a plan. */
export interface Load {
  readonly memory: Memory;
  readonly module: CompiledModule;
  readonly choice: KernelChoice;
  readonly lists: readonly (readonly Step[])[];
  readonly scratch: number;
  /** The plan's number. */
  readonly plan: number;
}

let kernels: ContractionKernels | undefined;

function serve({ memory, module, choice, lists, scratch, plan }: Load): void {
  const words = new Int32Array(memory.buffer);
  try {
    kernels ??= contractionKernels(memory, { shared: true, maximum: MAX_PAGES }, choice);
    const runner = new Runner(module, memory, kernels, scratch);
    Atomics.add(words, SIGNAL.ready, 1);
    Atomics.notify(words, SIGNAL.ready);
    for (;;) {
      const turn = Atomics.load(words, SIGNAL.turn);
      const serving = Atomics.load(words, SIGNAL.plan);
      if (serving === QUIT) process.exit();
      // The next plan comes as a message.
      if (serving !== plan) return;
      runner.follow(plan, SIGNALS);
      const taken = takePart(words);
      if (taken === undefined) waitWhile(words, SIGNAL.turn, turn);
      else finishPart(words, runner, runner.task(lists[taken.list][taken.step], taken.member, taken.row), taken.part);
    }
  } catch (error) {
    Atomics.store(words, SIGNAL.failed, 1);
    for (const signal of [SIGNAL.ready, SIGNAL.finished]) {
      Atomics.add(words, signal, 1);
      Atomics.notify(words, signal);
    }
    throw error;
  }
}

parentPort!.on("message", serve);
