/**
 * What disputes cost: a row per arity and place with transactions, gas, the last proof (conviction included), and commit
 * and prove for who knows the leaves.
 *
 *     node scripts/bench/dispute.ts [--arity 2,4,…] [--snapshots 64] [--short 4] [--json]
 */
import { parseArgs } from "node:util";
import { measure, PLACES, type Row } from "./disputeCosts.ts";

const { values } = parseArgs({
  options: {
    arity: { type: "string", default: "2,4,8,16,32,64,128" },
    snapshots: { type: "string", default: "64" },
    short: { type: "string", default: "4" },
    json: { type: "boolean", default: false },
  },
});

const rows: Row[] = [];
for (const arity of values.arity.split(",").map(Number)) {
  const rules = {
    arityLog2: Math.log2(arity),
    snapshotsLog2: Math.log2(Number(values.snapshots)),
    shortSteps: Number(values.short),
  };
  for (const place of Object.keys(PLACES)) rows.push(await measure(place, rules));
}

if (values.json) {
  console.log(JSON.stringify(rows));
} else {
  console.log("place                    arity   transactions         gas   last proof   commit and prove");
  for (const { place, arity, transactions, gas, proof, committed } of rows) {
    const columns = [
      place.padEnd(24),
      String(arity).padStart(5),
      String(transactions).padStart(14),
      gas.toLocaleString("en").padStart(11),
      proof.toLocaleString("en").padStart(12),
      (committed?.toLocaleString("en") ?? "").padStart(18),
    ];
    console.log(columns.join(" ").trimEnd());
  }
}
