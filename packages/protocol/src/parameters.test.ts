import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import JSON5 from "json5";
import { readFileSync } from "node:fs";
import {
  LAWS,
  leastCollateralRatioBps,
  loadParameters,
  longestLifeSeconds,
  parseParameters,
  ParametersError,
} from "./parameters.ts";

const FILES = fileURLToPath(new URL("../../deployment/parameters/", import.meta.url));
const raw = (name: string) => JSON5.parse(readFileSync(join(FILES, name), "utf8"));

/** What parsing a changed copy of the default file complains about. */
function problems(change: (file: ReturnType<typeof raw>) => void): readonly string[] {
  const file = raw("default.json5");
  change(file);
  try {
    parseParameters(file);
  } catch (error) {
    return (error as ParametersError).problems;
  }
  return [];
}

describe("parameters", () => {
  for (const name of ["default.json5", "local.json5"])
    it(`${name} keeps every law`, () => {
      const parameters = loadParameters(join(FILES, name));
      for (const { rule, holds } of LAWS) expect(holds(parameters), rule).to.equal(true);
    });

  it("has the collateral of the closed form: 0.95 / (0.05 × 0.5) = 38 fees", () => {
    expect(leastCollateralRatioBps(loadParameters(join(FILES, "default.json5")))).to.equal(380_000);
  });

  it("names place, rule, value and fix for each broken law", () => {
    const cases: [string, (file: ReturnType<typeof raw>) => void][] = [
      ["market.window: least ≤ default ≤ greatest", (f) => (f.market.window.defaultSeconds = 1)],
      ["market.window.leastSeconds: window and clocks ≥ 2 ×", (f) => (f.market.window.leastSeconds = 86399)],
      ["game.providerBudget.leastSeconds: window and clocks", (f) => (f.game.providerBudget.leastSeconds = 1)],
      ["game.challengerBudget.leastSeconds: window and clocks", (f) => (f.game.challengerBudget.leastSeconds = 1)],
      ["game.challengerBudget.defaultSeconds: challenger's", (f) => (f.game.challengerBudget.defaultSeconds = 86401)],
      ["market.slashBurnBps: at least half", (f) => (f.market.slashBurnBps = 4999)],
      ["market.slashChallengerBps: burned, ch", (f) => (f.market.slashChallengerBps = 4501)],
      ["market.collateralRatioBps: collateral ≥", (f) => (f.market.collateralRatioBps = 379_999)],
      ["market.callbackDefaultGas: default callback", (f) => (f.market.callbackDefaultGas = 1_500_001)],
      ["market.guardianFreezeSeconds: a freeze", (f) => (f.market.guardianFreezeSeconds = 604_801)],
      ["staking.unbondingDelaySeconds: answer deadline", (f) => (f.staking.unbondingDelaySeconds = 86_400)],
    ];
    for (const [expected, change] of cases)
      expect(problems(change).filter((problem) => problem.startsWith(expected))).to.have.length(1, expected);
  });

  it("accepts the exact bounds of the orderings and refuses one second less", () => {
    const least = longestLifeSeconds(loadParameters(join(FILES, "default.json5")));
    expect(problems((f) => (f.staking.unbondingDelaySeconds = least))).to.deep.equal([]);
    expect(problems((f) => (f.staking.unbondingDelaySeconds = least - 1))).to.have.length(1);
  });

  it("refuses unknown keys, missing keys and wrong types", () => {
    expect(problems((f) => (f.market.speed = 1))[0]).to.match(/^market: /);
    expect(problems((f) => delete f.game.bufferSeconds)[0]).to.match(/^game\.bufferSeconds: /);
    expect(problems((f) => (f.market.leastFeeUnits = 5))[0]).to.match(/^market\.leastFeeUnits: /);
    expect(problems((f) => (f.market.window.leastSeconds = 2 ** 24))[0]).to.match(/^market\.window\.leastSeconds: /);
  });

  it("names a file that is missing or malformed", () => {
    const folder = mkdtempSync(join(tmpdir(), "parameters-"));
    try {
      const missing = join(folder, "none.json5");
      expect(() => loadParameters(missing)).to.throw(ParametersError, missing);
      const malformed = join(folder, "bad.json5");
      writeFileSync(malformed, "{ chain: ");
      expect(() => loadParameters(malformed)).to.throw(ParametersError, "is not JSON5");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
