/**
 * Experiments from file to report, on a small scenario.
 *
 * @weight 25
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parquetReadObjects } from "hyparquet";
import { InputError } from "../errors.ts";
import { planFromReport, toHtml } from "../report/html.ts";
import { columnsOf, toCsv, toJsonLines, toParquet } from "../report/table.ts";
import { loadPlan, type Plan } from "./plan.ts";
import { journalName, mergeShards, type Outcome, type Progress, runExperiment } from "./run.ts";
import { verdictOf } from "./verdict.ts";

const small = {
  name: "small",
  title: "A small experiment",
  question: "Does lying pay?",
  replicates: 6,
  scenario: {
    requests: 300,
    demand: { requesters: 20, everySeconds: 3000 },
    providers: { count: 10, stakeUsd: 20000, strategies: { honest: 1, always: 1 } },
  },
  axes: [
    { name: "audit rate", path: "scenario.auditors.rate", values: [0.5, 0.05, 0] },
    { name: "asleep", path: "scenario.watchers.asleep", values: [0, 1] },
  ],
  conditions: [{ output: "lieGain.always", max: 0, says: "lying loses" }],
  charts: [
    { kind: "phase", x: "audit rate", y: "asleep", output: "lieGain.always" },
    { kind: "lines", x: "audit rate", by: "asleep", outputs: ["caughtShare"] },
    { kind: "bars", x: "asleep", output: "checkedShare" },
    { kind: "fan", column: "wrongShare" },
  ],
};

describe("experiments", function () {
  this.timeout(60_000);
  let folder = "";
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "assay-simulator-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const planOf = (change: object = {}): Plan => {
    const file = path.join(folder, "experiment.json5");
    writeFileSync(file, `// A comment that is kept.\n${JSON.stringify({ ...small, ...change })}`);
    return loadPlan(file);
  };
  const csvOf = ({ plan, points }: Outcome) => toCsv(columnsOf(plan.experiment, points));

  it("gives the same bytes for one worker and for three, in every format", async () => {
    const one = await runExperiment(planOf(), { workers: 1 });
    const three = await runExperiment(planOf(), { workers: 3 });
    expect(csvOf(three)).to.equal(csvOf(one));
    expect(toHtml(three)).to.equal(toHtml(one));
    const columns = columnsOf(one.plan.experiment, one.points);
    expect(Buffer.from(toParquet(columns)).equals(toParquet(columnsOf(three.plan.experiment, three.points)))).to.equal(
      true,
    );
    const rows = (await parquetReadObjects({ file: new Uint8Array(toParquet(columns)).buffer })) as Record<
      string,
      unknown
    >[];
    const lines = toJsonLines(columns)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows).to.have.length(36);
    expect(lines).to.have.length(36);
    rows.forEach((row, i) => {
      for (const [name, value] of Object.entries(lines[i])) expect(row[name], name).to.deep.equal(value ?? NaN);
    });
    expect(csvOf(one).split("\n")[0]).to.match(/^point,replicate,audit rate,asleep,advantage,/);
  });

  it("goes on where it was interrupted, without losing or repeating finished points", async () => {
    const plan = planOf();
    const out = path.join(folder, "interrupted");
    let finished = 0;
    const first = await runExperiment(plan, { workers: 2, out, interrupted: () => ++finished >= 12 });
    expect(first.complete).to.equal(false);
    expect(verdictOf(first).sentences[0]).to.match(/Interrupted/);
    const journal = path.join(out, journalName());
    const kept = readFileSync(journal, "utf8");
    // As if the machine had stopped in the middle of a line.
    writeFileSync(journal, `${kept}{"point":5,"lev`);
    let seen: Progress | undefined;
    const second = await runExperiment(plan, { workers: 2, out, onProgress: (progress) => (seen ??= progress) });
    // What was finished before is counted, and told apart.
    const points = kept.trim().split("\n").length - 1;
    expect(seen).to.deep.include({ before: points * 6, total: 36 });
    expect(seen!.done).to.be.above(seen!.before);
    expect(readFileSync(journal, "utf8").startsWith(kept)).to.equal(true);
    expect(csvOf(second)).to.equal(csvOf(await runExperiment(plan, { workers: 1 })));
    for (const line of ["{", "null", '{"point":1}', '{"point":1,"levels":[],"runs":[{}]}']) {
      writeFileSync(path.join(folder, "bad.jsonl"), `${kept.split("\n")[0]}\n${line}\n`);
      expect(() => mergeShards(plan, [path.join(folder, "bad.jsonl")]), line).to.throw(InputError, /is no journal/);
    }
    let refused: unknown;
    await runExperiment(planOf({ seed: 2 }), { workers: 1, out }).catch((error: unknown) => (refused = error));
    expect(refused).to.be.instanceOf(InputError);
  });

  it("merges shards to the same bytes, and refuses when one is missing", async () => {
    const plan = planOf();
    const out = path.join(folder, "shards");
    for (const index of [2, 0, 1]) await runExperiment(plan, { workers: 1, out, shard: { index, of: 3 } });
    const files = [0, 1, 2].map((index) => path.join(out, journalName({ index, of: 3 })));
    expect(csvOf(mergeShards(plan, files))).to.equal(csvOf(await runExperiment(plan, { workers: 1 })));
    expect(() => mergeShards(plan, files.slice(1))).to.throw(InputError, /in none of the journals/);
    expect(() => mergeShards(planOf({ seed: 9 }), files)).to.throw(InputError, /another experiment/);
  });

  it("makes a report again from itself, bit for bit, comments and all", async () => {
    const html = toHtml(await runExperiment(planOf(), { workers: 1 }));
    expect(html).to.include("// A comment that is kept.");
    expect(html.match(/<svg/g)).to.have.length(4);
    expect(html).to.not.match(/src=|href=|@import|url\(http/);
    const again = toHtml(await runExperiment(planFromReport(html, "report.html"), { workers: 2 }));
    expect(again).to.equal(html);
    expect(() => planFromReport("<html></html>", "x.html")).to.throw(InputError, /holds no experiment/);
    const embedded = (json: string) => `<script type="application/json" id="plan">${json}</script>`;
    for (const json of ["{", "null", "{}", JSON.stringify({ file: 1, text: "" })])
      expect(() => planFromReport(embedded(json), "x.html"), json).to.throw(InputError, /can be read/);
    const wrong = html.replace('"replicates":6', '"replicates":-6');
    expect(() => planFromReport(wrong, "x.html")).to.throw(InputError, /replicates/);
  });

  it("says what is safe, what breaks first, and when it cannot say", async () => {
    const verdict = verdictOf(await runExperiment(planOf(), { workers: 1 }));
    expect(verdict.safe).to.equal(true);
    expect(verdict.sentences.join(" ")).to.match(
      /^Safe at the reference point \(audit rate 0.5, asleep 0\): lying loses.*What breaks first: at audit rate 0, asleep 1/,
    );
    const everywhere = verdictOf(await runExperiment(planOf({ judge: "everywhere" }), { workers: 1 }));
    expect(everywhere.safe).to.equal(false);
    const thin = verdictOf(await runExperiment(planOf({ replicates: 2 }), { workers: 1 }));
    expect(thin.safe).to.equal(undefined);
    expect(thin.sentences[0]).to.match(/No verdict: .* rests on 2 samples/);
  });

  it("judges and draws nothing of runs that diverge, and draws no curve through too few samples", async () => {
    const wild = { ...small.scenario, prices: { gasVolatility: 1e6 } };
    const diverged = await runExperiment(planOf({ scenario: wild }), { workers: 1 });
    const verdict = verdictOf(diverged);
    expect(verdict.safe).to.equal(undefined);
    expect(verdict.sentences[0]).to.match(
      /^No verdict: \d of 6 runs at audit rate 0.5, asleep 0 diverged \(.* is infinite\)/,
    );
    expect(toHtml(diverged)).to.not.include("<svg");
    // A chain that never comes back.
    const gone = { kind: "outage", atSeconds: 1000, lastsSeconds: 5e9 };
    const endless = await runExperiment(planOf({ scenario: { ...small.scenario, prices: { events: [gone] } } }), {
      workers: 1,
    });
    expect(verdictOf(endless).sentences[0]).to.match(/diverged \(not everything was decided when time ended/);
    const thin = toHtml(await runExperiment(planOf({ replicates: 3 }), { workers: 1 }));
    expect(thin).to.include("Not drawn: 3 runs are too few for a band of 5 to 95 %; 5 are needed.");
    expect(thin).to.include("Not drawn at 6 of 6 places: fewer than 5 samples.");
    expect(() => planOf({ charts: [{ kind: "fan", column: "luck" }] })).to.throw(InputError, /charts.0.column/);
  });

  it("finds the break point of the audit rate where the closed form has it", async () => {
    const outcome = await runExperiment(
      planOf({
        commonRandomNumbers: true,
        replicates: 10,
        scenario: { ...small.scenario, requests: 4000, watchers: { count: 0 }, costs: { feeSpread: 0 } },
        axes: [{ name: "audit rate", path: "scenario.auditors.rate", range: { from: 0.1, to: 0, steps: 5 } }],
        method: { kind: "breakPoint" },
        charts: [],
      }),
      { workers: 2 },
    );
    const [{ holdsAt, breaksAt }] = outcome.breakPoints!;
    // deterrence: p > (C - C') / (R (1 - cut) + S) = 0.45 / 38.99; the confidence bound is met a little above it.
    expect(breaksAt).to.be.within(0.0105, 0.02);
    expect(holdsAt).to.be.above(breaksAt!);
    expect(toHtml(outcome)).to.include("no longer shown");
  });

  it("optimises under constraints", async () => {
    const outcome = await runExperiment(
      planOf({
        commonRandomNumbers: true,
        replicates: 5,
        scenario: { ...small.scenario, requests: 1500, watchers: { count: 0 }, auditors: { rate: 0.2 } },
        axes: [
          { name: "collateral", path: "rules.collateralRatioBps", range: { from: 1000, to: 400000, whole: true } },
        ],
        method: { kind: "optimise", minimise: "collateral", generations: 8, population: 6 },
        charts: [],
      }),
      { workers: 2 },
    );
    // deterrence: S > 0.45 / 0.2 - 0.99 = 1.26 fees.
    expect(outcome.optimum!.value).to.be.within(1.2, 4);
    expect(outcome.optimum!.slacks[0]).to.be.at.least(0);
  });

  it("refuses what makes no sense, with file, path, rule and fix", () => {
    const refuses = (change: object, pattern: RegExp) => expect(() => planOf(change)).to.throw(InputError, pattern);
    refuses({ colour: 1 }, /experiment.json5: \(whole file\): .*colour/i);
    refuses({ axes: [{ name: "x", path: "scenario.auditors.rate", values: [] }] }, /axes.0.values/);
    refuses(
      { axes: [{ name: "x", path: "scenario.auditors.rate", values: [1.5] }], charts: [] },
      /scenario.auditors.rate/,
    );
    refuses(
      { axes: [{ name: "x", path: "scenario.auditors.pace", values: [1] }], charts: [] },
      /scenario.auditors.*pace/i,
    );
    refuses({ axes: [{ name: "x", path: "prices.gas", values: [1] }], charts: [] }, /an axis is a path such as/);
    refuses({ axes: [{ name: "x", path: "rules.nothing", values: [1] }], charts: [] }, /unknown rule/);
    refuses({ axes: [{ name: "x", path: "parameters.market.nothing", values: [1] }], charts: [] }, /no such place/);
    refuses(
      { set: { "rules.challengerBudgetSeconds": 4e9 }, axes: [], charts: [] },
      /rules.challengerBudgetSeconds: .*2147483647/,
    );
    const wide = (name: string) => ({ name, path: "scenario.watchers.asleep", range: { from: 0, to: 1, steps: 1000 } });
    refuses({ axes: [wide("a"), wide("b")], charts: [] }, /the grid has 1000000 points, more than 100000/);
    refuses(
      { scenario: { providers: { count: 1e12 } }, axes: [], charts: [] },
      /scenario.providers.count: .*<=20000000/,
    );
    refuses({ conditions: [{ output: "luck", max: 0, says: "x" }] }, /unknown output luck; the outputs are: advantage/);
    refuses({ conditions: [{ output: "advantage", says: "x" }] }, /either max or min/);
    refuses({ parameters: "nowhere" }, /nowhere.json5: cannot be read/);
    refuses({ method: { kind: "sobol", samples: 64, output: "lieGain" } }, /needs a range on every axis/);
    refuses({ charts: [{ kind: "bars", x: "nobody", output: "advantage" }] }, /no axis is called nobody/);
    refuses(
      { scenario: { providers: { strategies: { saintly: 1 } } }, axes: [], charts: [] },
      /saintly: unknown strategy/,
    );
    // A window that the contracts refuse: shorter than twice the chain's longest inclusion delay.
    refuses(
      { axes: [{ name: "x", path: "parameters.market.window.leastSeconds", values: [3600] }], charts: [] },
      /default.json5: market.window.leastSeconds: .*maxInclusionDelaySeconds/,
    );
  });

  it("holds every ready-made experiment to the schema", () => {
    const ready = fileURLToPath(new URL("../../experiments", import.meta.url));
    const files = readdirSync(ready).filter((name) => name.endsWith(".json5"));
    expect(files).to.have.length.above(8);
    for (const file of files)
      expect(loadPlan(path.join(ready, file)).experiment.name).to.equal(file.replace(".json5", ""));
  });
});
