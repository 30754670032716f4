/**
 * A node record as a WebAssembly function that computes elements [from, to) of its tensor. What the record's code computes
 * is computed, bit for bit; loops run over the innermost dimensions in vectors of four, and a reduction's lanes each keep
 * their own accumulators, so that no order changes.
 */
import { bitsOf } from "@assay/vm";
import { block, br, brIf, call, get, i32, loop, select, set, type Code } from "../wasm/code.ts";
import type { ModuleWriter } from "../wasm/module.ts";
import { acrossCode, acrossOf, prefersAcross, type Across } from "./across.ts";
import { bodyOf, rootsOf, scopeOf, stored, type Body, type KernelPlan } from "./body.ts";
import { Emitter, LANES } from "./emitter.ts";
import { fixed, GraphBuilder, type Node, type Scope, type Size } from "./graph.ts";
import type { Library } from "./library.ts";
import { representations } from "./representation.ts";
import { typeOf } from "./scalar.ts";
import { scatterLoop, type Scatter } from "./scatter.ts";
import { storeOf } from "./stores.ts";

/** Vectors that a reduction's loop computes at once, to hide the latency of its chains. */
const REDUCTION_COPIES = 4;

/** Vectors of a map that are computed side by side, so that constants are fetched once for both. */
const MAP_COPIES = 2;

/** Name of the function that runs a contraction's last part over several equal rows. */
export const rowsName = (name: string): string => `${name}Rows`;

/** Adds `nameRows(from, width, stride, rows)`, which calls a kernel for every row: calls from outside cost too much. */
function writeRows(module: ModuleWriter, kernel: { readonly name: string; readonly index: number }): void {
  const writer = module.function(rowsName(kernel.name), ["i32", "i32", "i32", "i32"], []);
  const [from, width, stride, rows] = [0, 1, 2, 3];
  writer.body = block(
    loop(
      brIf(1, i32.eqz(get(rows))),
      call(kernel.index, get(from), i32.add(get(from), get(width))),
      set(from, i32.add(get(from), get(stride))),
      set(rows, i32.sub(get(rows), i32.const(1))),
      br(0),
    ),
  );
}

/** What a kernel's function runs through, in a graph, and how. */
interface Loops {
  readonly graph: GraphBuilder;
  /** Dimensions of which each place has runs of its own, and those that make up a run. */
  readonly outer: readonly Size[];
  readonly inner: readonly Size[];
  readonly roots: readonly Node[];
  /** Roots of which all 64 bits are wanted. */
  readonly whole: ReadonlySet<Node>;
  /** Code for the places of one run, from the present one to `stop`. */
  readonly write: (emitter: Emitter, stop: number) => Code;
}

/** Adds the kernel to a module: `name(from: i32, to: i32)`. */
export function writeKernel(module: ModuleWriter, library: Library, plan: KernelPlan): void {
  const { scatter } = plan;
  const { graph, outer, inner, roots, whole, write } =
    scatter === undefined ? elementLoops(plan) : stepLoops(plan, scatter);
  const writer = module.function(plan.name, ["i32", "i32"], []);
  if (plan.sums !== undefined) writeRows(module, writer);
  const local = () => writer.local("i32");
  const counters = { coordinates: outer.map(local), start: local(), place: local(), step: local() };
  const [at, stop, length] = [local(), local(), local()];
  const emitter = new Emitter(graph, writer, library, counters, representations(roots, whole), plan.constants);
  const loops = write(emitter, stop);

  const { places } = emitter;
  const size = (s: Size): Code => (s.constant !== undefined ? i32.const(s.constant) : i32.load(i32.const(s.slot)));
  const coordinates: Code[] = [];
  const rest = local();
  coordinates.push(set(rest, i32.div_u(get(at), get(length))));
  for (let d = outer.length - 1; d >= 0; d--) {
    if (d === 0) coordinates.push(set(counters.coordinates[d], get(rest)));
    else {
      coordinates.push(set(counters.coordinates[d], i32.rem_u(get(rest), size(outer[d]))));
      coordinates.push(set(rest, i32.div_u(get(rest), size(outer[d]))));
    }
  }
  writer.body = [
    set(
      length,
      inner.reduce<Code>((product, s, i) => (i === 0 ? size(s) : i32.mul(product, size(s))), i32.const(1)),
    ),
    places.entry,
    set(at, get(0)),
    block(
      loop(
        brIf(1, i32.ge_u(get(at), get(1))),
        set(counters.place, i32.rem_u(get(at), get(length))),
        outer.length > 0 ? coordinates : [],
        set(counters.start, i32.sub(get(at), get(counters.place))),
        set(stop, i32.add(get(counters.place), i32.sub(get(1), get(at)))),
        set(stop, select(i32.lt_u(get(stop), get(length)), get(stop), get(length))),
        places.run,
        loops,
        set(at, i32.add(get(counters.start), get(stop))),
        br(0),
      ),
    ),
  ];
}

/** Element by element. */
function elementLoops(plan: KernelPlan): Loops {
  const lanesOfElements = scopeOf(plan);
  const across = acrossFor(plan, lanesOfElements);
  const scope = across?.graph.scope ?? lanesOfElements;
  const graph = across?.graph ?? new GraphBuilder(scope);
  const body = across?.body ?? bodyOf(graph, plan);
  const whole = new Set<Node>();
  const { record } = plan;
  if (bitsOf(record.dtype) === 64) whole.add(body.value);
  const accumulatorTypes = body.accumulators.length === 0 ? [] : scope.accumulators;
  accumulatorTypes.forEach((dtype, i) => {
    if (bitsOf(dtype) === 64) for (const node of [body.init[i], body.step[i], body.accumulators[i]]) whole.add(node);
  });
  return {
    graph,
    outer: scope.dimensions.slice(0, scope.inner),
    inner: scope.dimensions.slice(scope.inner),
    roots: rootsOf(body),
    whole,
    write(emitter, stop) {
      if (across !== undefined) return acrossLoop(emitter, plan, across.match, body);
      const loops: Code[] = [];
      const most = innerMost(scope);
      if (most >= LANES && bitsOf(record.dtype) !== 4 && worthVectors(body)) {
        const copies = body.accumulators.length > 0 ? REDUCTION_COPIES : MAP_COPIES;
        if (copies > 1 && most >= LANES * copies) loops.push(placeLoop(emitter, plan, body, true, copies, stop));
        loops.push(placeLoop(emitter, plan, body, true, 1, stop));
      }
      return [...loops, placeLoop(emitter, plan, body, false, 1, stop)];
    },
  };
}

/** Step by step, each at the elements that it means. */
function stepLoops(plan: KernelPlan, scatter: Scatter): Loops {
  const { graph, outer, lanes, meant, index, value } = scatter;
  return {
    graph,
    outer: plan.dimensions.slice(0, outer),
    inner: [fixed(lanes)],
    roots: [meant, index, value],
    whole: new Set(bitsOf(plan.record.dtype) === 64 ? [value] : []),
    write: (emitter, stop) => scatterLoop(emitter, plan, scatter, stop),
  };
}

/** The reduction across steps that serves a plan better than lanes over elements, if there is one. */
export function acrossFor(
  plan: KernelPlan,
  scope: Scope,
): { readonly graph: GraphBuilder; readonly match: Across; readonly body: Body } | undefined {
  const { record } = plan;
  if (record.kind !== "reduce" || plan.sums !== undefined || plan.rowByRow) return undefined;
  const byElement = new GraphBuilder(scope);
  const [perElement] = byElement.section(
    record.step,
    record.accumulators.map((_, i) => byElement.accumulator(i)),
    true,
  );
  if (!prefersAcross(perElement, plan.count, plan.extent)) return undefined;
  const graph = new GraphBuilder({ ...scope, inner: scope.dimensions.length, across: true });
  const match = acrossOf(graph, record);
  if (match === undefined) return undefined;
  const [final] = graph.section(record.final, [match.accumulator]);
  const value = stored(graph, record.dtype, final);
  return {
    graph,
    match,
    body: { accumulators: [match.accumulator], init: [match.init], step: [match.element], value },
  };
}

/** One element: its reduction, and what becomes of it. */
function acrossLoop(emitter: Emitter, plan: KernelPlan, match: Across, body: Body): Code {
  const { place } = emitter.counters;
  const { code, result } = acrossCode(emitter, match, plan.extent, place);
  emitter.begin(false, 1);
  emitter.setAccumulators([[[result]]]);
  emitter.end();
  const store = storeOf(emitter, plan, body.value, false, 0);
  return [code, set(place, i32.const(0)), emitter.places.lane, emitter.places.final, store];
}

function innerMost({ dimensions, inner }: Scope): number {
  return dimensions.slice(inner).reduce((product, { most }) => product * most, 1);
}

/** Whether the lanes of the code differ at all in more than their place: otherwise single elements are as good. */
function worthVectors({ value, step }: Body): boolean {
  return [value, ...step].some(({ stride }) => stride !== 0);
}

/** The loop over places from the present one on, `copies` vectors or one place at a time. */
function placeLoop(
  emitter: Emitter,
  plan: KernelPlan,
  body: Body,
  vectors: boolean,
  copies: number,
  stop: number,
): Code {
  const { writer, counters, places } = emitter;
  emitter.begin(vectors, copies);
  const each = <T>(f: (copy: number) => T): T[] =>
    Array.from({ length: copies }, (_, copy) => {
      emitter.copy(copy);
      return f(copy);
    });

  const steps: Code[] = [];
  if (body.accumulators.length > 0) {
    const widths = body.accumulators.map((node) => {
      const wide = emitter.representation(node) === "wide";
      return { count: vectors && wide ? LANES : 1, type: vectors && !wide ? ("v128" as const) : undefined };
    });
    const newLocals = (): number[][] =>
      body.accumulators.map((node, i) =>
        Array.from({ length: widths[i].count }, () =>
          writer.local(widths[i].type ?? typeOf(emitter.representation(node))),
        ),
      );
    const [accumulators, next] = [each(newLocals), each(newLocals)];
    emitter.setAccumulators(accumulators);
    /** Values for the accumulators, in their representation. */
    const values = (nodes: readonly Node[]): Code[][] =>
      nodes.map((node, i) => accumulatorValues(emitter, body.accumulators[i], node, widths[i].count, vectors));
    each((copy) => {
      const initial = values(body.init);
      initial.forEach((codes, i) => codes.forEach((code, k) => places.lane.push(set(accumulators[copy][i][k], code))));
    });
    each((copy) => {
      const results = values(body.step);
      results.forEach((codes, i) => codes.forEach((code, k) => places.inner.push(set(next[copy][i][k], code))));
    });
    next.flat(2).forEach((from, i) => places.inner.push(set(accumulators.flat(2)[i], get(from))));
    const { extent } = plan;
    const to = writer.local("i32");
    const end = extent.constant !== undefined ? i32.const(extent.constant) : i32.load(i32.const(extent.slot));
    const sooner = body.end && emitter.access.low(body.end);
    steps.push(
      set(to, end),
      sooner === undefined ? [] : set(to, select(i32.lt_u(sooner, get(to)), sooner, get(to))),
      set(counters.step, i32.const(0)),
      block(
        loop(
          brIf(1, i32.ge_u(get(counters.step), get(to))),
          places.step,
          places.inner,
          set(counters.step, i32.add(get(counters.step), i32.const(1))),
          br(0),
        ),
      ),
    );
    emitter.end();
  }
  const stores = body.accumulators.length > 0 ? places.final : places.lane;
  const ends: number[] = [];
  each((copy) => {
    stores.push(storeOf(emitter, plan, body.value, vectors, LANES * copy));
    ends.push(stores.length);
  });
  // What is known for all copies alike was written with the first: only equal halves can be side by side.
  if (body.accumulators.length === 0 && copies === 2) zip(stores, ends[0]);

  const width = vectors ? LANES * copies : 1;
  const enough = i32.le_u(i32.add(get(counters.place), i32.const(width)), get(stop));
  return block(
    loop(
      brIf(1, i32.eqz(enough)),
      places.lane,
      steps,
      places.final,
      set(counters.place, i32.add(get(counters.place), i32.const(width))),
      br(0),
    ),
  );
}

/** Puts the two halves of a list, if they are equally long, one into the other. */
function zip(list: Code[], half: number): void {
  if (list.length !== 2 * half) return;
  const [first, second] = [list.slice(0, half), list.slice(half)];
  list.splice(0, list.length, ...first.flatMap((code, i) => [code, second[i]]));
}

function accumulatorValues(emitter: Emitter, accumulator: Node, node: Node, count: number, vectors: boolean): Code[] {
  const as = emitter.representation(accumulator);
  if (!vectors) {
    const { float, wide, low } = emitter.access;
    return [as === "float" ? float(node) : as === "wide" ? wide(node) : low(node)];
  }
  if (count > 1) return Array.from({ length: count }, (_, k) => emitter.laneAccess(k).wide(node));
  return [as === "float" ? emitter.vectors.float(node) : emitter.vectors.low(node)];
}
