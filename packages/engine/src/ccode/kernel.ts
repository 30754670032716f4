/**
 * A node record as a C function that computes elements [from, to) of its tensor: the same graph and the same loops as
 * `codegen/kernel.ts`, with the lanes of the machine's own vectors. The text holds no size and no address; those are the
 * words that the function is called with.
 */
import { bitsOf, DType } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { acrossFor } from "../codegen/kernel.ts";
import type { Across } from "../codegen/across.ts";
import { bodyOf, rootsOf, scopeOf, type Body, type KernelPlan } from "../codegen/body.ts";
import { fixed, GraphBuilder, type Node, type Scope, type Size } from "../codegen/graph.ts";
import { representations } from "../codegen/representation.ts";
import type { Scatter } from "../codegen/scatter.ts";
import { Emitter } from "./emitter.ts";
import { NoForm } from "./loads.ts";
import { scatterLoop } from "./scatter.ts";
import { storeVector, storeWord } from "./stores.ts";
import type { Family } from "./words.ts";

/** Vectors that a reduction's loops compute at once, to hide the latency of its chains; the last may be a part of one. */
const REDUCTION_COPIES = [4, 2];
/** Vectors of steps that are reduced at once. */
const ACROSS_COPIES = 4;

export interface KernelText {
  /** The function's body, its braces included. */
  readonly text: string;
  readonly parameters: readonly number[];
}

/** The kernel in C, or undefined where C has no form for it. */
export function kernelText(plan: KernelPlan): KernelText | undefined {
  if (bitsOf(plan.record.dtype) < 8) return undefined;
  try {
    return write(plan);
  } catch (error) {
    if (error instanceof NoForm) return undefined;
    throw error;
  }
}

/** What a kernel's function runs through, in a graph, and how; as in `codegen/kernel.ts`. */
interface Loops {
  readonly graph: GraphBuilder;
  readonly dimensions: readonly Size[];
  /** How many of the dimensions, the first, have runs of their own; the others make up a run. */
  readonly outer: number;
  readonly roots: readonly Node[];
  /** Those roots that are indices of elements. */
  readonly indices?: readonly Node[];
  readonly whole: ReadonlySet<Node>;
  /** Loops over the places of one run, from the present one to `stop`; `out` is the tensor's address. */
  readonly write: (emitter: Emitter, out: string) => readonly string[];
}

function write(plan: KernelPlan): KernelText {
  const { scatter } = plan;
  const { graph, dimensions, outer, roots, indices, whole, write } =
    scatter === undefined ? elementLoops(plan) : stepLoops(plan, scatter);
  const emitter = new Emitter(graph, representations(roots, whole), roots, indices);
  const out = emitter.size(plan.out);
  const sizes = dimensions.map((size) => (size.constant === 1 ? "1" : emitter.size(size)));
  const loops = write(emitter, out);

  const { places, parameters } = emitter;
  const inner = sizes.slice(outer);
  const coordinates = Array.from({ length: outer }, (_, d) => `c${d}`);
  const lines = [
    ...parameters.map((_, i) => `const uint32_t a${i} = p[${i}];`),
    `const uint32_t length = ${inner.length === 0 ? "1" : inner.join(" * ")};`,
    ...coordinates.map((_, d) => `const uint32_t d${d} = ${sizes[d]};`),
    ...places.entry,
    "if (from >= to) return;",
    "uint32_t place = from % length;",
    ...(outer > 0 ? ["uint32_t rest = from / length;"] : []),
    ...[...coordinates].reverse().map((c, i) => {
      const d = outer - 1 - i;
      return d === 0 ? `uint32_t ${c} = rest;` : `uint32_t ${c} = rest % d${d}; rest /= d${d};`;
    }),
    "for (uint32_t at = from; at < to;) {",
    "const uint32_t start = at - place;",
    "const uint32_t stop = to - start < length ? to - start : length;",
    ...places.run,
    ...loops,
    "at = start + stop; place = 0;",
    ...[...coordinates].reverse().map((c, i) => {
      const d = outer - 1 - i;
      return d === 0 ? `${c}++;` : `if (++${c} < d${d}) continue; ${c} = 0;`;
    }),
    "}",
  ];
  return { text: `{\n${lines.join("\n")}\n}\n`, parameters };
}

/** Element by element. */
function elementLoops(plan: KernelPlan): Loops {
  const byElement = scopeOf(plan);
  const across = acrossFor(plan, byElement);
  const scope = across?.graph.scope ?? byElement;
  const graph = across?.graph ?? new GraphBuilder(scope);
  const body = across?.body ?? bodyOf(graph, plan);
  return {
    graph,
    dimensions: scope.dimensions,
    outer: scope.inner,
    roots: rootsOf(body),
    whole: wholeNodes(plan, body, scope),
    write(emitter, out) {
      if (across !== undefined) return [acrossLoop(emitter, plan, across.match, body, out)];
      const reduces = body.accumulators.length > 0;
      if (reduces && prefersSingle(body, graph)) return [singleLoop(emitter, plan, body, out, true)];
      const loops: string[] = [];
      if (reduces) {
        loops.push(...REDUCTION_COPIES.map((copies) => placeLoop(emitter, plan, body, out, copies, "n")));
        loops.push(singleLoop(emitter, plan, body, out, false));
      } else loops.push(placeLoop(emitter, plan, body, out, 1, "LANES"));
      return [...loops, placeLoop(emitter, plan, body, out, 1, "n")];
    },
  };
}

/** Step by step, each at the elements that it means. */
function stepLoops(plan: KernelPlan, scatter: Scatter): Loops {
  const { graph, outer, lanes, meant, index, value } = scatter;
  return {
    graph,
    dimensions: [...plan.dimensions.slice(0, outer), fixed(lanes)],
    outer,
    roots: [meant, index, value],
    indices: [index],
    whole: new Set(bitsOf(plan.record.dtype) === 64 ? [value] : []),
    write: (emitter, out) => [scatterLoop(emitter, plan, scatter, out)],
  };
}

/** Nodes of which all 64 bits are stored. */
function wholeNodes({ record }: KernelPlan, body: Body, scope: Scope): Set<Node> {
  const whole = new Set<Node>(bitsOf(record.dtype) === 64 ? [body.value] : []);
  body.accumulators.forEach((accumulator, i) => {
    if (bitsOf(scope.accumulators[i]) !== 64) return;
    for (const node of [body.init[i], body.step[i], accumulator]) whole.add(node);
  });
  return whole;
}

/** The loop over places from the present one on: `copies` vectors at a time, all whole or the last one perhaps n lanes. */
function placeLoop(
  emitter: Emitter,
  plan: KernelPlan,
  body: Body,
  out: string,
  copies: number,
  lanes: "LANES" | "n",
): string {
  const { places } = emitter;
  emitter.begin(copies, lanes);
  const each = <T>(f: (copy: number) => T): T[] =>
    Array.from({ length: copies }, (_, copy) => {
      emitter.copy(copy);
      return f(copy);
    });
  const steps: string[] = [];
  const reduces = body.accumulators.length > 0;
  if (reduces) {
    const accumulators = each(() => body.accumulators.map(() => emitter.name()));
    emitter.setAccumulators(accumulators);
    each((copy) =>
      body.init.forEach((node, i) => {
        const [type, value] = accumulated(emitter, "v", body.accumulators[i], node);
        places.lane.push(`${type} ${accumulators[copy][i]} = ${value};`);
      }),
    );
    const next: string[] = [];
    each((copy) =>
      body.step.forEach((node, i) => {
        const [type, value] = accumulated(emitter, "v", body.accumulators[i], node);
        const name = emitter.name();
        places.inner.push(`const ${type} ${name} = ${value};`);
        next.push(`${accumulators[copy][i]} = ${name};`);
      }),
    );
    const extent = stepsOf(emitter, plan, body);
    steps.push(`for (uint32_t step = 0; step < ${extent}; step++) {`, ...places.step, ...places.inner, ...next, "}");
    emitter.end();
  }
  const stores = reduces ? places.final : places.lane;
  each(() => {
    const store = storeVector(emitter, plan, body.value, out);
    stores.push(store);
  });
  const inside = [...places.lane, ...steps, ...places.final];
  if (lanes === "LANES") {
    return ["for (; place + LANES <= stop; place += LANES) {", ...inside, "}"].join("\n");
  }
  const before = copies === 1 ? "place" : `place + ${copies - 1} * LANES`;
  return [
    `for (; ${before} < stop; place += ${copies} * LANES) {`,
    `const int n = stop - (${before}) < LANES ? (int)(stop - (${before})) : LANES;`,
    ...inside,
    "}",
  ].join("\n");
}

/** The name of the number of steps that are run. */
function stepsOf(emitter: Emitter, plan: KernelPlan, body: Body): string {
  const [size, sooner] = [emitter.size(plan.extent), body.end && emitter.words.low(body.end)];
  const extent = emitter.name();
  const end = sooner === undefined ? size : `(uint32_t)${sooner} < ${size} ? (uint32_t)${sooner} : ${size}`;
  emitter.places.entry.push(`const uint32_t ${extent} = ${end};`);
  return extent;
}

/** Places left over that are reduced one by one: so few lanes are not worth a vector. */
const FEW = 2;

/** The loop over places one at a time, in single words: over the last few of a run, or over all. */
function singleLoop(emitter: Emitter, plan: KernelPlan, body: Body, out: string, all: boolean): string {
  const { places } = emitter;
  emitter.begin(1, "1");
  const names = body.accumulators.map(() => emitter.name());
  emitter.setAccumulators([names]);
  const before = body.init.map((node, i) => {
    const [type, value] = accumulated(emitter, "s", body.accumulators[i], node);
    return `${type} ${names[i]} = ${value};`;
  });
  const next = body.step.map((node, i) => {
    const [type, value] = accumulated(emitter, "s", body.accumulators[i], node);
    const name = emitter.name();
    places.inner.push(`const ${type} ${name} = ${value};`);
    return `${names[i]} = ${name};`;
  });
  const extent = stepsOf(emitter, plan, body);
  const steps = [...places.step, ...places.inner, ...next];
  emitter.end();
  const store = storeWord(emitter, plan, body.value, out);
  return [
    `for (; place < stop${all ? "" : ` && stop - place <= ${FEW}`}; place++) {`,
    ...places.lane,
    ...before,
    `for (uint32_t step = 0; step < ${extent}; step++) {`,
    ...steps,
    "}",
    ...places.final,
    store,
    "}",
  ].join("\n");
}

/**
 * Whether a reduction is better made one place at a time: where it loads elements that lie anywhere and are of a type that
 * machines do not gather, lane by lane is all that a vector could do, and what depends on them waits.
 */
function prefersSingle({ step }: Body, graph: GraphBuilder): boolean {
  const seen = new Set<Node>();
  const gathers = (node: Node): boolean => {
    if (seen.has(node)) return false;
    seen.add(node);
    if (node.op === OPCODE.load && node.stride === undefined && node.args[0].stride === undefined) {
      const operand = graph.scope.operands[node.imm];
      const dtype = operand.kind === "tensor" || operand.kind === "row" ? operand.dtype : undefined;
      if (dtype !== undefined && !GATHERED.has(dtype) && node.args[0].op !== OPCODE.select) return true;
    }
    return node.args.some(gathers);
  };
  return step.some(gathers);
}

/** Types that machines gather. */
const GATHERED = new Set<DType>([DType.FLOAT32, DType.INT32, DType.UINT32]);

/** A value for an accumulator: its type, and the value in the accumulator's representation; of a lane or of all. */
function accumulated(emitter: Emitter, family: Family, accumulator: Node, node: Node): readonly [string, string] {
  const words = family === "s" ? emitter.words : emitter.vectors;
  switch (emitter.representation(accumulator)) {
    case "float":
      return [family === "s" ? "float" : "vf", words.float(node)];
    case "wide":
      return [family === "s" ? "int64_t" : "vl", words.wide(node)];
    default:
      return [family === "s" ? "int32_t" : "vi", words.low(node)];
  }
}

/** How words are reduced in any order: the function, and how they become keys and patterns again. */
const APPLY: Readonly<Record<number, { readonly name: string; readonly key?: string; readonly pattern?: string }>> = {
  [OPCODE.fmax]: { name: "imax", key: "key", pattern: "s_key" },
  [OPCODE.fmin]: { name: "imin", key: "minkey", pattern: "s_unminkey" },
  [OPCODE.imax]: { name: "imax" },
  [OPCODE.imin]: { name: "imin" },
  [OPCODE.iadd]: { name: "iadd" },
};

/** One element, by lanes over the steps of its reduction; `place` counts the steps. */
function acrossLoop(
  emitter: Emitter,
  plan: KernelPlan,
  { op, element, init }: Across,
  body: Body,
  out: string,
): string {
  const { name, key, pattern } = APPLY[op];
  const keyed = (family: string, word: string): string => (key === undefined ? word : `${family}_${key}(${word})`);
  const sums = Array.from({ length: ACROSS_COPIES }, () => emitter.name());

  emitter.begin(ACROSS_COPIES, "LANES");
  const updates = sums.map((sum, copy) => {
    emitter.copy(copy);
    return `${sum} = v_${name}(${sum}, ${keyed("v", emitter.vectors.low(element))});`;
  });
  const whole = [...emitter.places.lane, ...updates];
  emitter.begin(1, "n");
  const last = keyed("v", emitter.vectors.low(element));
  const rest = [
    ...emitter.places.lane,
    `${sums[0]} = v_select(v_first(n), v_${name}(${sums[0]}, ${last}), ${sums[0]});`,
  ];

  emitter.begin(1, "1");
  const first = keyed("s", emitter.words.low(init));
  const before = emitter.places.lane;
  // A sum starts from nothing in every lane; of the others any number of copies of the start is the start.
  const start = op === OPCODE.iadd ? "v_set(0)" : `v_set(${first})`;
  emitter.begin(1, "1");
  const [result, reduced] = [emitter.name(), emitter.name()];
  emitter.setAccumulators([[`${body.accumulators[0].float ? "v_setf" : "v_set"}(${reduced})`]]);
  emitter.end();
  const store = storeVector(emitter, plan, body.value, out);
  const found = pattern === undefined ? result : `${pattern}(${result})`;
  const type = body.accumulators[0].float
    ? `const float ${reduced} = s_float(${found});`
    : `const int32_t ${reduced} = ${found};`;
  const extent = emitter.name();
  emitter.places.entry.push(`const uint32_t ${extent} = ${emitter.size(plan.extent)};`);
  const joined = sums.slice(1).reduce((all, sum) => `v_${name}(${all}, ${sum})`, sums[0]);
  return [
    "for (; place < stop; place++) {",
    ...before,
    ...sums.map((sum) => `vi ${sum} = ${start};`),
    "{",
    "uint32_t place = 0;",
    `for (; place + ${ACROSS_COPIES} * LANES <= ${extent}; place += ${ACROSS_COPIES} * LANES) {`,
    ...whole,
    "}",
    `for (; place < ${extent}; place += LANES) {`,
    `const int n = ${extent} - place < LANES ? (int)(${extent} - place) : LANES;`,
    ...rest,
    "}",
    "}",
    `const int32_t ${result} = s_${name}(v_reduce_${name}(${joined}), ${first});`,
    type,
    ...emitter.places.lane,
    ...emitter.places.final,
    store,
    "}",
  ].join("\n");
}
