// Runs tasks on worker threads. Results depend on the tasks alone, never on which worker ran them or when.
import { Worker } from "node:worker_threads";
import type { Plan, RunResult } from "./plan.ts";
import type { Task, TaskResult } from "./worker.ts";

export class Pool {
  readonly #workers: Worker[];

  constructor(plan: Plan, size: number) {
    this.#workers = Array.from(
      { length: size },
      () => new Worker(new URL("./worker.ts", import.meta.url), { workerData: plan }),
    );
  }

  /** Runs all tasks; `done` is called for each as it ends, in any order. Stops early when `done` returns false. */
  run(tasks: readonly Task[], done: (task: Task, results: RunResult[]) => boolean | void): Promise<void> {
    return new Promise((resolve, reject) => {
      let next = 0;
      let running = 0;
      let stopped = false;
      const finish = () => {
        for (const worker of this.#workers) worker.removeAllListeners();
        resolve();
      };
      const feed = (worker: Worker) => {
        if (!stopped && next < tasks.length) {
          running++;
          worker.postMessage(tasks[next++]);
        } else if (running === 0) finish();
      };
      if (tasks.length === 0) {
        finish();
        return;
      }
      const byTask = new Map(tasks.map((task) => [task.task, task]));
      for (const worker of this.#workers) {
        worker.removeAllListeners();
        worker.on("error", reject);
        worker.on("message", ({ task, results, error }: TaskResult) => {
          running--;
          if (error !== undefined || results === undefined) {
            reject(new Error(error ?? `task ${task} gave nothing`));
            return;
          }
          if (done(byTask.get(task)!, results) === false) stopped = true;
          feed(worker);
        });
        if (next < tasks.length) feed(worker);
      }
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
