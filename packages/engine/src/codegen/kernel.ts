/**
 * A node record as a WebAssembly function that computes elements [from, to) of its tensor. What the record's code computes
 * is computed, bit for bit; loops run over the innermost dimensions in vectors of four, and a reduction's lanes each keep
 * their own accumulators, so that no order changes.
 */
import { DType, bitsOf, type NodeRecord } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import {
  block,
  br,
  brIf,
  call,
  get,
  i32,
  i32x4,
  i64,
  loop,
  select,
  set,
  shuffle,
  f32,
  v128,
  type Code,
} from "../wasm/code.ts";
import type { ModuleWriter } from "../wasm/module.ts";
import { acrossCode, acrossOf, prefersAcross, type Across } from "./across.ts";
import { canonicalBits, canonicalVector, Emitter, holdsOneNaN, LANES } from "./emitter.ts";
import { GraphBuilder, isFloatType, type Node, type OperandPlan, type Scope, type Size } from "./graph.ts";
import type { Library } from "./library.ts";
import { representations } from "./representation.ts";
import { typeOf } from "./scalar.ts";

/** Vectors that a reduction's loop computes at once, to hide the latency of its chains. */
const REDUCTION_COPIES = 4;

/** Vectors of a map that are computed side by side, so that constants are fetched once for both. */
const MAP_COPIES = 2;

/** What a kernel is made for. */
export interface KernelPlan {
  readonly name: string;
  readonly record: NodeRecord;
  readonly dimensions: readonly Size[];
  readonly count: Size;
  readonly extent: Size;
  readonly operands: readonly OperandPlan[];
  readonly symbols: readonly number[];
  readonly calls: number;
  /** Where the output lies. */
  readonly out: Size;
  /** Whether the kernel is called for one row at a time, so that the row is the same in all lanes. */
  readonly rowByRow: boolean;
  /** Address of 16 bytes that hold four copies of a pattern. */
  readonly constants: (pattern: number) => number;
  /** For the last part of a contraction: the operand that holds its sums, which then are the reduction. */
  readonly sums?: number;
}

/** The nodes of a kernel: a value, or a reduction; already as stored. */
interface Body {
  readonly accumulators: readonly Node[];
  readonly init: readonly Node[];
  readonly step: readonly Node[];
  readonly value: Node;
}

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

/** Adds the kernel to a module: `name(from: i32, to: i32)`. */
export function writeKernel(module: ModuleWriter, library: Library, plan: KernelPlan): void {
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
  const roots = [body.value, ...body.init, ...body.step, ...body.accumulators];
  const writer = module.function(plan.name, ["i32", "i32"], []);
  if (plan.sums !== undefined) writeRows(module, writer);
  const local = () => writer.local("i32");
  const outer = scope.dimensions.slice(0, scope.inner);
  const counters = { coordinates: outer.map(local), start: local(), place: local(), step: local() };
  const [at, stop, length] = [local(), local(), local()];
  const emitter = new Emitter(graph, writer, library, counters, representations(roots, whole), plan.constants);

  const loops: Code[] = [];
  const most = innerMost(scope);
  if (across !== undefined) loops.push(acrossLoop(emitter, plan, across.match, body));
  else if (most >= LANES && bitsOf(record.dtype) !== 4 && worthVectors(body)) {
    const copies = body.accumulators.length > 0 ? REDUCTION_COPIES : MAP_COPIES;
    if (copies > 1 && most >= LANES * copies) loops.push(placeLoop(emitter, plan, body, true, copies, stop));
    loops.push(placeLoop(emitter, plan, body, true, 1, stop));
  }
  if (across === undefined) loops.push(placeLoop(emitter, plan, body, false, 1, stop));

  const { places } = emitter;
  const size = (s: Size): Code => (s.constant !== undefined ? i32.const(s.constant) : i32.load(i32.const(s.slot)));
  const inner = scope.dimensions.slice(scope.inner);
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

/** The reduction across steps that serves a plan better than lanes over elements, if there is one. */
function acrossFor(
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

/** The scope: dimensions of size 1 stay, but the lanes are those from `inner` on. */
function scopeOf(plan: KernelPlan): Scope {
  const { record } = plan;
  // A row group's row is never a lane: a dimension of one stands behind it.
  const dimensions = plan.rowByRow
    ? [...(plan.dimensions.length === 0 ? [ONE] : plan.dimensions), ...(plan.dimensions.length <= 1 ? [ONE] : [])]
    : plan.dimensions;
  const used = usedCoordinates(record, plan.sums !== undefined).filter((d) => dimensions[d]?.constant !== 1);
  const last = Math.max(-1, ...used.filter((d) => d < plan.dimensions.length));
  let inner = Math.min(last + 1, Math.max(0, dimensions.length - 1));
  // The last dimension that is used is the lanes itself where nothing is left behind it.
  if (last >= 0 && dimensions.slice(inner).every(({ constant }) => constant === 1)) inner = last;
  if (plan.rowByRow) inner = Math.max(1, inner);
  return {
    constants: record.constants,
    dimensions,
    rank: plan.dimensions.length,
    count: plan.count,
    extent: plan.extent,
    operands: plan.operands,
    accumulators: record.kind === "reduce" ? record.accumulators : [],
    symbols: plan.symbols,
    calls: plan.calls,
    inner,
  };
}

const ONE: Size = { constant: 1, slot: 0, most: 1 };

function innerMost({ dimensions, inner }: Scope): number {
  return dimensions.slice(inner).reduce((product, { most }) => product * most, 1);
}

/** The coordinates that the code looks at. */
function usedCoordinates(record: NodeRecord, finalOnly: boolean): number[] {
  const sections =
    record.kind === "map" ? [record.value] : finalOnly ? [record.final] : [record.init, record.step, record.final];
  const used = new Set<number>();
  for (const { code } of sections) {
    for (let i = 0; i + 4 <= code.length; i += 4) if (code[i] === OPCODE.index) used.add(code[i + 1]);
  }
  return [...used];
}

function bodyOf(graph: GraphBuilder, { record, sums }: KernelPlan): Body {
  const plain = { accumulators: [], init: [], step: [] };
  if (record.kind === "map") return { ...plain, value: stored(graph, record.dtype, graph.section(record.value)[0]) };
  if (sums !== undefined) {
    // Of two accumulators the second is the total before the last block: -0 leaves the sum as it is.
    const sum = graph.load(sums, graph.linear(), graph.constant(0));
    const finished = sum.float ? graph.compute(OPCODE.fcanon, sum) : sum;
    const [value] = graph.section(record.final, [finished, graph.constant(0x80000000)]);
    return { ...plain, value: stored(graph, record.dtype, value) };
  }
  const types = record.accumulators;
  const accumulators = types.map((_, i) => graph.accumulator(i));
  const keep = (nodes: Node[]): Node[] => nodes.map((node, i) => stored(graph, types[i], node));
  return {
    accumulators,
    init: keep(graph.section(record.init)),
    step: keep(graph.section(record.step, accumulators, true)),
    value: stored(graph, record.dtype, graph.section(record.final, accumulators)[0]),
  };
}

/** The word after it is stored in a type and loaded again; of a 16-bit float its pattern, which is what a store writes. */
function stored(graph: GraphBuilder, dtype: DType, node: Node): Node {
  const by = (op: number, ...more: Node[]): Node => graph.compute(op, node, ...more);
  switch (dtype) {
    case DType.FLOAT32:
      return node.float ? node : by(OPCODE.fcanon);
    case DType.FLOAT16:
      return graph.compute(OPCODE.htof, by(OPCODE.ftoh));
    case DType.BFLOAT16:
      return graph.compute(OPCODE.btof, by(OPCODE.ftob));
    case DType.BOOL:
      return by(OPCODE.truth);
    case DType.INT8:
      return by(OPCODE.wrapi8);
    case DType.INT16:
      return by(OPCODE.wrapi16);
    case DType.INT32:
      return by(OPCODE.wrapi32);
    case DType.UINT8:
      return by(OPCODE.wrapu8);
    case DType.UINT16:
      return by(OPCODE.wrapu16);
    case DType.UINT32:
      return by(OPCODE.wrapu32);
    case DType.UINT4:
      return by(OPCODE.and, graph.constant(15));
    case DType.INT4: {
      const places = graph.constant(60);
      return graph.compute(OPCODE.ishr, by(OPCODE.shl, places), places);
    }
    default:
      return node;
  }
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
    steps.push(
      set(to, end),
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

/** Stores the value at the present place, `offset` places on. */
function storeOf(emitter: Emitter, plan: KernelPlan, given: Node, vectors: boolean, offset: number): Code {
  const { counters, writer } = emitter;
  const { dtype } = plan.record;
  const bits = bitsOf(dtype);
  // The pattern of a 16-bit float is what was widened.
  const node = (dtype === DType.FLOAT16 || dtype === DType.BFLOAT16) && given.args.length === 1 ? given.args[0] : given;
  const base = plan.out.constant !== undefined ? i32.const(plan.out.constant) : i32.load(i32.const(plan.out.slot));
  const place = i32.add(get(counters.start), get(counters.place));
  const address = i32.add(base, bits >= 8 ? i32.mul(place, i32.const(bits / 8)) : i32.shr_u(place, i32.const(1)));
  const shift = (offset * bits) / 8;
  if (!vectors) {
    const { low, wide, float } = emitter.access;
    const as = emitter.representation(node);
    switch (bits) {
      case 64:
        return i64.store(address, wide(node));
      case 32:
        if (dtype === DType.FLOAT32 && as === "float") {
          if (holdsOneNaN(node)) return f32.store(address, float(node));
          return i32.store(
            address,
            canonicalBits(float(node), false, () => writer.local("f32")),
          );
        }
        return i32.store(address, low(node));
      case 16:
        return i32.store16(address, low(patternNode(emitter, dtype, node)));
      case 8:
        return i32.store8(address, low(node));
      default: {
        // The even element clears the byte, the odd one adds its half.
        const odd = i32.and(place, i32.const(1));
        const nibble = i32.and(low(node), i32.const(15));
        const joined = i32.or(i32.and(i32.load8_u(address), i32.const(15)), i32.shl(nibble, i32.const(4)));
        return i32.store8(address, select(odd, joined, nibble));
      }
    }
  }
  switch (bits) {
    case 64:
      return Array.from({ length: LANES }, (_, k) =>
        i64.store(address, emitter.laneAccess(k).wide(node), shift + 8 * k),
      );
    case 32: {
      if (dtype !== DType.FLOAT32) return v128.store(address, emitter.vectors.low(node), shift);
      const value = emitter.vectors.float(node);
      const canonical = holdsOneNaN(node) || emitter.representation(node) !== "float";
      return v128.store(address, canonical ? value : canonicalVector(value), shift);
    }
    case 16: {
      const halves = shuffled(emitter.vectors.low(patternNode(emitter, dtype, node)), [0, 1, 4, 5, 8, 9, 12, 13]);
      return v128.store64_lane(address, halves, 0, shift);
    }
    default: {
      const bytes = shuffled(emitter.vectors.low(node), [0, 4, 8, 12]);
      return i32.store(address, i32x4.extract_lane(bytes, 0), shift);
    }
  }
}

/** Of a 16-bit float that is a constant, its pattern as a constant. */
function patternNode(emitter: Emitter, dtype: DType, node: Node): Node {
  if (!isFloatType(dtype) || node.op === OPCODE.ftoh || node.op === OPCODE.ftob) return node;
  return emitter.graph.compute(dtype === DType.FLOAT16 ? OPCODE.ftoh : OPCODE.ftob, node);
}

/** The given bytes of a vector, first. */
function shuffled(vector: Code, bytes: readonly number[]): Code {
  const order = [...bytes, ...new Array<number>(16 - bytes.length).fill(0)];
  return shuffle(vector, vector, order);
}
