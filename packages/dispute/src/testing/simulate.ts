/**
 * A claim at a table of paper, from the first challenge to its end: a challenger with a campaign, and a provider that
 * answers as late as it pleases.
 */
import type { Claim } from "@assay/vm/claim";
import type { Trace } from "@assay/vm/trace";
import { nextCampaignMove } from "../campaign.ts";
import { deadlineOf } from "../clock.ts";
import type { Machine } from "../machine.ts";
import type { Move, MoveKind } from "../move.ts";
import { nextProviderMove } from "../provider.ts";
import { programMachine } from "../programMachine.ts";
import { sideToMove } from "../stage.ts";
import type { Game, Rules } from "../state.ts";
import { SimulatedTable, type Terms } from "./simulatedTable.ts";

/** Reductions are proven whole. */
const RULES: Rules = { arityLog2: 2, snapshotsLog2: 5, shortSteps: 1 << 20, mostMoves: 54 };

const DAY = 86_400;
export const TERMS: Terms = { provider: 4 * DAY, challenger: DAY, extension: 900, window: DAY };

/** The challenger takes so long for a move, in seconds. */
const THINKING = 60;

/** Moves of a descent through the greatest trace, as the contract counts them at an arity of 4 and pieces of 32. */
const LONGEST_DESCENT = 46;

/** Of both sides; no campaign needs more. */
const MOST_MOVES = 2000;

/** What became of a claim. */
export interface Outcome {
  readonly convicted: boolean;
  /** Of both sides. */
  readonly moves: readonly MoveKind[];
  readonly games: number;
  /** Games whose challenger ran out of time. */
  readonly lost: number;
  /** Seconds from the answer to the end. */
  readonly end: number;
}

export interface Options {
  readonly rules?: Partial<Rules>;
  readonly terms?: Partial<Terms>;
  /** Seconds that the provider lets pass before it answers in a game; never more than it has. At once if absent. */
  readonly stall?: (game: Game) => number;
  /** What the provider computes with; its trace's own if absent. */
  readonly machine?: (claim: Claim) => Machine;
}

/** When a dispute is over at the latest, in seconds from the answer: the window, both budgets, and what moves extend. */
export function latestEnd({ rules, terms }: Options): number {
  const { provider, challenger, extension, window } = { ...TERMS, ...terms };
  const { mostMoves } = { ...RULES, ...rules };
  return window + provider + challenger + 2 * (mostMoves + LONGEST_DESCENT) * extension;
}

/** Plays a claim that is challenged as soon as it is answered; its provider holds `shown`. */
export function simulate(claim: Claim, honest: Trace, shown: Trace, options: Options = {}): Outcome {
  const terms = { ...TERMS, ...options.terms };
  const table = new SimulatedTable(claim, honest, shown, { ...RULES, ...options.rules }, terms);
  const { dispute, published } = table;
  const machine = options.machine?.(dispute.claim) ?? programMachine(dispute.claim, shown);
  let lost = 0;
  table.make({ kind: "challenge", claimId: dispute.claimId, bond: 0n });
  while (!table.convicted) {
    if (table.moves.length > MOST_MOVES) throw new Error("the campaign does not end");
    const games = table.games.filter(({ stage }) => stage !== "none");
    // A claim that nobody disputes is final when its window is over.
    if (games.length === 0 && table.now > terms.window) break;
    const move = nextCampaignMove({ dispute, games, bond: 0n }, honest, table.machine, published, table.now);
    if (move.kind !== "wait" && !(move.kind === "challenge" && table.now + THINKING > terms.window)) {
      table.now += THINKING;
      table.make(move);
      continue;
    }
    const closed: Deed = { at: terms.window + 1 };
    const next = games.length === 0 ? closed : games.map(deedIn).reduce((a, b) => (b.at < a.at ? b : a));
    table.now = Math.max(table.now, next.at);
    if (!next.move) continue;
    if (next.move.kind === "timeout") lost++;
    table.make(next.move);
  }
  const { convicted, moves, now } = table;
  return { convicted, moves, games: table.games.length, lost, end: now };

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
