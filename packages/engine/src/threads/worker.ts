/** A worker thread: loads a plan, then computes parts of its steps until the next plan or the end. */
import { parentPort } from "node:worker_threads";
import "../node.ts";
import type { ContractionKernels } from "../contraction.ts";
import { contractionKernels, type KernelChoice } from "../backend.ts";
import type { Step } from "../plan/step.ts";
import { Runner } from "../runner.ts";
import { MAX_PAGES } from "../wasm/module.ts";
import type { CompiledModule, Memory } from "../wasm/webAssembly.ts";
import { COMMAND, SIGNAL, waitWhile } from "./signals.ts";

/** What a worker is told of a plan. */
export interface Load {
  readonly memory: Memory;
  readonly module: CompiledModule;
  readonly choice: KernelChoice;
  readonly lists: readonly (readonly Step[])[];
  readonly scratch: number;
  /** The epoch at which the plan was sent. */
  readonly epoch: number;
}

let kernels: ContractionKernels | undefined;

function serve({ memory, module, choice, lists, scratch, epoch }: Load): void {
  const words = new Int32Array(memory.buffer);
  const done = (): void => {
    Atomics.add(words, SIGNAL.done, 1);
    Atomics.notify(words, SIGNAL.done);
  };
  try {
    kernels ??= contractionKernels(memory, { shared: true, maximum: MAX_PAGES }, choice);
    const runner = new Runner(module, memory, kernels, scratch);
    for (let seen = epoch; ;) {
      done();
      waitWhile(words, SIGNAL.epoch, seen);
      seen = Atomics.load(words, SIGNAL.epoch);
      const command = Atomics.load(words, SIGNAL.command);
      if (command === COMMAND.quit) process.exit();
      if (command === COMMAND.load) return;
      const step = lists[Atomics.load(words, SIGNAL.list)][Atomics.load(words, SIGNAL.step)];
      const parts = runner.parts(step);
      for (;;) {
        const part = Atomics.add(words, SIGNAL.next, 1);
        if (part >= parts) break;
        runner.part(step, part);
      }
    }
  } catch (error) {
    Atomics.store(words, SIGNAL.failed, 1);
    done();
    throw error;
  }
}

parentPort!.on("message", serve);
