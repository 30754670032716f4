/** Contractions by the native library: the same C for every instruction set, and the same bits. */
import { encodeContraction, type Contraction, type ContractionKernels } from "../contraction.ts";
import type { GeneratedKernels } from "../generatedKernels.ts";
import { MAX_PAGES, PAGE } from "../wasm/module.ts";
import type { Memory } from "../wasm/webAssembly.ts";
import { generatedLibraries, type GeneratedLibraries } from "./generated.ts";
import { nativeLibrary, type Absent, type InstructionSet, type NativeLibrary } from "./library.ts";
import { goodRegion } from "./region.ts";

export interface NativeOptions {
  /** The instruction set's name; absent: the fastest that this machine runs. */
  readonly set?: string;
}

/**
 * Kernels over `memory`, which may be shared between threads and may grow. One per thread.
 *
 * @returns the kernels, or why there are none.
 */
export function nativeKernels(memory: Memory, options: NativeOptions = {}): ContractionKernels | Absent {
  const library = nativeLibrary();
  if ("absent" in library) return library;
  const set = chooseSet(library, options.set);
  return "absent" in set ? set : new NativeKernels(memory, library, set);
}

/** The set of this name, or the fastest that this machine runs; why there is none. */
export function chooseSet(library: NativeLibrary, name: string | undefined): InstructionSet | Absent {
  const runnable = library.sets.filter((set) => set.runs);
  const set = name === undefined ? runnable.at(-1) : runnable.find((one) => one.name === name);
  const names = runnable.map((one) => one.name).join(", ");
  return set ?? { absent: `this machine does not run the instruction set ${name ?? ""}; it runs: ${names}` };
}

class NativeKernels implements ContractionKernels {
  readonly name: string;
  readonly panel: number;
  readonly #memory: Memory;
  readonly #library: NativeLibrary;
  readonly #set: InstructionSet;
  readonly #generated: GeneratedLibraries;
  /** The buffer that `#base` is the address of; growing a memory makes another. */
  #buffer: ArrayBufferLike | undefined;
  #base = 0;

  constructor(memory: Memory, library: NativeLibrary, set: InstructionSet) {
    this.name = `native ${set.name}`;
    this.panel = 2 * set.lanes;
    this.#memory = memory;
    this.#library = library;
    this.#set = set;
    this.#generated = generatedLibraries(set.name);
    // Addresses for all that a memory may grow to are kept free from the start.
    library.largePages(this.#address(), MAX_PAGES * PAGE);
  }

  readonly generated: GeneratedKernels = {
    find: (bodies, use) => this.#generated.find(bodies, use),
    lead: (steps, count, scratch, signals) =>
      this.#library.lead(this.#set.index, this.#address(), steps, count, scratch, signals),
    follow: (plan, scratch, signals) => this.#library.follow(this.#set.index, this.#address(), plan, scratch, signals),
  };

  packedBytes(kind: number, side: number, depth: number, lanes: number): number {
    return this.#library.packedBytes(this.#set.index, kind, side, depth, lanes);
  }

  pack(at: number, side: number, b: number, to: number): void {
    this.#library.pack(this.#set.index, this.#address(), at, side, b, to);
  }

  scratchBytes(contraction: Contraction): number {
    return this.#library.scratchBytes(this.#set.index, encodeContraction(contraction));
  }

  region(contraction: Contraction, threads = 1) {
    return goodRegion(contraction, this.panel, this.#set.rows, threads);
  }

  contract(at: number, b0: number, b1: number, m0: number, m1: number, n0: number, n1: number, scratch: number): void {
    this.#library.contract(this.#set.index, this.#address(), at, b0, b1, m0, m1, n0, n1, scratch);
  }

  #address(): number {
    const { buffer } = this.#memory;
    if (buffer !== this.#buffer) {
      this.#base = this.#library.address(new Uint8Array(buffer));
      this.#buffer = buffer;
    }
    return this.#base;
  }
}
