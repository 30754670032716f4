/**
 * Writes `snapshots/dispute.json`: gas of whole disputes, move by move, at an arity of 32. `--check` writes nothing and exits
 * 1 if the file is stale.
 *
 *   node scripts/generate/disputeGas.ts [--check]
 */
import { readFileSync, writeFileSync } from "node:fs";
import hre from "hardhat";
import { format } from "prettier";

await hre.tasks.getTask("build").run({ quiet: true });
const { measure, PLACES } = await import("../bench/disputeCosts.ts");

const FILE = new URL("../../snapshots/dispute.json", import.meta.url);
const RULES = { arityLog2: 5, snapshotsLog2: 6, shortSteps: 4 };

const snapshot: Record<string, unknown> = {};
for (const place of Object.keys(PLACES)) {
  const { transactions, gas, committed, moves } = await measure(place, RULES);
  snapshot[place] = { transactions, gas, committed, moves: moves.map(({ kind, gas: used }) => `${kind} ${used}`) };
}
const text = await format(JSON.stringify(snapshot), { parser: "json", printWidth: 120 });

if (!process.argv.includes("--check")) {
  writeFileSync(FILE, text);
} else if (readFileSync(FILE, "utf8") !== text) {
  console.error(`snapshots/dispute.json is stale; run: node scripts/generate/disputeGas.ts\n${text}`);
  process.exit(1);
}
