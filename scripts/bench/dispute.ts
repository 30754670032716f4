/**
 * What disputes cost: whole games on the chain, both sides together, from challenge to payout credited, over the real step
 * evaluator. A row per arity and place: transactions, gas, and the last proof.
 *
 *     node scripts/bench/dispute.ts [--arity 2,4,…] [--json]
 */
import { network } from "hardhat";
import { parseArgs } from "node:util";
import type { Machine } from "../../packages/dispute/src/machine.ts";
import type { Trace } from "../../packages/vm/src/trace.ts";
import { challenge, isConvicted, play, postTrace, setTable, type Made } from "../../test/helpers/dispute-table.ts";
import { languageModel } from "./languageModel.ts";

interface Row {
  readonly place: string;
  readonly arity: number;
  readonly transactions: number;
  readonly gas: number;
  /** Gas of the last move, the conviction included. */
  readonly proof: number;
  readonly moves: readonly { readonly kind: string; readonly gas: number }[];
}

/** Where the lie is: call, position, element. */
const PLACES: Readonly<Record<string, readonly [number, number, number]>> = {
  "language model, prompt": [0, 998, 1_048_575],
  "language model, decode": [150, 998, 8_191],
};

/** The first wrong step of the reduction. */
const WRONG_STEP = 5003;

const { values } = parseArgs({
  options: {
    arity: { type: "string", default: "2,4,8,16,32,64,128" },
    snapshots: { type: "string", default: "64" },
    short: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});

const chain = await network.create();

/** Plays one dispute over a trace with one wrong element. */
async function measure(honest: Trace, arityLog2: number, place: string): Promise<Row> {
  const [call, position, element] = PLACES[place];
  const table = await setTable(chain, "StepEvaluator", {
    arityLog2,
    snapshotsLog2: Math.log2(Number(values.snapshots)),
    shortSteps: Number(values.short),
  });
  const lie = (trace: Trace): Trace => {
    const leaf = trace.leaf(call, position, Math.floor(element / 32));
    leaf[(element % 32) * 4] ^= 1;
    return trace.withLeaf(call, position, Math.floor(element / 32), leaf);
  };
  // The sums go wrong in the middle of the reduction, so that it is searched to one piece.
  const machine = (same: Machine): Machine => ({
    ...same,
    snapshots: (...args) => {
      const snapshots = same.snapshots(...args);
      args[3].forEach((step, i) => (snapshots[8 * i + 4] ^= step > WRONG_STEP ? 1 : 0));
      return snapshots;
    },
  });
  const played = await postTrace(table, honest, lie, { machine });
  await play(table, played, await challenge(table, played));
  if (!(await isConvicted(table, 1n))) throw new Error("not convicted");
  const moves = table.made.map(({ kind, gas }: Made) => ({ kind, gas: Number(gas) }));
  const gas = moves.reduce((sum, move) => sum + move.gas, 0);
  return { place, arity: 2 ** arityLog2, transactions: moves.length, gas, proof: moves.at(-1)!.gas, moves };
}

const rows: Row[] = [];
const model = languageModel();
for (const arity of values.arity.split(",").map(Number)) {
  for (const place of Object.keys(PLACES)) rows.push(await measure(model, Math.log2(arity), place));
}

if (values.json) {
  console.log(JSON.stringify(rows));
} else {
  console.log("place                    arity   transactions         gas   last proof");
  for (const { place, arity, transactions, gas, proof } of rows) {
    const numbers = [
      String(arity).padStart(5),
      String(transactions).padStart(14),
      gas.toLocaleString("en").padStart(11),
    ];
    console.log(`${place.padEnd(24)} ${numbers.join(" ")} ${proof.toLocaleString("en").padStart(12)}`);
  }
}
