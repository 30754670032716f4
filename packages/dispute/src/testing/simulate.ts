/**
 * A claim at a table of paper, from the challenge to its end: an honest challenger in one game, and a provider that
 * answers as late as it pleases.
 */
import type { Claim } from "@assay/vm/claim";
import type { Trace } from "@assay/vm/trace";
import { nextChallengerMove } from "../challenger.ts";
import { deadlineOf } from "../clock.ts";
import type { Machine } from "../machine.ts";
import type { Move, MoveKind } from "../move.ts";
import { nextProviderMove } from "../provider.ts";
import { programMachine } from "../programMachine.ts";
import { sideToMove } from "../stage.ts";
import type { Game, Rules } from "../state.ts";
import { SimulatedTable, type Terms } from "./simulatedTable.ts";

const RULES: Rules = { arityLog2: 2, snapshotsLog2: 5 };

const DAY = 86_400;
export const TERMS: Terms = { provider: 4 * DAY, challenger: DAY, extension: 900, window: DAY };

/** The challenger takes so long for a move, in seconds. */
const THINKING = 60;

/** The most moves of a side, as Bond.MOVES has it. */
const MOVES = 100;

/** What became of a claim. */
export interface Outcome {
  readonly convicted: boolean;
  /** Of both sides. */
  readonly moves: readonly MoveKind[];
  /** Whether the challenger ran out of time. */
  readonly lost: boolean;
  /** Seconds from the answer to the end. */
  readonly end: number;
}

export interface Options {
  readonly rules?: Partial<Rules>;
  readonly terms?: Partial<Terms>;
  /** Steps that the challenger proves at once at most; reductions are proven whole if absent. */
  readonly mostSteps?: number;
  /** Seconds that the provider lets pass before it answers in a game; never more than it has. At once if absent. */
  readonly stall?: (game: Game) => number;
  /** What the provider computes with; its trace's own if absent. */
  readonly machine?: (claim: Claim) => Machine;
}

/** When a dispute is over at the latest, in seconds from the answer: the window, both budgets, and what moves extend. */
export function latestEnd({ terms }: Options): number {
  const { provider, challenger, extension, window } = { ...TERMS, ...terms };
  return window + provider + challenger + 2 * MOVES * extension;
}

/** Plays a claim that is challenged as soon as it is answered; its provider holds `shown`. */
export function simulate(claim: Claim, honest: Trace, shown: Trace, options: Options = {}): Outcome {
  const terms = { ...TERMS, ...options.terms };
  const table = new SimulatedTable(claim, honest, shown, { ...RULES, ...options.rules }, terms);
  const { dispute, published } = table;
  const { mostSteps = Infinity } = options;
  const machine = options.machine?.(dispute.claim) ?? programMachine(dispute.claim, shown);
  let lost = false;
  table.make({ kind: "challenge", claimId: dispute.claimId, bond: 0n });
  while (!table.convicted && !lost) {
    if (table.moves.length > 2 * MOVES) throw new Error("the game does not end");
    const [game] = table.games;
    const view = { dispute, game, honest, machine: table.machine, published, mostSteps };
    const move = nextChallengerMove(view, table.now);
    if (move.kind !== "wait") {
      table.now += THINKING;
      table.make(move);
      continue;
    }
    const next = deedIn(game);
    table.now = Math.max(table.now, next.at);
    if (!next.move) continue;
    lost = next.move.kind === "timeout";
    table.make(next.move);
  }
  const { convicted, moves, now } = table;
  return { convicted, moves, lost, end: now };

  /** What the provider does next in a game, and when; or until when it has nothing to say. */
  function deedIn(game: Game): Deed {
    const { id, stage, clock } = game;
    const side = sideToMove(stage)!;
    const until = deadlineOf(clock, side);
    if (side === "challenger") return { at: until + 1, move: { kind: "timeout", game: id } };
    const answer = nextProviderMove(dispute, game, shown, machine, clock.since);
    if (answer.kind === "wait") return { at: until + 1 };
    return { at: Math.min(until, clock.since + (options.stall?.(game) ?? 0)), move: answer };
  }
}

interface Deed {
  readonly at: number;
  readonly move?: Move;
}
