/**
 * Threads that hash subtrees, in Node: each has its own hasher. Work goes to them in jobs of about a mebibyte; bytes in
 * shared memory are read where they are, others are copied once.
 */
import { Worker } from "node:worker_threads";
import type { Backend } from "../backend.ts";
import type { Part } from "./parts.ts";

interface Job {
  readonly parts: readonly Part[];
  readonly resolve: (levels: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** A worker with the jobs it has been sent, oldest first. */
interface Hand {
  readonly worker: Worker;
  readonly jobs: Job[];
}

/** Jobs that a worker holds, so that it has the next when one is done. */
const HELD = 2;

export class HashThreads {
  readonly #hands: Hand[];
  readonly #waiting: Job[] = [];
  #failure: Error | undefined;

  constructor(threads: number, backend: Backend = "auto") {
    this.#hands = Array.from({ length: threads }, () => this.#start(backend));
  }

  /**
   * Hashes parts: the wanted levels of each subtree, one after the other. Rejects where a thread has died, this time and from
   * then on.
   */
  hash(parts: readonly Part[]): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ parts, resolve, reject });
      this.#send();
    });
  }

  /** Ends the threads; jobs that are not done are rejected. */
  async close(): Promise<void> {
    this.#fail(new Error("the hashing threads have been closed"));
    await Promise.all(this.#hands.map(({ worker }) => worker.terminate()));
  }

  #start(backend: Backend): Hand {
    const worker = new Worker(new URL("./hashWorker.ts", import.meta.url), { workerData: backend });
    const hand: Hand = { worker, jobs: [] };
    hand.worker.on("message", (levels: Uint8Array) => {
      hand.jobs.shift()?.resolve(levels);
      this.#send();
    });
    hand.worker.on("error", (error: Error) => this.#fail(error));
    hand.worker.on("exit", () => this.#fail(new Error("a hashing thread has ended")));
    hand.worker.unref();
    return hand;
  }

  #send(): void {
    const failure = this.#failure;
    if (failure !== undefined) return this.#waiting.splice(0).forEach(({ reject }) => reject(failure));
    for (;;) {
      const free = this.#hands.reduce((a, b) => (b.jobs.length < a.jobs.length ? b : a));
      if (free.jobs.length >= HELD) break;
      const job = this.#waiting.shift();
      if (job === undefined) break;
      free.jobs.push(job);
      const parts = job.parts.map(({ bytes, each, low, level }): Part => ({
        bytes: sendable(bytes),
        each,
        low,
        level,
      }));
      const own = parts.map(({ bytes }) => bytes.buffer).filter((buffer) => buffer instanceof ArrayBuffer);
      free.worker.postMessage(parts, own);
    }
    // Only while there is work do the threads keep the process alive.
    for (const { worker, jobs } of this.#hands) {
      if (jobs.length > 0) worker.ref();
      else worker.unref();
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { jobs } of this.#hands) jobs.splice(0).forEach(({ reject }) => reject(error));
    this.#send();
  }
}

const sendable = (bytes: Uint8Array): Uint8Array => (bytes.buffer instanceof ArrayBuffer ? bytes.slice() : bytes);
