/**
 * Liars in row groups that play for time: what they tell, and how long they let pass before each answer. Every choice
 * follows from a seed.
 */
import type { Claim } from "@assay/vm/claim";
import { run } from "@assay/vm/interpreter";
import { Random } from "@assay/vm/testing/random";
import type { Example } from "@assay/vm/testing/tinyPrograms";
import { Trace } from "@assay/vm/trace";
import type { Word } from "@assay/vm/word";
import { deadlineOf } from "../clock.ts";
import type { Machine } from "../machine.ts";
import { programMachine } from "../programMachine.ts";
import type { Game } from "../state.ts";
import type { Options } from "./simulate.ts";

/** Seconds that a provider lets pass before it answers. */
export type Stall = (game: Game, random: Random) => number;

const left = ({ clock }: Game): number => deadlineOf(clock, "provider") - clock.since;
const only =
  (...stages: readonly Game["stage"][]): Stall =>
  (game) =>
    stages.includes(game.stage) ? left(game) : 1;

export const STALLS: Readonly<Record<string, Stall>> = {
  "at every move": left,
  "at none": () => 1,
  "when its trace is asked for": only("trace"),
  "when a node is to be opened": only("open"),
  "when accumulators are to be published": only("publish"),
  "as it pleases": (game, random) => random.below(left(game) + 1),
  "a tenth of its time at a move": (game) => Math.floor(left(game) / 10),
  "half of its time at a move": (game) => Math.floor(left(game) / 2),
};

/** An element of a trace. */
export interface Place {
  readonly call: number;
  readonly position: number;
  readonly element: number;
}

/** A lie: a trace, and the accumulators that its teller publishes. */
export interface Lie {
  readonly shown: Trace;
  readonly machine: (claim: Claim) => Machine;
}

const flip = (word: Word): Word => (Number(word) === 0 ? 1 : 0);

/** These elements told wrong, and all that is computed from them computed from the lie. */
export function believed({ program, request }: Example, places: readonly Place[]): Trace {
  return new Trace(
    run(program, request, undefined, (call, position, element, word) =>
      places.some((lie) => lie.call === call && lie.position === position && lie.element === element)
        ? flip(word)
        : word,
    ),
  );
}

/** A random place inside a row group of more than one tensor; undefined where a program has none. */
export function placeInGroup({ layout }: Trace, random: Random): Place | undefined {
  const places: Place[] = [];
  for (let call = 0; call < layout.calls; call++) {
    for (let position = layout.firstNode(call); position < layout.positions(call); position++) {
      const { groupStart, groupEnd, count } = layout.description(call, position);
      if (groupEnd - groupStart > 1 && count > 0) places.push({ call, position, element: random.below(count) });
    }
  }
  return places.length > 0 ? random.pick(places) : undefined;
}

/** A lie in a row group: one or more elements wrong and believed, leaves spoilt beside them, accumulators spoilt. */
export function lieInGroup(example: Example, honest: Trace, random: Random): Lie | undefined {
  const place = placeInGroup(honest, random);
  if (!place) return undefined;
  const others = Array.from({ length: random.chance(30) ? random.below(3) : 0 }, () => placeInGroup(honest, random)!);
  let shown = believed(example, [place, ...others]);
  for (let i = random.chance(30) ? random.between(1, 3) : 0; i > 0; i--) {
    const { call, position } = placeInGroup(honest, random)!;
    const leaf = shown.leaf(call, position, 0);
    leaf[random.below(8)] ^= 1 + random.below(255);
    shown = shown.withLeaf(call, position, 0, leaf);
  }
  const spoilt = random.chance(50);
  return {
    shown,
    machine: (claim) => (spoilt ? spoiling(programMachine(claim, shown), place) : programMachine(claim, shown)),
  };
}

/** The machine of a liar that tells each accumulator of an element but the first wrong. */
function spoiling(machine: Machine, { call, position, element }: Place): Machine {
  return {
    ...machine,
    snapshots: (inCall, inPosition, inElement, steps) => {
      const snapshots = machine.snapshots(inCall, inPosition, inElement, steps);
      if (inCall === call && inPosition === position && inElement === element) {
        const width = machine.steps(call, position).snapshotBytes;
        steps.forEach((step, i) => (snapshots[i * width] ^= step > 1 ? 1 : 0));
      }
      return snapshots;
    },
  };
}

/** The longest games about sums: halved down to single steps, the shortest ones too. */
export const LONG_SUMS: Options = { rules: { snapshotsLog2: 1 }, mostSteps: 0 };
