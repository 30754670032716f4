/** The threads of an engine: this one leads, the workers take parts of the step that it names. */
import { Worker } from "node:worker_threads";
import type { KernelChoice } from "../backend.ts";
import type { Threads } from "../host.ts";
import type { LinearMemory } from "../plan/memory.ts";
import { EngineError } from "../plan/memory.ts";
import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/step.ts";
import type { Runner, Task } from "../runner.ts";
import type { CompiledModule } from "../wasm/webAssembly.ts";
import { finishPart, sharedParts } from "./parts.ts";
import { nextTurn, openParts, QUIT, SIGNAL, SIGNALS, takePart, waitWhile, type Named } from "./signals.ts";
import type { Load } from "./worker.ts";

export class Pool implements Threads {
  readonly #memory: LinearMemory;
  readonly #choice: KernelChoice;
  readonly #workers: Worker[];
  /** Number of the plan that the workers have. */
  #plan = 0;
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
    this.#plan++;
    Atomics.store(words, SIGNAL.ready, 0);
    this.#announce(words, this.#plan);
    const lists = Object.values(plan.lists).map(({ steps }) => steps);
    this.#workers.forEach((worker, i) => {
      const scratch = plan.scratch.address + (i + 1) * plan.scratch.stride;
      const { memory } = this.#memory;
      const load: Load = { memory, module, choice: this.#choice, lists, scratch, plan: this.#plan };
      worker.postMessage(load);
    });
    this.#await(words, SIGNAL.ready, this.#workers.length);
  }

  run(runner: Runner, step: Step, list: number, index: number): void {
    if (step.kind !== "rows") this.#share(runner, runner.task(step), { list, step: index, member: 0, row: 0 });
    else if (!step.shared) runner.run(step);
    else runner.rows(step, (task, member, row) => this.#share(runner, task, { list, step: index, member, row }));
  }

  /** Computes a task together with the workers, who find it under these numbers. */
  #share(runner: Runner, task: Task, named: Named): void {
    const parts = sharedParts(runner, task);
    if (parts === 1) return runner.whole(task);
    const words = this.#words();
    openParts(words, named, parts);
    for (let taken = takePart(words); taken !== undefined; taken = takePart(words)) {
      finishPart(words, runner, task, taken.part);
    }
    this.#await(words, SIGNAL.finished, parts);
  }

  lead(runner: Runner, list: number, from: number, to: number): void {
    const words = this.#words();
    this.#wake(words);
    runner.lead(list, from, to, SIGNALS);
    this.#check(words);
  }

  /** Tells the workers which plan is served. */
  #announce(words: Int32Array, plan: number): void {
    Atomics.store(words, SIGNAL.plan, plan);
    this.#wake(words);
  }

  /** Makes the workers look around. */
  #wake(words: Int32Array): void {
    Atomics.store(words, SIGNAL.turn, nextTurn(Atomics.load(words, SIGNAL.turn)));
    Atomics.notify(words, SIGNAL.turn);
  }

  /** Waits until a count has been reached. */
  #await(words: Int32Array, signal: number, count: number): void {
    for (;;) {
      const now = Atomics.load(words, signal);
      // A worker that fails counts itself, that nobody waits for it.
      this.#check(words);
      if (now >= count) return;
      waitWhile(words, signal, now);
    }
  }

  #check(words: Int32Array): void {
    if (Atomics.load(words, SIGNAL.failed) === 0) return;
    throw new EngineError("NO_BACKEND", `a worker thread failed: ${String(this.#failure ?? "see its output")}`);
  }

  /** Ends the workers. */
  close(): void {
    this.#announce(this.#words(), QUIT);
    for (const worker of this.#workers) void worker.terminate();
  }
}
