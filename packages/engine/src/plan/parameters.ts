/** A program's parameters in the linear memory: those that code reads there, each copied in once, in canonical form. */
import { byteLength, countOf, type Program } from "@assay/vm";
import { writeCanonical } from "./canonical.ts";
import type { LinearMemory } from "./memory.ts";

export class Parameters {
  readonly #program: Program;
  readonly #memory: LinearMemory;
  readonly #addresses = new Map<number, number>();
  readonly #wanted = new Set<number>();

  constructor(program: Program, memory: LinearMemory) {
    this.#program = program;
    this.#memory = memory;
  }

  /** Address of a parameter's elements. One that is not there yet is noted; the plan is made again after `settle`. */
  address(index: number): number {
    const known = this.#addresses.get(index);
    if (known === undefined) this.#wanted.add(index);
    return known ?? 0;
  }

  /** Address of a parameter's elements, if they are in the memory. */
  present(index: number): number | undefined {
    return this.#addresses.get(index);
  }

  /** Copies in what was asked for; whether there was any. */
  settle(): boolean {
    for (const index of this.#wanted) {
      const tensor = this.#program.params[index];
      const address = this.#memory.take(byteLength(tensor.dtype, countOf(tensor.shape)) + 16);
      writeCanonical(this.#memory.bytes, address, tensor);
      this.#addresses.set(index, address);
    }
    const any = this.#wanted.size > 0;
    this.#wanted.clear();
    return any;
  }
}
