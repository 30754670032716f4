/** Packs columns that are integers times scales, a part at a time; the integers and scales are computed of the parameters. */
import type { Evaluator } from "../evaluated.ts";
import { Quantiser, type Misfit } from "../kernels/quantiser.ts";
import { LEAST_GROUP, quantisedLayout, type Quantisation, type QuantisedLayout } from "../quantisedColumns.ts";
import { elementsOf, type ComputedFactor } from "./computedFactor.ts";
import type { LinearMemory } from "./memory.ts";
import { quantisedParts } from "./quantisedFactor.ts";

/** Elements that are computed at a time, if one index of the dimension has no more. */
const PART_ELEMENTS = 2 ** 20;

/** Columns as a contraction reads them: their element stands at `lane[n] + depth[r]` of the factor's tensor. */
export interface Columns {
  readonly factor: ComputedFactor;
  readonly lane: Int32Array;
  readonly depth: Int32Array;
}

/** What packs columns. */
export interface QuantisedTools {
  readonly evaluator: Evaluator;
  readonly quantiser: Quantiser;
  /** Lanes of a panel. */
  readonly panel: number;
  readonly memory: LinearMemory;
}

/** Packed columns. */
export interface QuantisedPlace {
  readonly address: number;
  readonly quantisation: Quantisation;
}

/**
 * Packs columns into memory that it takes; undefined, and the memory as before, where they cannot be held so. Of the ways to
 * quantise that hold them exactly the one with the fewest bits and the largest groups.
 */
export function packQuantised(columns: Columns, tools: QuantisedTools): QuantisedPlace | undefined {
  const { memory, panel } = tools;
  const { lane, depth } = columns;
  const bottom = memory.top;
  let place: QuantisedPlace | undefined;
  let parts: OpenParts | undefined;
  try {
    parts = openParts(columns, tools);
    if (parts === undefined) return undefined;
    const mark = memory.top;
    let quantisation: Quantisation | undefined = { bits: 4, group: depth.length };
    while (quantisation !== undefined) {
      const layout = quantisedLayout(panel, depth.length, lane.length, quantisation);
      const made = memory.take(layout.bytes);
      memory.bytes.fill(0, made, made + layout.bytes);
      const misfit = parts.write(made, quantisation, layout);
      memory.release(mark);
      if (misfit === undefined) {
        // To the place of what it was made with.
        memory.release(bottom);
        const address = memory.take(layout.bytes);
        memory.bytes.copyWithin(address, made, made + layout.bytes);
        place = { address, quantisation };
        return place;
      }
      quantisation = next(quantisation, misfit);
    }
    return undefined;
  } finally {
    parts?.close();
    if (place === undefined) memory.release(bottom);
  }
}

/** What to try after a misfit. */
function next({ bits, group }: Quantisation, misfit: Misfit): Quantisation | undefined {
  if (misfit === "bits" && bits === 4) return { bits: 8, group };
  const smaller = 2 ** (Math.ceil(Math.log2(group)) - 1);
  return misfit === "group" && smaller >= LEAST_GROUP ? { bits, group: smaller } : undefined;
}

interface OpenParts {
  /** Writes all lanes to an address, or says what does not fit. */
  write(to: number, quantisation: Quantisation, layout: QuantisedLayout): Misfit | undefined;
  close(): void;
}

function openParts(
  { factor, lane, depth }: Columns,
  { evaluator, quantiser, memory }: QuantisedTools,
): OpenParts | undefined {
  const registers = quantisedParts(factor);
  const cut = registers && cutOf(factor.sizes, lane, depth);
  if (cut === undefined) return undefined;
  const { dimension, lanes, starts } = cut;
  const size = factor.sizes[dimension];
  const inner = elementsOf(factor) / size;
  const count = Math.max(1, Math.min(size, Math.floor(PART_ELEMENTS / inner)));
  const counts = [count, ...(size % count === 0 ? [] : [size % count])];
  const opened = evaluator.parts(factor, [registers!.integer, registers!.scale], dimension, counts);
  if (opened === undefined) return undefined;
  return {
    write(to, quantisation, layout) {
      const bytes = 4 * inner * count;
      const [integers, scales] = [memory.take(bytes), memory.take(bytes)];
      for (let from = 0; from < size; from += count) {
        const own = Math.min(count, size - from);
        const room = [integers, scales].map((at) => memory.bytes.subarray(at, at + bytes));
        opened.compute(from, own, room);
        const moved = cut.moved(from, own);
        const start = moved(depth[0], from);
        const apart = depth.length === 1 ? 0 : 4 * (moved(depth[1], from) - start);
        for (let at = from; at < from + own; at++) {
          for (let i = starts[at]; i < starts[at + 1]; i++) {
            const n = lanes[i];
            const place = 4 * (moved(lane[n], at) + start);
            const elements = { integers: integers + place, scales: scales + place, apart };
            const misfit = quantiser.lane(to, n, depth.length, quantisation, layout, elements);
            if (misfit !== undefined) return misfit;
          }
        }
      }
      return undefined;
    },
    close: () => opened.close(),
  };
}

/** How a tensor is cut so that a part holds whole lanes. */
interface Cut {
  readonly dimension: number;
  /** The lanes in order of their index along the dimension; those of index i are lanes[starts[i] … starts[i + 1] - 1]. */
  readonly lanes: Int32Array;
  readonly starts: Int32Array;
  /** Where in the part [from, from + count) of the dimension the element at `offset` of the whole stands, of index `at`. */
  moved(from: number, count: number): (offset: number, at: number) => number;
}

/**
 * The cut along the first dimension that tells lanes apart; undefined where the steps of a lane lie across it, or not at one
 * distance.
 */
function cutOf(sizes: readonly number[], lane: Int32Array, depth: Int32Array): Cut | undefined {
  const strides = sizes.map((_, d) => sizes.slice(d + 1).reduce((product, size) => product * size, 1));
  const coordinate = (offset: number, d: number): number => Math.floor(offset / strides[d]) % sizes[d];
  const greatest = (table: Int32Array, d: number): number =>
    table.reduce((most, offset) => Math.max(most, coordinate(offset, d)), 0);
  if (lane.some((offset) => offset < 0) || depth.some((offset) => offset < 0)) return undefined;
  if (depth.some((offset, r) => r > 1 && offset - depth[r - 1] !== depth[1] - depth[0])) return undefined;
  // INVARIANT: no coordinate of a sum carries, so the coordinates of lane and step are those of the element together.
  if (sizes.some((size, d) => greatest(lane, d) + greatest(depth, d) >= size)) return undefined;
  const dimension = sizes.findIndex((_, d) => greatest(lane, d) > 0);
  if (dimension < 0 || greatest(depth, dimension) > 0) return undefined;
  const lanes = Int32Array.from(lane, (_, n) => n);
  const starts = new Int32Array(sizes[dimension] + 1);
  for (const offset of lane) starts[coordinate(offset, dimension) + 1]++;
  for (let i = 0; i < sizes[dimension]; i++) starts[i + 1] += starts[i];
  lanes.sort((a, b) => coordinate(lane[a], dimension) - coordinate(lane[b], dimension));
  const inner = strides[dimension];
  return {
    dimension,
    lanes,
    starts,
    moved: (from, count) => {
      // What lies before the dimension follows at a shorter distance in the part.
      const whole = inner * sizes[dimension];
      return (offset, at) => Math.floor(offset / whole) * inner * count + (at - from) * inner + (offset % inner);
    },
  };
}
