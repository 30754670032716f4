import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

function assay(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("assay simulate run", function () {
  this.timeout(60_000);

  it("runs an experiment file to results and a verdict, and refuses bad ones with exit code 2", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "assay-simulate-"));
    try {
      const file = path.join(folder, "tiny.json5");
      const tiny = {
        name: "tiny",
        title: "Tiny",
        question: "Does lying pay?",
        replicates: 5,
        scenario: { requests: 200, providers: { strategies: { honest: 1, always: 1 } } },
        axes: [{ name: "audits", path: "scenario.auditors.rate", values: [0.5] }],
        conditions: [{ output: "lieGain.always", max: 0, says: "lying loses" }],
      };
      writeFileSync(file, JSON.stringify(tiny));
      const out = path.join(folder, "out");
      const { status, stdout } = assay("simulate", "run", file, "--out", out, "--workers", "1", "--json");
      expect(status).to.equal(0);
      expect(JSON.parse(stdout)).to.include({ experiment: "tiny", complete: true, safe: true });
      expect(readdirSync(out).sort()).to.deep.equal([
        "journal.jsonl",
        "report.html",
        "results.csv",
        "results.jsonl",
        "results.parquet",
      ]);
      writeFileSync(file, JSON.stringify({ ...tiny, replicates: 0 }));
      expect(assay("simulate", "run", file).stderr).to.match(/tiny.json5: replicates: [^]*fix:/);
      expect(assay("simulate", "run", file).status).to.equal(2);
      expect(assay("simulate", "run", "defaults-safety-case", "--shard", "4/4").status).to.equal(2);
      expect(assay("simulate", "run", path.join(folder, "nowhere.json5")).status).to.equal(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("assay simulate with bad input", function () {
  this.timeout(60_000);
  let folder = "";
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "assay-simulate-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const axis = (more: object) => ({ axes: [{ name: "x", ...more }] });
  const local = fileURLToPath(new URL("../../../deployment/parameters/local.json5", import.meta.url));

  // What stands in the file beside the ordinary, and what is said: file, path, rule and fix.
  const kinds: readonly [kind: string, change: object, says: RegExp][] = [
    [
      "an unknown key",
      { scenario: { demand: { requesterz: 5 } } },
      /bad\.json5: scenario\.demand: .*requesterz.*\n +fix: remove/,
    ],
    [
      "a wrong unit",
      axis({ path: "scenario.costs.checkSeconds", unit: "hours", values: [1] }),
      /bad\.json5: axes\.0\.unit: wrong unit: .* is in s, the axis says hours; give its values in s\n +fix: /,
    ],
    [
      "a value with its unit",
      { scenario: { costs: { checkSeconds: "1 h" } } },
      /bad\.json5: scenario\.costs\.checkSeconds: .*expected number.*\n +fix: give seconds as a number/,
    ],
    [
      "an impossible window",
      axis({ path: "parameters.market.window.leastSeconds", values: [3600] }),
      /default\.json5: market\.window\.leastSeconds: .*≥ 2 × maxInclusionDelaySeconds.*\n +fix: /,
    ],
    [
      "a probability of 5",
      { scenario: { auditors: { rate: 5 } } },
      /bad\.json5: scenario\.auditors\.rate: .*<=1.*\n +fix: give a number from 0 to 1; five per cent is 0.05/,
    ],
    [
      "an empty sweep",
      axis({ path: "scenario.watchers.asleep", values: [] }),
      /bad\.json5: axes\.0\.values: .*\n +fix: give values at least 1 entry/,
    ],
  ];
  for (const [kind, change, says] of kinds)
    it(`refuses ${kind}`, () => {
      const file = path.join(folder, "bad.json5");
      writeFileSync(file, JSON.stringify({ name: "bad", title: "Bad", question: "?", ...change }));
      const { status, stdout, stderr } = assay("simulate", "run", file, "--out", path.join(folder, "out"));
      expect(stderr).to.match(says);
      expect(stdout).to.equal("");
      expect(status).to.equal(2);
      expect(readdirSync(folder)).to.not.include("out");
    });

  it("refuses a parameter file that the contracts would refuse", () => {
    const file = path.join(folder, "parameters.json5");
    writeFileSync(file, readFileSync(local, "utf8").replace("slashBurnBps: 5000", "slashBurnBps: 100"));
    const { status, stderr } = assay("simulate", "run", "reputation", "--parameters", file);
    expect(stderr).to.match(/parameters\.json5: market\.slashBurnBps: .*at least half of a slash is burned.*\n +fix: /);
    expect(status).to.equal(2);
  });
});

describe("assay simulate formula", function () {
  this.timeout(60_000);

  it("prints one object of name, inputs, results and source", () => {
    const { status, stdout } = assay(..."simulate formula F3 p=0.05 R=2 P=0.99 --json".split(" "));
    expect(status).to.equal(0);
    const printed = JSON.parse(stdout);
    expect(Object.keys(printed)).to.deep.equal(["name", "inputs", "results", "source"]);
    expect(printed.inputs).to.deep.equal({ p: 0.05, R: 2, P: 0.99 });
    expect(printed.results.frauds).to.be.closeTo(19, 1e-12);
    expect(printed.results.k_whole).to.equal(90);
  });

  it("says what is wrong, where, and how to put it right, with exit code 2", () => {
    for (const [args, pattern] of [
      ["simulate formula F13 --json", /unknown formula[^]*fix: the formulas are: F1/],
      ["simulate formula F7 --json", /share: missing key[^]*fix: add share=/],
      ["simulate formula F7 share=1.2 --json", /share=1.2: a fraction lies in \[0, 1\][^]*fix/],
      ["simulate formula F7 x=1 share=1", /x: unknown key[^]*fix: the keys of F7 are: share/],
      ["simulate formula F7 share=0.1 share=0.2", /share: given twice/],
      ["simulate formula F7 share", /an input is key=value/],
      ["simulate formula F7 --nonsense", /unknown option/],
    ] as const) {
      const { status, stdout, stderr } = assay(...args.split(" "));
      expect(stderr, args).to.match(pattern);
      expect(stdout).to.equal("");
      expect(status, args).to.equal(2);
    }
  });

  it("explains itself", () => {
    expect(assay("simulate", "formula").stdout).to.match(/slash-window +Slashes high enough/);
    expect(assay("simulate", "formula", "inspection").stdout).to.match(/-> v\*: audit rate/);
  });
});
