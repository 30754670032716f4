/**
 * Writes `snapshots/dispute.json`: gas of whole disputes, move by move, at an arity of 32, over a toy claim holder; those of
 * the language model also on the market. `--check` writes nothing and exits 1 if the file is stale.
 *
 *   node scripts/generate/disputeGas.ts [--check]
 */
import hre from "hardhat";
import { format } from "prettier";
import type { Holder } from "../bench/disputeCosts.ts";
import { keepSnapshot } from "../helpers/snapshot.ts";

await hre.tasks.getTask("build").run({ quiet: true });
const { measure, PLACES } = await import("../bench/disputeCosts.ts");

const RULES = { arityLog2: 5, snapshotsLog2: 6 };

async function entry(place: string, holder: Holder): Promise<object> {
  const { transactions, gas, committed, moves } = await measure(place, RULES, holder);
  return { transactions, gas, committed, moves: moves.map(({ kind, gas: used }) => `${kind} ${used}`) };
}

const snapshot: Record<string, unknown> = {};
for (const place of Object.keys(PLACES)) snapshot[place] = await entry(place, "toy");
const onMarket: Record<string, unknown> = {};
for (const place of Object.keys(PLACES).filter((name) => name.startsWith("language model"))) {
  onMarket[place] = await entry(place, "market");
}
snapshot["on the market"] = onMarket;
const text = await format(JSON.stringify(snapshot), { parser: "json", printWidth: 120 });

keepSnapshot("snapshots/dispute.json", text, "scripts/generate/disputeGas.ts");
