/**
 * Loops that count, as those of TensorFlow do: their condition compares a number that grows by as much each time round with
 * one that stays the same. Where both are sizes, how often such a loop goes round is known at import.
 */
import { DType } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { GraphError } from "../errors.ts";
import type { Subgraph } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { viewValue } from "../view.ts";
import { knownCondition } from "./control.ts";

/** Numbers of symbols that stand for what is not a symbol of the program: the programs' own come before. */
const UNKNOWN = 1000;
/** Most times round, so that every count is a float32 too. */
const MOST = 2 ** 22;

/** A loop whose condition holds when it starts. */
export interface Counting {
  /** Greatest number of times round; undefined where there is none. */
  readonly trips: Dimension | undefined;
  readonly values: readonly TensorValue[];
  readonly body: Subgraph;
}

/** A carried size: its first value, and what is added to it each time round. */
interface Counter {
  readonly first: Dimension;
  readonly step: number;
}

/** How often the loop goes round; undefined where that is not seen. */
export function countedTrips(loop: Counting): Dimension | undefined {
  try {
    const counters = countersOf(loop);
    const candidates = loop.trips === undefined ? spansOf(counters) : [loop.trips];
    return candidates.find((trips) => goesRound(loop, counters, trips));
  } catch (error) {
    if (error instanceof GraphError) return undefined;
    throw error;
  }
}

const unknown = (index: number): Dimension => Dimension.symbol(UNKNOWN + index, { least: 0, greatest: MOST });

/** What the body adds to each carried size. */
function countersOf({ values, body }: Counting): (Counter | undefined)[] {
  const sizes = values.map((value, i) => (firstOf(value) === undefined ? undefined : unknown(i)));
  const results = examined(body, values, unknown(values.length), sizes).slice(1);
  return values.map((value, i) => {
    const [first, before, [after] = []] = [firstOf(value), sizes[i], results[i].known];
    const step = before === undefined || after === undefined ? undefined : after.sub(before).constant;
    return first === undefined || step === undefined ? undefined : { first, step };
  });
}

/** How far a number that goes by one, up or down, is from one that stays, or from 0: without the last and with it. */
function spansOf(counters: readonly (Counter | undefined)[]): Dimension[] {
  const withStep = (step: number) => counters.flatMap((counter) => (counter?.step === step ? [counter.first] : []));
  const ends = [...withStep(0), Dimension.constant(0)];
  const up = withStep(1).flatMap((first) => ends.map((end) => end.sub(first)));
  const down = withStep(-1).flatMap((first) => ends.map((end) => first.sub(end)));
  return [...up, ...down].flatMap((span) => [span, span.add(1)]);
}

/** Whether the condition holds after every time round but the last, and after the last only if the trip count ends the loop. */
function goesRound(loop: Counting, counters: readonly (Counter | undefined)[], trips: Dimension): boolean {
  if (trips.greatest > MOST || (loop.trips === undefined && trips.least < 1)) return false;
  const conditionAfter = (trip: Dimension): boolean | undefined => {
    const sizes = counters.map((counter) => counter?.first.add(trip.mul(counter.step)));
    return knownCondition(examined(loop.body, loop.values, trip, sizes)[0]);
  };
  // Any time round before the last is so many before the last but one.
  if (conditionAfter(trips.sub(2).sub(unknown(0))) !== true) return false;
  return loop.trips !== undefined || conditionAfter(trips.sub(1)) === false;
}

/** What the body makes of a time round and of carried sizes, where they are known. */
function examined(
  body: Subgraph,
  values: readonly TensorValue[],
  trip: Dimension,
  sizes: readonly (Dimension | undefined)[],
): TensorValue[] {
  const nothing = (value: Pick<TensorValue, "dtype" | "shape">, size: Dimension | undefined): TensorValue => ({
    ...viewValue(value.dtype, { shape: value.shape, nodes: [], earlier: false, read: (code) => code.constant(0) }),
    ...(size && { known: [size] }),
  });
  return body.examine([
    nothing({ dtype: DType.INT64, shape: [] }, trip),
    { ...nothing({ dtype: DType.BOOL, shape: [] }, undefined), known: [Dimension.constant(1)] },
    ...values.map((value, i) => nothing(value, sizes[i])),
  ]);
}

/** The first value of what is carried, if it is one size. */
function firstOf({ dtype, known }: TensorValue): Dimension | undefined {
  const whole = dtype === DType.INT64 || dtype === DType.INT32;
  return whole && known?.length === 1 ? known[0] : undefined;
}
