/** A thread of `hashThreads.ts`: hashes the parts it is sent and sends the wanted levels back. */
import { parentPort, workerData } from "node:worker_threads";
import "../node.ts";
import type { Backend } from "../backend.ts";
import { hashParts, type Part } from "./parts.ts";
import { treeHasher } from "./treeHasher.ts";

const hasher = treeHasher(workerData as Backend);

parentPort?.on("message", (parts: readonly Part[]) => {
  const hashes = hashParts(parts, hasher);
  parentPort?.postMessage(hashes, [hashes.buffer]);
});
