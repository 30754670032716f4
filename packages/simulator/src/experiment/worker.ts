// A worker thread: runs replicates of points as it is told, and reports each task's results.
import { parentPort, workerData } from "node:worker_threads";
import type { Point } from "./design.ts";
import { type Plan, partsOf, runPoint, type RunResult, Setup } from "./plan.ts";

export interface Task {
  readonly task: number;
  readonly point: Point;
  readonly pointNumber: number;
  readonly from: number;
  readonly to: number;
}

export interface TaskResult {
  readonly task: number;
  readonly results?: RunResult[];
  readonly error?: string;
}

if (parentPort !== null) {
  const port = parentPort;
  const plan = workerData as Plan;
  const setup = new Setup(plan);
  const parts = await partsOf(plan);
  port.on("message", ({ task, point, pointNumber, from, to }: Task) => {
    let reply: TaskResult;
    try {
      reply = { task, results: runPoint(setup, parts, point, pointNumber, from, to) };
    } catch (error) {
      reply = { task, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    port.postMessage(reply);
  });
}
