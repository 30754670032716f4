import { expect } from "chai";
import { compileRules } from "../rules.ts";
import { scenarioSchema } from "../scenario.ts";
import { parameters } from "../testing.ts";
import { answeringMove, askedFor, askingMove, pathOf } from "./path.ts";

const rules = compileRules(parameters());
const path = pathOf(rules, scenarioSchema.parse({ game: { lists: 2, blocks: 2, publications: 2 } }).game);

describe("path of a dispute", () => {
  it("is asked and answered in the order of the contract's stages", () => {
    const moves: string[] = [answeringMove(path, 0)];
    for (let at = 1; at < path.end;) {
      const asked = askedFor(path, at, at);
      expect(asked).to.equal(at);
      moves.push(askingMove(path, asked), answeringMove(path, asked));
      at = asked + 1;
    }
    expect(moves.join(" ")).to.equal(
      "openTrace pick open pick open enter open pick open pick openBlock reduce publish narrow publish",
    );
    expect(path.gas).to.have.length(path.end);
  });

  it("goes as deep at once as is known, but enters the tensor and has the block opened in each game", () => {
    // Nothing known beyond what was given in the game itself.
    expect([1, 2, 3, 4, 5].map((at) => askedFor(path, at, at))).to.deep.equal([1, 2, 3, 4, 5]);
    // Another game has had one list opened, then the whole path.
    expect(askedFor(path, 1, 2)).to.equal(2);
    expect(askedFor(path, 1, path.end)).to.equal(path.tensor);
    expect(askedFor(path, path.tensor, path.end)).to.equal(path.tensor);
    expect(askedFor(path, path.tensor + 1, path.end)).to.equal(path.block);
    // Publications are gone through one by one.
    expect(askedFor(path, path.block + 1, path.end)).to.equal(path.block + 1);
  });

  it("enters the block itself where the tensor is one block", () => {
    const short = pathOf(rules, scenarioSchema.parse({ game: { lists: 0, blocks: 0 } }).game);
    expect(short).to.include({ tensor: 1, block: 1, end: 2 });
    expect([askingMove(short, 1), answeringMove(short, 1)]).to.deep.equal(["enter", "openBlock"]);
  });

  it("refuses credits for another number of answers than the path has", () => {
    const parsed = scenarioSchema.safeParse({ game: { lists: 1, blocks: 0, answerGas: [1, 2] } });
    expect(parsed.error?.issues[0].message).to.match(/the path has 3 answers .* not 2/);
  });
});
