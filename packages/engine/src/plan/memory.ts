/**
 * The linear memory: one WebAssembly memory, cut into regions from the bottom up. Shared between threads, or not.
 */
import { MAX_PAGES, PAGE } from "../wasm/module.ts";
import { createMemory, type Memory } from "../wasm/webAssembly.ts";

/** A program that does not fit, one that only the plain executor runs, a backend that is not there. */
export class EngineError extends Error {
  readonly code: "TOO_LARGE" | "UNPLANNABLE" | "NO_BACKEND" | "BAD_OPTION";
  constructor(code: EngineError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "EngineError";
    this.code = code;
  }
}

/** Regions begin at multiples of this. */
const ALIGNMENT = 64;
/** Greatest memory: what 32-bit addresses reach, less the margin that every vector may read past an end. */
export const MAX_BYTES = MAX_PAGES * PAGE - PAGE;

export class LinearMemory {
  readonly memory: Memory;
  readonly shared: boolean;
  #top: number;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(shared: boolean, bottom: number) {
    this.shared = shared;
    const initial = Math.ceil(bottom / PAGE) + 1;
    this.memory = createMemory(shared ? { initial, maximum: MAX_PAGES, shared } : { initial, maximum: MAX_PAGES });
    this.#top = bottom;
  }

  /** End of what is taken. */
  get top(): number {
    return this.#top;
  }

  /** Gives back everything from `mark` on, an earlier `top`. */
  release(mark: number): void {
    this.#top = mark;
  }

  /** A region of this many bytes, 64-byte aligned; its bytes may be anything. Throws TOO_LARGE. */
  take(bytes: number): number {
    const at = Math.ceil(this.#top / ALIGNMENT) * ALIGNMENT;
    const end = at + bytes;
    if (end > MAX_BYTES) {
      const gib = (end / 2 ** 30).toFixed(2);
      throw new EngineError("TOO_LARGE", `${gib} GiB are needed; a 32-bit WebAssembly memory holds 4`);
    }
    this.#top = end;
    const pages = Math.ceil(end / PAGE) + 1;
    const present = this.memory.buffer.byteLength / PAGE;
    if (pages > present) this.#grow(pages - present, present);
    return at;
  }

  /** Adds pages, of which nothing but the number counts before they are used: more than are missing, for the next. */
  #grow(missing: number, present: number): void {
    const ample = Math.min(MAX_PAGES - present, Math.max(missing, Math.ceil(present / 4)));
    if (this.#hasGrown(ample) === true) return;
    const error = this.#hasGrown(missing);
    if (error === true) return;
    const mib = Math.ceil((missing * PAGE) / 2 ** 20);
    throw new EngineError("TOO_LARGE", `the machine has no ${mib} MiB more of memory`, error);
  }

  /** Whether there are so many pages more, or why not. */
  #hasGrown(pages: number): unknown {
    try {
      this.memory.grow(pages);
      return true;
    } catch (error) {
      return error;
    }
  }

  /** All bytes; do not keep it over a `take`. */
  get bytes(): Uint8Array {
    const { buffer } = this.memory;
    if (this.#bytes.buffer !== buffer || this.#bytes.byteLength !== buffer.byteLength) {
      this.#bytes = new Uint8Array(buffer);
    }
    return this.#bytes;
  }

  /** 32-bit words from an address on. */
  words(address: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count);
  }
}
