/** A thread of `hashThreads.ts`: hashes the parts it is sent and sends their kept levels back. */
import { parentPort, workerData } from "node:worker_threads";
import "../node.ts";
import { keptOf, type Part } from "./hashThreads.ts";
import type { Backend } from "../backend.ts";
import { KEPT_LEVEL, treeHasher } from "./treeHasher.ts";

const hasher = treeHasher(workerData as Backend);

parentPort?.on("message", (parts: readonly Part[]) => {
  const levels = new Uint8Array(parts.reduce((sum, part) => sum + keptOf(part), 0));
  let at = 0;
  for (const part of parts) {
    const length = keptOf(part);
    hasher.levels(part.bytes, KEPT_LEVEL, part.level, levels.subarray(at, at + length));
    at += length;
  }
  parentPort?.postMessage(levels, [levels.buffer]);
});
