/**
 * Single operators beside onnxruntime, each a model of its own, at sizes that models have: where the engine is far from it.
 *
 *     npm run bench -- operators [filter] [--backend native …] [--threads 1] [--pairs 5] [--json]
 *
 * Prints, by operator, both times and the ratio of speeds, ours over onnxruntime's: median and least of the pairs. Our time
 * includes making the inputs canonical (one NaN), which for one operator alone may be most of it. There is no goal.
 */
import { parseArgs } from "node:util";
import { importOnnx } from "../../packages/graph/src/index.ts";
import { buildModel } from "../../packages/graph/src/testing/onnxBuilder.ts";
import { BACKENDS } from "./engine/backends.ts";
import { aboutMachine } from "./engine/machine.ts";
import { AbsentBackend, openOurs } from "./engine/ours.ts";
import { comparePairs } from "./engine/pairs.ts";
import { openTheirs } from "./engine/theirs.ts";
import { operatorCases } from "./operators/cases.ts";

const { values, positionals } = parseArgs({
  options: {
    backend: { type: "string", multiple: true, default: ["native", "wasm"] },
    threads: { type: "string", default: "1" },
    pairs: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const [filter = ""] = positionals;
const [threads, pairs] = [Number(values.threads), Number(values.pairs)];
const backends = values.backend.map((name) => {
  const found = BACKENDS.find((backend) => backend === name);
  if (found === undefined) throw new RangeError(`no backend ${JSON.stringify(name)}; there are ${BACKENDS.join(", ")}`);
  return found;
});
const cases = operatorCases().filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
if (cases.length === 0) throw new RangeError(`no operator's name contains ${JSON.stringify(filter)}`);

const say = (line: string): void => (values.json ? console.error(line) : console.log(line));
const about = aboutMachine("bench/operators.ts");
for (const [name, value] of Object.entries(about)) say(`${name.padEnd(12)} ${value}`);
say(`pairs        ${pairs}, ${threads} thread${threads === 1 ? "" : "s"}; speed is onnxruntime's time ÷ ours`);
say(`${"operator".padEnd(40)} backend   ours ms  theirs ms  speed (least)`);
const results: object[] = [];
for (const { name, model, inputs } of cases) {
  const file = buildModel(model);
  const imported = importOnnx(file);
  const session = await openTheirs(file, inputs, threads);
  for (const backend of backends) {
    try {
      const runner = await openOurs(imported, inputs, backend, threads);
      const compared = await comparePairs(() => runner.run(), session.run, pairs);
      await runner.close();
      results.push({ case: name, backend, threads, ...compared });
      const times = [compared.oursMs, compared.theirsMs].map((ms) => ms.toFixed(3).padStart(10));
      const speed = `${compared.ratio.toFixed(2)} (${compared.leastRatio.toFixed(2)})`;
      say(`${name.padEnd(40)} ${backend.padEnd(7)}${times.join(" ")}  ${speed}`);
    } catch (error) {
      if (!(error instanceof AbsentBackend)) throw error;
      say(`${name.padEnd(40)} not run: ${error.message}`);
    }
  }
  await session.close();
}
if (values.json) console.log(JSON.stringify({ ...about, pairs, results }));
