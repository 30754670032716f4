/**
 * Steps of a run, for tests: every kind of place that a dispute can end at, and what the run says there.
 */
import { byteLength, isDType } from "../dtype.ts";
import type { Run } from "../interpreter.ts";
import type { Layout } from "../layout.ts";
import { accumulatorsAt } from "../snapshot.ts";
import { Part, type Step } from "../stepEvaluator.ts";
import { elementsPerLeaf, leavesOf } from "../tensor.ts";
import { packDescription, packShape } from "../tensorShape.ts";
import type { Trace } from "../trace.ts";
import type { Random } from "./random.ts";

/** A step, and its result: 32 bytes. */
export interface ExpectedStep {
  readonly step: Step;
  readonly result: Uint8Array;
}

/** `bytes` and zeros after them, 32 bytes. */
export function leftAligned(bytes: Uint8Array): Uint8Array {
  const word = new Uint8Array(32);
  word.set(bytes);
  return word;
}

/** The stored bytes of an element as a step gives them; a 4-bit element is the low nibble of a byte. */
export function storedBytes(source: Pick<Trace, "description" | "tensor">, place: ElementPlace): Uint8Array {
  const { call, position, element } = place;
  const { dtype } = source.description(call, position);
  const { data } = source.tensor(call, position);
  if (!isDType(dtype)) return new Uint8Array(0);
  const length = byteLength(dtype, 1);
  if (byteLength(dtype, 2) === 2 * length) {
    const bytes = new Uint8Array(length);
    bytes.set(data.subarray(element * length, (element + 1) * length));
    return bytes;
  }
  return Uint8Array.of(((data[element >> 1] ?? 0) >> (4 * (element % 2))) & 15);
}

/** An element of a tensor of a trace. */
export interface ElementPlace {
  readonly call: number;
  readonly position: number;
  readonly element: number;
}

/**
 * Steps at a place of a run: the element; where it is one of a reduction, the steps between two random snapshots, those
 * from the start, none at all, and the final; the shape. The claim is usually `claimOf(run)`.
 */
export function stepsAt(
  run: Run,
  { claim, traceRoot }: Pick<Step, "claim" | "traceRoot">,
  place: ElementPlace,
  random: Random,
): ExpectedStep[] {
  const { layout } = run;
  const { call, position, element } = place;
  const plain = { claim, traceRoot, call, position, element, lo: 0, hi: 0, from: new Uint8Array(32) };
  const value = leftAligned(storedBytes(run, place));
  const geometry = layout.isStopFlag(call, position)
    ? undefined
    : layout.geometry(call, position - layout.firstNode(call));
  const packed = geometry ? packShape(geometry) : packDescription(layout.description(call, position));
  const steps = [
    { step: { ...plain, part: Part.VALUE }, result: value },
    { step: { ...plain, part: Part.SHAPE }, result: packed },
  ];
  if (!geometry?.valid || geometry.record.kind !== "reduce") return steps;

  const { extent, description } = geometry;
  const hi = random.below(extent + 1);
  const lo = random.below(hi + 1);
  const exists = element < description.count;
  const snapshots = (at: number[]): Uint8Array[] =>
    exists
      ? accumulatorsAt(run, call, position - layout.firstNode(call), element, at).map(leftAligned)
      : at.map(() => new Uint8Array(32));
  const [first, low, high, last] = snapshots([0, lo, hi, extent]);
  const part = Part.STEPS;
  return [
    ...steps,
    { step: { ...plain, part, lo, hi, from: low }, result: high },
    { step: { ...plain, part, lo: 0, hi }, result: high },
    { step: { ...plain, part }, result: first },
    { step: { ...plain, part: Part.FINAL, from: last }, result: value },
  ];
}

/**
 * A few places of every tensor of a run: first, last and random elements, and padding in and after the last leaf. An orphan
 * has no place.
 */
export function placesOf({ layout }: Run, random: Random): ElementPlace[] {
  const places: ElementPlace[] = [];
  for (let call = 0; call < layout.calls; call++) {
    for (let position = 0; position < layout.positions(call); position++) {
      if (isOrphan(layout, call, position)) continue;
      const description = layout.description(call, position);
      const { dtype, count } = description;
      const whole = isDType(dtype) ? leavesOf(description) * elementsPerLeaf(dtype) : 1;
      const elements = new Set([0, Math.max(0, count - 1), random.below(Math.max(1, count)), count, whole - 1]);
      for (const element of elements) places.push({ call, position, element });
    }
  }
  return places;
}

function isOrphan(layout: Layout, call: number, position: number): boolean {
  if (layout.isStopFlag(call, position)) return false;
  const geometry = layout.geometry(call, position - layout.firstNode(call));
  return !geometry.valid && geometry.rule === "orphan";
}
