/**
 * The story as the user runs it: both models on the in-process chain, the digits on anvil too, and its bad input.
 * @weight 60
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { TaleResult } from "../../packages/cli/src/story/tale.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function story(...args: string[]): { code: number | null; output: string; errors: string } {
  const command = ["packages/cli/src/main.ts", "story", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: "utf8" });
  return { code: status, output: stdout, errors: stderr };
}

function resultOf(output: string): TaleResult {
  return JSON.parse(output.trim().split("\n").at(-1)!) as TaleResult;
}

function expectJustice({ honest, dispute, balances }: TaleResult): void {
  expect(honest).to.include({ accepted: true, paid: true });
  expect(dispute.convicted).to.equal(true);
  expect(dispute.moves).to.have.length(dispute.transactions);
  expect(dispute.gasTotal).to.equal(dispute.moves.reduce((sum, { gas }) => sum + Number(gas), 0));
  expect(dispute.step?.committed).to.not.equal(dispute.step?.computed);
  expect(Number(balances.after.provider.stake)).to.be.below(Number(balances.before.provider.stake));
  expect(Number(balances.after.requester.tokens)).to.be.above(Number(balances.before.requester.tokens));
}

describe("npm start", function () {
  this.timeout(120_000);

  for (const model of ["digits", "sequence", "text"]) {
    it(`tells the whole story of the ${model} model`, () => {
      const { code, output, errors } = story("--model", model, "--json");
      expect(code, errors).to.equal(0);
      expectJustice(resultOf(output));
    });
  }

  it("tells it on anvil, with the same moves for the same gas", () => {
    const here = resultOf(story("--json", "--seed", "5").output);
    const { code, output, errors } = story("--chain", "anvil", "--json", "--seed", "5");
    expect(code, errors).to.equal(0);
    const there = resultOf(output);
    expectJustice(there);
    expect(there.dispute.moves.map(({ kind }) => kind)).to.deep.equal(here.dispute.moves.map(({ kind }) => kind));
  });

  it("refuses what it does not know, with exit code 2", () => {
    for (const args of [["--chain", "moon"], ["--model", "cat"], ["--lie", "white"], ["--seed", "-1"], ["--what"]]) {
      const { code, errors } = story(...args);
      expect(code, args.join(" ")).to.equal(2);
      expect(errors).to.match(/error: /);
    }
  });
});
