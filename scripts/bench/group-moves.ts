/**
 * How many moves a challenger makes against a lie in a large row group: one random number told wrong and believed by all that
 * is computed from it, in groups of several shapes (`packages/dispute/src/testing/recurrences.ts`), at an arity of 32.
 *
 *     npm run bench -- group-moves [--tensors 150] [--rows 24] [--lies 20] [--seed 1] [--json]
 *
 * Every lie follows from the seed. Exits with 1 where a liar escapes.
 */
import { parseArgs } from "node:util";
import { tangles } from "../../packages/dispute/src/testing/recurrences.ts";
import { simulate } from "../../packages/dispute/src/testing/simulate.ts";
import { believed, placeInGroup } from "../../packages/dispute/src/testing/stalling.ts";
import { claimOf } from "../../packages/vm/src/claim.ts";
import { run } from "../../packages/vm/src/interpreter.ts";
import { Random } from "../../packages/vm/src/testing/random.ts";
import { Trace } from "../../packages/vm/src/trace.ts";

const { values } = parseArgs({
  options: {
    tensors: { type: "string", default: "150" },
    rows: { type: "string", default: "24" },
    lies: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const number = (name: "tensors" | "rows" | "lies" | "seed"): number => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${name} ${values[name]}: give a whole number of at least 1`);
};

/** Moves after which a challenger can only finish its descent: 256, less the longest descent at this arity. */
const RULES = { arityLog2: 5, snapshotsLog2: 6, mostMoves: 234 };
const CHALLENGERS = new Set(["pick", "enter", "rise", "demand"]);

interface Row {
  readonly group: string;
  readonly lies: number;
  readonly median: number;
  readonly most: number;
  readonly escaped: number;
}

const [tensors, rows, lies, seed] = [number("tensors"), number("rows"), number("lies"), number("seed")];
const table: Row[] = [];
for (const example of tangles(tensors, rows, seed)) {
  const source = run(example.program, example.request);
  const honest = new Trace(source);
  const random = new Random(seed);
  const moves: number[] = [];
  let escaped = 0;
  for (let i = 0; i < lies; i++) {
    if (process.stderr.isTTY) process.stderr.write(`\r${example.name} ${i + 1} of ${lies}   `);
    const shown = believed(example, [placeInGroup(honest, random)!]);
    const outcome = simulate(claimOf(source), honest, shown, { rules: RULES });
    if (!outcome.convicted || outcome.games > 1) escaped++;
    moves.push(outcome.moves.filter((move) => CHALLENGERS.has(move)).length);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  moves.sort((a, b) => a - b);
  table.push({ group: example.name, lies, median: moves[lies >> 1], most: moves[lies - 1], escaped });
}

if (values.json) console.log(JSON.stringify({ tensors, rows, seed, allowed: RULES.mostMoves, table }));
else {
  console.log(`${tensors} tensors of ${rows} rows, seed ${seed}; a challenger has ${RULES.mostMoves} moves`);
  console.log("group          lies  median    most  escaped");
  for (const { group, median, most, escaped } of table) {
    const cells = [lies, median, most, escaped].map((cell, i) => String(cell).padStart(i === 3 ? 9 : 8));
    console.log(group.padEnd(11) + cells.join(""));
  }
}
if (table.some(({ escaped }) => escaped > 0)) process.exitCode = 1;
