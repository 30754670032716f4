/**
 * Mutated models: each is refused with a typed error, or interpreter and engine compute it alike. `ASSAY_MUTATIONS` sets how
 * many; `npm run check -- fuzz` does a hundred thousand under a time limit for each.
 *
 * @weight 25
 */
import { expect } from "chai";
import { mutationCorpus } from "../../packages/graph/src/testing/corpus.ts";
import { mutate } from "../../packages/graph/src/testing/mutate.ts";
import { Random } from "../../packages/graph/src/testing/random.ts";
import { examineModel } from "../helpers/examineModel.ts";

const FILES = Number(process.env.ASSAY_MUTATIONS ?? 4000);
/** A file that takes more processor time is a hang: files take a few milliseconds. */
const LIMIT_MS = 20_000;

describe("mutated models", () => {
  const corpus = mutationCorpus();

  it("start from models that run", () => {
    for (const [i, bytes] of [...new Set(corpus)].entries()) {
      expect(examineModel(bytes, i).kind, `model ${i}`).to.be.oneOf(["run", "too large to run"]);
    }
  }).timeout(300_000);

  it(`are refused or computed alike: ${FILES} files`, () => {
    const outcomes = new Map<string, number>();
    for (let index = 0; index < FILES; index++) {
      const bytes = mutate(corpus, new Random(0xf00d ^ index));
      const begun = process.cpuUsage();
      try {
        const { kind } = examineModel(bytes, index);
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
      } catch (error) {
        throw new Error(`file ${index}: ${Buffer.from(bytes).toString("base64")}`, { cause: error });
      }
      const { user, system } = process.cpuUsage(begun);
      expect((user + system) / 1000, `file ${index}: ms`).to.be.lessThan(LIMIT_MS);
    }
    // Mutations that nothing survives, or that change nothing, would show nothing.
    expect(outcomes.get("refused")).to.be.within(FILES * 0.3, FILES * 0.95);
    expect(outcomes.get("run")).to.be.greaterThan(FILES * 0.05);
  }).timeout(600_000);
});
