/** What a game waits for, and how games end: the contract's enums by name. Twin of the enums in IDisputeGame.sol. */
import type { Side } from "./clock.ts";

export const STAGES = ["none", "trace", "pick", "open", "block", "publish", "narrow", "supply"] as const;
export type Stage = (typeof STAGES)[number];

export const ENDINGS = ["numberProven", "paddingProven", "providerSilent", "challengerSilent", "superseded"] as const;
export type Ending = (typeof ENDINGS)[number];

/** Whose turn a stage is; nobody's before and after the game, which are both "none". */
export function sideToMove(stage: Stage): Side | undefined {
  if (stage === "none") return undefined;
  return stage === "trace" || stage === "open" || stage === "publish" || stage === "supply" ? "provider" : "challenger";
}
