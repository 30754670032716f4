/** A thread of `hashThreads.ts`: hashes the parts it is sent and sends the wanted levels back. */
import { parentPort, workerData } from "node:worker_threads";
import "../node.ts";
import type { Backend } from "../backend.ts";
import { eachWanted, wanted, type Part } from "./hashThreads.ts";
import { treeHasher } from "./treeHasher.ts";

const hasher = treeHasher(workerData as Backend);

parentPort?.on("message", (parts: readonly Part[]) => {
  const hashes = new Uint8Array(parts.reduce((sum, part) => sum + wanted(part), 0));
  let at = 0;
  for (const part of parts) {
    const { bytes, each, low, level } = part;
    const length = eachWanted(part);
    for (let start = 0; start < bytes.length; start += each, at += length) {
      hasher.levels(bytes.subarray(start, start + each), low, level, hashes.subarray(at, at + length));
    }
  }
  parentPort?.postMessage(hashes, [hashes.buffer]);
});
