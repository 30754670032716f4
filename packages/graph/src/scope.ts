/** The values that a place in the model can name: those of its own graph, and of the graphs around it. */
import type { TensorValue } from "./tensorValue.ts";

export class Scope {
  readonly #outer: Scope | undefined;
  /** Undefined is an output that is not computed. */
  readonly #own = new Map<string, TensorValue | undefined>();

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get(name: string): TensorValue | undefined {
    return this.#own.has(name) ? this.#own.get(name) : this.#outer?.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Names a value in this graph; an outer value of that name is hidden. */
  set(name: string, value: TensorValue | undefined): void {
    this.#own.set(name, value);
  }

  /** The values of this graph alone. */
  get own(): ReadonlyMap<string, TensorValue | undefined> {
    return this.#own;
  }
}
