/** The threads of an engine: this one leads, the workers take parts of the step that it names. */
import { Worker } from "node:worker_threads";
import type { KernelChoice } from "../backend.ts";
import type { Threads } from "../host.ts";
import type { LinearMemory } from "../plan/memory.ts";
import { EngineError } from "../plan/memory.ts";
import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/step.ts";
import type { Runner } from "../runner.ts";
import type { CompiledModule } from "../wasm/webAssembly.ts";
import { COMMAND, SIGNAL, waitWhile } from "./signals.ts";
import type { Load } from "./worker.ts";

export class Pool implements Threads {
  readonly #memory: LinearMemory;
  readonly #choice: KernelChoice;
  readonly #workers: Worker[];
  #loaded = false;
  #failure: unknown;

  constructor(memory: LinearMemory, choice: KernelChoice, workers: number) {
    this.#memory = memory;
    this.#choice = choice;
    this.#workers = Array.from({ length: workers }, () => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url));
      worker.unref();
      worker.on("error", (error) => (this.#failure = error));
      return worker;
    });
  }

  #words(): Int32Array {
    return new Int32Array(this.#memory.memory.buffer);
  }

  /** Gives every worker a plan. */
  load(plan: Plan, module: CompiledModule): void {
    const words = this.#words();
    if (this.#loaded) this.#signal(words, COMMAND.load);
    this.#loaded = true;
    Atomics.store(words, SIGNAL.done, 0);
    const lists = Object.values(plan.lists).map(({ steps }) => steps);
    const epoch = Atomics.load(words, SIGNAL.epoch);
    this.#workers.forEach((worker, i) => {
      const scratch = plan.scratch.address + (i + 1) * plan.scratch.stride;
      const { memory } = this.#memory;
      const load: Load = { memory, module, choice: this.#choice, lists, scratch, epoch };
      worker.postMessage(load);
    });
    this.#await(words);
  }

  /** Computes a step with all threads. */
  run(runner: Runner, step: Step, list: number, index: number): void {
    const parts = runner.parts(step);
    if (parts === 1) return runner.part(step, 0);
    const words = this.#words();
    Atomics.store(words, SIGNAL.list, list);
    Atomics.store(words, SIGNAL.step, index);
    Atomics.store(words, SIGNAL.next, 0);
    Atomics.store(words, SIGNAL.done, 0);
    this.#signal(words, COMMAND.step);
    for (;;) {
      const part = Atomics.add(words, SIGNAL.next, 1);
      if (part >= parts) break;
      runner.part(step, part);
    }
    this.#await(words);
  }

  #signal(words: Int32Array, command: number): void {
    Atomics.store(words, SIGNAL.command, command);
    Atomics.add(words, SIGNAL.epoch, 1);
    Atomics.notify(words, SIGNAL.epoch);
  }

  #await(words: Int32Array): void {
    for (let done = 0; done < this.#workers.length; done = Atomics.load(words, SIGNAL.done)) {
      waitWhile(words, SIGNAL.done, done);
    }
    if (Atomics.load(words, SIGNAL.failed) !== 0) {
      throw new EngineError("NO_BACKEND", `a worker thread failed: ${String(this.#failure ?? "see its output")}`);
    }
  }

  /** Ends the workers. */
  close(): void {
    if (this.#loaded) this.#signal(this.#words(), COMMAND.quit);
    for (const worker of this.#workers) void worker.terminate();
  }
}
