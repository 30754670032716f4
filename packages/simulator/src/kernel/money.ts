// Money: what nobody holds any more or nobody holds yet, and what amounts are worth now.
import type { Rules } from "../rules.ts";
import type { Prices } from "./prices.ts";

export class Money {
  readonly #prices: Prices;
  readonly #unit: number;

  // Token units; wei for the last.
  burned = 0;
  treasury = 0;
  escrow = 0;
  deposited = 0;
  withdrawn = 0;
  burnedWei = 0;

  constructor(rules: Rules, prices: Prices) {
    this.#prices = prices;
    this.#unit = 10 ** rules.decimals;
  }

  /** Whole token units worth that many dollars now. */
  units(usd: number): number {
    return Math.floor((usd / this.#prices.tokenUsd) * this.#unit);
  }

  /** Dollars that token units are worth now. */
  usd(units: number): number {
    return (units / this.#unit) * this.#prices.tokenUsd;
  }

  weiUsd(wei: number): number {
    return (wei / 1e18) * this.#prices.coinUsd;
  }

  /** Dollars that so much gas costs now. */
  gasUsd(gas: number): number {
    return this.weiUsd(gas * this.#prices.gasPriceWei);
  }
}
