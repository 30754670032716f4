/**
 * Where a kernel computes a node: once, at the outermost place where it is known. Of each node, what has been written of it so
 * far in the loop that is being written.
 */
import { DEPENDS, OUTER, type Node } from "./graph.ts";

/** For the whole kernel, a run, a place in it, a step, a step of a place, the end of a place. */
export type Place = "entry" | "run" | "lane" | "step" | "inner" | "final";

export class Forms<Form extends object> {
  /** Forms that do not depend on the lane or the step. */
  readonly #shared = new Map<Node, Form>();
  #ofStep = new Map<Node, Form>();
  #ofLane: Map<Node, Form>[] = [];
  #ofInner: Map<Node, Form>[] = [];
  #copy = 0;
  #final = false;

  /** Begins a loop over places, `copies` at once. */
  begin(copies: number): void {
    this.#ofStep = new Map();
    this.#ofLane = Array.from({ length: copies }, () => new Map());
    this.#ofInner = Array.from({ length: copies }, () => new Map());
    this.#copy = 0;
    this.#final = false;
  }

  /** From here on accumulators are the last ones. */
  end(): void {
    this.#final = true;
    this.#ofInner = this.#ofInner.map(() => new Map());
  }

  /** Which of the copies is written. */
  get copy(): number {
    return this.#copy;
  }
  set copy(copy: number) {
    this.#copy = copy;
  }

  #of({ depends }: Node): Map<Node, Form> {
    if (depends & DEPENDS.ACCUMULATOR) return this.#ofInner[this.#copy];
    if (depends & DEPENDS.STEP) return depends & DEPENDS.LANE ? this.#ofInner[this.#copy] : this.#ofStep;
    return depends & DEPENDS.LANE ? this.#ofLane[this.#copy] : this.#shared;
  }

  /** What is written of a node. */
  get(node: Node): Partial<Form> {
    return this.#of(node).get(node) ?? {};
  }

  /** Adds to it. */
  add(node: Node, form: Form): void {
    this.#of(node).set(node, { ...this.get(node), ...form });
  }

  /** Where a node belongs. */
  place({ depends }: Node): Place {
    if (depends & DEPENDS.ACCUMULATOR) return this.#final ? "final" : "inner";
    if (depends & DEPENDS.STEP) return depends & DEPENDS.LANE ? "inner" : "step";
    if (depends & DEPENDS.LANE) return "lane";
    return depends & OUTER ? "run" : "entry";
  }
}
