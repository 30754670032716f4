/**
 * A scattering reduction as loops: over its steps, each of which goes straight to the elements that it means, instead of over
 * elements that look at all steps. An element's steps keep their order, so its bits are the same.
 */
import { block, br, brIf, get, i32, loop, set, when, type Code } from "../wasm/code.ts";
import type { KernelPlan } from "./body.ts";
import { LANES, type Emitter } from "./emitter.ts";
import { DEPENDS, type GraphBuilder, type Node } from "./graph.ts";
import { storeOf } from "./stores.ts";

/**
 * The loops of a scattering reduction: over the dimensions before the first that steps name, in each over the steps, in each
 * over the places in the other dimensions that no step names.
 */
export interface Scatter {
  readonly graph: GraphBuilder;
  /** Dimensions outside the steps. */
  readonly outer: number;
  /** Places inside a step, which are run through in lanes. */
  readonly lanes: number;
  /** Whether the step means an element at the place. */
  readonly meant: Node;
  /** That element's linear index; within the tensor even where none is meant. */
  readonly index: Node;
  /** Its accumulator after the step, as stored. */
  readonly value: Node;
  /** Whether the last accumulators are the elements. */
  readonly isElement: boolean;
}

/** Whether a step means elements at all of its places or at none. */
export const meansAll = ({ meant }: Scatter): boolean => (meant.depends & DEPENDS.LANE) === 0;

/** Whether the places of a step are neighbours, so that they may be computed as vectors. */
export const hasVectors = (scatter: Scatter): boolean =>
  meansAll(scatter) && scatter.lanes > 1 && scatter.index.stride === 1;

/** The steps of one run of places, from the present place to `stop`. */
export function scatterLoop(emitter: Emitter, plan: KernelPlan, scatter: Scatter, stop: number): Code {
  const { counters, writer } = emitter;
  const [first, to] = [writer.local("i32"), writer.local("i32")];
  const { constant, slot } = plan.extent;
  const vectors =
    hasVectors(scatter) && scatter.lanes >= LANES ? [placesOfStep(emitter, plan, scatter, true, stop)] : [];
  return [
    set(first, get(counters.place)),
    set(to, constant !== undefined ? i32.const(constant) : i32.load(i32.const(slot))),
    set(counters.step, i32.const(0)),
    block(
      loop(
        brIf(1, i32.ge_u(get(counters.step), get(to))),
        set(counters.place, get(first)),
        vectors,
        placesOfStep(emitter, plan, scatter, false, stop),
        set(counters.step, i32.add(get(counters.step), i32.const(1))),
        br(0),
      ),
    ),
  ];
}

/** A step's places from the present one on, four or one at a time. */
function placesOfStep(emitter: Emitter, plan: KernelPlan, scatter: Scatter, vectors: boolean, stop: number): Code {
  const { counters, places } = emitter;
  emitter.begin(vectors, 1);
  const condition = emitter.access.truth(scatter.meant);
  const before = emitter.cut();
  const store = storeOf(emitter, plan, scatter.value, vectors, 0, emitter.access.low(scatter.index));
  const all = meansAll(scatter);
  const there = [places.lane, places.inner, store];
  const width = i32.const(vectors ? LANES : 1);
  const place = get(counters.place);
  const run = block(
    loop(
      brIf(1, i32.gt_u(i32.add(place, width), get(stop))),
      all ? there : [before.lane, before.inner, when(condition, there)],
      set(counters.place, i32.add(place, width)),
      br(0),
    ),
  );
  return [before.step, all ? when(condition, [places.step, run]) : [places.step, run]];
}
