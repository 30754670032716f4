// The world's prices and its outages: the token in dollars, gas in wei, and when the chain takes transactions.
import type { Scenario } from "../scenario.ts";
import type { Stream } from "../random.ts";

type PriceScenario = Scenario["prices"];
export type WorldEvent = PriceScenario["events"][number];

const YEAR = 365 * 86_400;

export class Prices {
  tokenUsd: number;
  gasPriceWei: number;
  readonly coinUsd: number;
  /** Whether prices move by themselves. */
  readonly moves: boolean;
  /** In order of time. */
  readonly events: readonly WorldEvent[];
  readonly #scenario: PriceScenario;
  readonly #stream: Stream;
  readonly #outages: { from: number; to: number }[];
  #gasMean: number;

  constructor(scenario: PriceScenario, stream: Stream) {
    this.#scenario = scenario;
    this.#stream = stream;
    this.tokenUsd = scenario.tokenUsd;
    this.gasPriceWei = Math.round(scenario.gasPriceGwei * 1e9);
    this.#gasMean = Math.log(this.gasPriceWei);
    this.coinUsd = scenario.coinUsd;
    this.moves = scenario.tokenVolatility > 0 || scenario.gasVolatility > 0;
    this.events = [...scenario.events].sort((a, b) => a.atSeconds - b.atSeconds);
    this.#outages = this.events.flatMap((event) =>
      event.kind === "outage"
        ? [{ from: Math.ceil(event.atSeconds), to: Math.ceil(event.atSeconds + event.lastsSeconds) }]
        : [],
    );
  }

  /** The second at which a transaction sent at `at` is included. */
  included(at: number): number {
    let included = at;
    for (let i = 0; i < this.#outages.length; i++) {
      const { from, to } = this.#outages[i];
      if (included >= from && included < to) included = to;
    }
    return included;
  }

  /** One step of the processes: the token a geometric Brownian motion, the gas price mean-reverting in its logarithm. */
  step(): void {
    const { everySeconds, tokenVolatility, gasVolatility, gasReversionPerDay } = this.#scenario;
    const root = Math.sqrt(everySeconds / YEAR);
    if (tokenVolatility > 0) {
      const s = tokenVolatility * root;
      this.tokenUsd *= Math.exp(s * this.#stream.normal() - (s * s) / 2);
    }
    if (gasVolatility > 0) {
      const pull = 1 - Math.exp((-gasReversionPerDay * everySeconds) / 86_400);
      const log = Math.log(this.gasPriceWei);
      const next = log + pull * (this.#gasMean - log) + gasVolatility * root * this.#stream.normal();
      this.gasPriceWei = Math.max(1, Math.round(Math.exp(next)));
    }
  }

  apply(event: WorldEvent): void {
    if (event.kind === "tokenPrice") this.tokenUsd *= event.factor;
    if (event.kind !== "gasPrice") return;
    this.gasPriceWei = Math.max(1, Math.round(this.gasPriceWei * event.factor));
    this.#gasMean += Math.log(event.factor);
  }
}
