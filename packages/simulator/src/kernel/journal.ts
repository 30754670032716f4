// The journal: what happens in a run, as it happens, for whoever plays the same scenario elsewhere.

/** Everything somebody does to the protocol. Moves of a game are named as the contract's functions are. */
export type Deed =
  | "request"
  /** A request whose consumer is called with the answer. */
  | "requestWithCallback"
  | "accept"
  | "post"
  | "expire"
  | "finalise"
  | "finaliseAndCall"
  | "challenge"
  | "openTrace"
  | "open"
  | "openBlock"
  | "publish"
  | "pick"
  | "enter"
  | "reduce"
  | "narrow"
  | "prove"
  | "commit"
  | "proveCommitted"
  | "demand"
  | "supply"
  | "providerSilent"
  | "challengerSilent"
  | "refund"
  | "reclaim"
  | "freeze"
  | "payReward";

/**
 * One deed. `who` is the index of the requester, provider or challenger (-1: the provider's sock puppet); `value` a fee in
 * units, or 1 for a wrong answer. Claims and games are named by their entries,
 * which are used again after they have ended.
 */
export interface Happening {
  readonly at: number;
  readonly kind: Deed;
  readonly claim: number;
  readonly game: number;
  readonly who: number;
  readonly value: number;
}
