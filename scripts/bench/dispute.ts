/**
 * What disputes cost: a row per arity and place with transactions, gas, the last proof (conviction included), and commit
 * and prove for who knows the leaves. Then the language model's disputes on the real market, with all its bookkeeping, at
 * an arity of 32, against what they may cost.
 *
 *     node scripts/bench/dispute.ts [--arity 4,8,…] [--snapshots 64] [--steps 8] [--toy] [--json]
 *
 * `--steps` is how many steps the challenger proves at once at most; `--toy` leaves the market out.
 */
import { parseArgs } from "node:util";
import { MOST_STEPS } from "../../packages/dispute/src/challenger.ts";
import { measure, PLACES, type Holder, type Row } from "./disputeCosts.ts";

/** What a dispute about the language model may cost: in its worst place, and in a decode call. */
const LIMITS: Readonly<Record<string, { readonly transactions?: number; readonly gas: number }>> = {
  "language model, prompt": { transactions: 24, gas: 1_700_000 },
  "language model, decode": { gas: 1_400_000 },
};

/** The arity that is deployed. */
const DEPLOYED = 32;

const { values } = parseArgs({
  options: {
    arity: { type: "string", default: "4,8,16,32,64,128" },
    snapshots: { type: "string", default: "64" },
    steps: { type: "string", default: String(MOST_STEPS) },
    toy: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const measureAt = (place: string, arity: number, holder: Holder): Promise<Row> =>
  measure(
    place,
    { arityLog2: Math.log2(arity), snapshotsLog2: Math.log2(Number(values.snapshots)) },
    holder,
    Number(values.steps),
  );

const rows: Row[] = [];
for (const arity of values.arity.split(",").map(Number)) {
  for (const place of Object.keys(PLACES)) rows.push(await measureAt(place, arity, "toy"));
}
const onMarket: Row[] = [];
for (const place of values.toy ? [] : Object.keys(LIMITS)) onMarket.push(await measureAt(place, DEPLOYED, "market"));

const number = (value: number | undefined, width: number): string =>
  (value?.toLocaleString("en") ?? "").padStart(width);

if (values.json) {
  console.log(JSON.stringify({ rows, onMarket }));
} else {
  console.log("place                    arity   transactions         gas   last proof   commit and prove");
  for (const { place, arity, transactions, gas, proof, committed } of rows) {
    const columns = [
      number(arity, 5),
      number(transactions, 14),
      number(gas, 11),
      number(proof, 12),
      number(committed, 18),
    ];
    console.log([place.padEnd(24), ...columns].join(" ").trimEnd());
  }
  if (onMarket.length > 0)
    console.log(`\non the market, arity ${DEPLOYED}    transactions  at most         gas     at most`);
  for (const { place, transactions, gas } of onMarket) {
    const limit = LIMITS[place];
    const columns = [number(transactions, 14), number(limit.transactions, 8), number(gas, 11), number(limit.gas, 11)];
    const within = gas <= limit.gas && transactions <= (limit.transactions ?? Infinity);
    console.log([place.padEnd(24), ...columns, within ? " within" : " ABOVE"].join(" "));
  }
}
