/**
 * Every closed form against play.
 *
 * @weight 8
 */
import { expect } from "chai";
import { validationToHtml, validationVerdict } from "./report/validation.ts";
import { compileRules } from "./rules.ts";
import { parameters } from "./testing.ts";
import { unvalidated, validate } from "./validation.ts";

describe("validation", function () {
  this.timeout(60_000);

  it("plays every formula, and every play agrees with it", () => {
    expect(unvalidated()).to.deep.equal([]);
    const results = validate(compileRules(parameters()), 2, 40);
    for (const { case: one, deviation, estimate, expected } of results)
      expect(deviation, `${one.formula} ${one.result}: ${estimate.mean}, expected ${expected}`).to.be.below(4);
    expect(results.filter(({ agrees }) => agrees).length).to.be.at.least(results.length - 4);
    expect(validationVerdict(results).agrees).to.equal(true);
    expect(validationToHtml(results, 2, 40)).to.equal(
      validationToHtml(validate(compileRules(parameters()), 2, 40), 2, 40),
    );
  });
});
