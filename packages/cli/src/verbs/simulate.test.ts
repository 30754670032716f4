import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

function assay(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("assay simulate formula", () => {
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
