/** Packs columns that are integers times scales, a part at a time; the integers and scales are computed of the parameters. */
import type { Evaluator } from "../evaluated.ts";
import { LEAST_GROUP, quantisedBytes, QuantisedWriter, type Misfit, type Quantisation } from "../quantisedColumns.ts";
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

/** Packed columns. */
export interface QuantisedPlace {
  readonly address: number;
  readonly quantisation: Quantisation;
}

/**
 * Packs columns into memory that it takes; undefined, and the memory as before, where they cannot be held so. Of the ways to
 * quantise that hold them exactly the one with the fewest bits and the largest groups.
 *
 * @param panel Lanes of a panel.
 */
export function packQuantised(
  columns: Columns,
  panel: number,
  memory: LinearMemory,
  evaluator: Evaluator,
): QuantisedPlace | undefined {
  const parts = openParts(columns, evaluator);
  if (parts === undefined) return undefined;
  const { lane, depth } = columns;
  const mark = memory.top;
  try {
    let quantisation: Quantisation | undefined = { bits: 4, group: depth.length };
    while (quantisation !== undefined) {
      const bytes = quantisedBytes(panel, depth.length, lane.length, quantisation);
      const address = memory.take(bytes);
      const place = memory.bytes.subarray(address, address + bytes);
      place.fill(0);
      const misfit = parts.write(new QuantisedWriter(place, panel, depth.length, quantisation));
      if (misfit === undefined) return { address, quantisation };
      memory.release(mark);
      quantisation = next(quantisation, misfit);
    }
    return undefined;
  } finally {
    parts.close();
  }
}

/** What to try after a misfit. */
function next({ bits, group }: Quantisation, misfit: Misfit): Quantisation | undefined {
  if (misfit === "bits" && bits === 4) return { bits: 8, group };
  const smaller = 2 ** (Math.ceil(Math.log2(group)) - 1);
  return misfit === "group" && smaller >= LEAST_GROUP ? { bits, group: smaller } : undefined;
}

interface OpenParts {
  /** Writes all lanes, or says what does not fit. */
  write(writer: QuantisedWriter): Misfit | undefined;
  close(): void;
}

function openParts({ factor, lane, depth }: Columns, evaluator: Evaluator): OpenParts | undefined {
  const registers = quantisedParts(factor);
  const cut = registers && cutOf(factor.sizes, lane, depth);
  if (cut === undefined) return undefined;
  const { dimension, lanesAt } = cut;
  const opened = evaluator.parts(factor, [registers!.integer, registers!.scale], dimension);
  if (opened === undefined) return undefined;
  const size = factor.sizes[dimension];
  const count = Math.max(1, Math.min(size, Math.floor(PART_ELEMENTS / (elementsOf(factor) / size))));
  let held: { from: number; values: readonly Uint8Array[] } | undefined;
  return {
    write(writer) {
      for (let from = 0; from < size; from += count) {
        const own = Math.min(count, size - from);
        if (held?.from !== from) held = { from, values: opened.values(from, own) };
        const [integers, scales] = held.values;
        const offsets = cut.offsets(from, own);
        const elements = {
          integers: new Float32Array(integers.buffer, integers.byteOffset, integers.byteLength >> 2),
          scales: new Uint32Array(scales.buffer, scales.byteOffset, scales.byteLength >> 2),
          depth: offsets.of(depth),
        };
        for (let at = from; at < from + own; at++) {
          for (const n of lanesAt[at]) {
            const misfit = writer.lane(n, elements, offsets.ofOne(lane[n], at));
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
  /** The lanes at each index of the dimension. */
  readonly lanesAt: readonly (readonly number[])[];
  /** Where elements of the whole tensor stand in the part at [from, from + count) of the dimension. */
  offsets(
    from: number,
    count: number,
  ): {
    of(depth: Int32Array): Int32Array;
    /** @param at Index of the dimension that the element at `offset` has. */
    ofOne(offset: number, at: number): number;
  };
}

/** The cut along the first dimension that tells lanes apart; undefined where the steps of a lane lie across it. */
function cutOf(sizes: readonly number[], lane: Int32Array, depth: Int32Array): Cut | undefined {
  const strides = sizes.map((_, d) => sizes.slice(d + 1).reduce((product, size) => product * size, 1));
  const coordinate = (offset: number, d: number): number => Math.floor(offset / strides[d]) % sizes[d];
  const greatest = (table: Int32Array, d: number): number =>
    table.reduce((most, offset) => Math.max(most, coordinate(offset, d)), 0);
  if (lane.some((offset) => offset < 0) || depth.some((offset) => offset < 0)) return undefined;
  // INVARIANT: no coordinate of a sum carries, so the coordinates of lane and step are those of the element together.
  if (sizes.some((size, d) => greatest(lane, d) + greatest(depth, d) >= size)) return undefined;
  const dimension = sizes.findIndex((_, d) => greatest(lane, d) > 0);
  if (dimension < 0 || greatest(depth, dimension) > 0) return undefined;
  const lanesAt = Array.from({ length: sizes[dimension] }, (): number[] => []);
  lane.forEach((offset, n) => lanesAt[coordinate(offset, dimension)].push(n));
  const inner = strides[dimension];
  return {
    dimension,
    lanesAt,
    offsets(from, count) {
      // What lies before the dimension follows at a shorter distance in the part.
      const whole = inner * sizes[dimension];
      const moved = (offset: number, at: number): number =>
        Math.floor(offset / whole) * inner * count + (at - from) * inner + (offset % inner);
      return { of: (table) => table.map((offset) => moved(offset, from)), ofOne: moved };
    },
  };
}
