/**
 * Finds the scattering reduction in a record, by its code as `recognise.ts` finds contractions: one accumulator, which a step
 * leaves as it is unless some coordinates of the element equal numbers that do not depend on them. Those numbers then name
 * the elements that the step means, and no element need ask.
 */
import { bitsOf } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { stored } from "../codegen/body.ts";
import { DEPENDS, GraphBuilder, type Node, type Size } from "../codegen/graph.ts";
import type { Scatter } from "../codegen/scatter.ts";
import type { Subject } from "./recognise.ts";

/**
 * The scattering reduction that a record is; undefined where it is none.
 *
 * @param accumulators Where the accumulators of all elements lie while the steps are run through.
 */
export function recogniseScatter(subject: Subject, accumulators: Size): Scatter | undefined {
  const { record, dimensions, count, operands } = subject;
  if (record.kind !== "reduce" || record.accumulators.length !== 1 || count.most === 0) return undefined;
  const [dtype] = record.accumulators;
  if (bitsOf(dtype) < 8 || !dimensions.every(({ constant }) => constant !== undefined)) return undefined;
  const sizes = dimensions.map(({ constant }) => constant!);
  const graph = new GraphBuilder({
    ...subject,
    operands: [...operands, { kind: "tensor", dtype, count, address: accumulators }],
    constants: record.constants,
    rank: sizes.length,
    accumulators: record.accumulators,
    inner: sizes.length,
  });
  const accumulator = graph.accumulator(0);
  const [next] = graph.section(record.step, [accumulator], true);
  if (next.op !== OPCODE.select || next.args[2] !== accumulator) return undefined;
  const [condition, value] = next.args;
  if ((condition.depends & DEPENDS.ACCUMULATOR) !== 0) return undefined;
  const { names, rest } = namesIn(condition);
  if (names.size === 0) return undefined;

  const outer = Math.min(...names.keys());
  const inside = sizes.flatMap((_, d) => (d > outer && !names.has(d) ? [d] : []));
  const lanes = inside.reduce((product, d) => product * sizes[d], 1);
  const coordinates = laneCoordinates(graph, sizes, inside, lanes);
  const replaced = new Map(coordinates);
  const meant: Node[] = [];
  for (const [d, name] of names) {
    const named = graph.replace(name, new Map(coordinates));
    const size = graph.constant(sizes[d]);
    meant.push(graph.compute(OPCODE.ult, named, size));
    // Whatever is named, an element of the tensor is read; where it is not meant it is not used.
    const within = graph.inside(named, dimensions[d]);
    replaced.set(graph.coordinate(d), within ? named : graph.compute(OPCODE.umin, named, graph.constant(sizes[d] - 1)));
  }
  const index = linearIndex(graph, sizes, inside, replaced);
  // INVARIANT: the accumulator that a step reads is that of the step's place.
  if ((index.depends & DEPENDS.STEP) === 0) return undefined;
  replaced.set(graph.linear(), index);
  replaced.set(accumulator, graph.load(operands.length, index, graph.constant(0)));
  for (const other of rest) meant.push(graph.compute(OPCODE.truth, graph.replace(other, replaced)));
  return {
    graph,
    outer,
    lanes,
    meant: meant.reduce((all, one) => graph.compute(OPCODE.and, all, one)),
    index,
    value: graph.replace(stored(graph, dtype, value), replaced),
    isElement: dtype === record.dtype && graph.section(record.final, [accumulator])[0] === accumulator,
  };
}

/** Takes a condition apart: what coordinates are to equal, by their number, and what else is to hold. */
function namesIn(condition: Node): { readonly names: ReadonlyMap<number, Node>; readonly rest: readonly Node[] } {
  const names = new Map<number, Node>();
  const rest: Node[] = [];
  const isFree = (name: Node, d: number): boolean => [...names.keys(), d].every((k) => !reads(name, k));
  const isRead = (d: number): boolean => [...names.values()].some((name) => reads(name, d));
  for (const one of conjunction(condition)) {
    const [a, b] = one.args;
    const [coordinate, name] = a?.op === OPCODE.index ? [a, b] : [b, a];
    const d = coordinate?.op === OPCODE.index ? coordinate.imm : -1;
    if (one.op === OPCODE.ieq && d >= 0 && !names.has(d) && isFree(name, d) && !isRead(d)) names.set(d, name);
    else rest.push(one);
  }
  return { names, rest };
}

const reads = (node: Node, coordinate: number): boolean => (node.depends & (1 << coordinate)) !== 0;

/** The conditions that all hold where this one does. */
function conjunction(condition: Node): readonly Node[] {
  const isTruth = ({ low, high }: Node): boolean => low >= 0 && high <= 1;
  const isBoth = condition.op === OPCODE.and && condition.args.every(isTruth);
  return isBoth ? condition.args.flatMap(conjunction) : [condition];
}

/** Coordinates of those dimensions that lanes run through, as parts of a lane's place among them. */
function laneCoordinates(
  graph: GraphBuilder,
  sizes: readonly number[],
  inside: readonly number[],
  lanes: number,
): Map<Node, Node> {
  const parts = new Map<Node, Node>();
  let rest = graph.lane(lanes);
  for (const d of [...inside].reverse()) {
    if (sizes[d] === 1) continue;
    const size = graph.constant(sizes[d]);
    parts.set(graph.coordinate(d), graph.compute(OPCODE.urem, rest, size));
    rest = graph.compute(OPCODE.udiv, rest, size);
  }
  return parts;
}

/** Linear index of an element, of which some coordinates are replaced. */
function linearIndex(
  graph: GraphBuilder,
  sizes: readonly number[],
  inside: readonly number[],
  replaced: ReadonlyMap<Node, Node>,
): Node {
  const stride = (d: number): number => sizes.slice(d + 1).reduce((product, size) => product * size, 1);
  // Those of the lanes first: together they are the lane's place again.
  const order = [...inside, ...sizes.map((_, d) => d).filter((d) => !inside.includes(d))];
  return order.reduce((sum, d) => {
    const own = graph.coordinate(d);
    const term = graph.compute(OPCODE.imul, replaced.get(own) ?? own, graph.constant(stride(d)));
    return graph.compute(OPCODE.iadd, sum, term);
  }, graph.constant(0));
}
