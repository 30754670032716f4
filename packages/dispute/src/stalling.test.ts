/**
 * Liars in row groups that stall: whatever they tell and however long they let the challenger wait, they are convicted in
 * the one game that was begun within the window, and no later than a claim may end.
 *
 * `ASSAY_STALLS=20000` tries as many random liars instead of the default; `ASSAY_STALLS_SEED` begins elsewhere.
 *
 * @weight 15
 */
import { expect } from "chai";
import { claimOf } from "@assay/vm/claim";
import { firstWrong } from "@assay/vm/firstWrong";
import { run } from "@assay/vm/interpreter";
import { Random } from "@assay/vm/testing/random";
import { randomProgram } from "@assay/vm/testing/randomProgram";
import { Trace } from "@assay/vm/trace";
import { ROWS, sharedRecurrence, summingRecurrence, WIDTH } from "./testing/recurrences.ts";
import { latestEnd, simulate } from "./testing/simulate.ts";
import { believed, lieInGroup, LONG_SUMS, STALLS } from "./testing/stalling.ts";

const LIES = Number(process.env.ASSAY_STALLS ?? 600);
const SEED = Number(process.env.ASSAY_STALLS_SEED ?? 1);

describe("liars that stall in a row group", function () {
  this.timeout(3_600_000);

  for (const [name, stall] of Object.entries(STALLS)) {
    it(`convicted, who stall ${name}, wherever a long sum is wrong`, () => {
      const example = summingRecurrence();
      const honest = new Trace(run(example.program, example.request));
      const claim = claimOf(run(example.program, example.request));
      const random = new Random(SEED);
      for (const position of [1, 2]) {
        for (const row of [0, 1, ROWS - 2, ROWS - 1]) {
          const lie = { call: 0, position, element: row * WIDTH + random.below(WIDTH) };
          const options = {
            rules: { shortSteps: 4 },
            stall: (game: Parameters<typeof stall>[0]) => stall(game, random),
          };
          const outcome = simulate(claim, honest, believed(example, [lie]), options);
          expect(outcome, `position ${position}, row ${row}`).to.include({ convicted: true, games: 1, lost: 0 });
          expect(outcome.moves.at(-1)).to.equal("prove");
          expect(outcome.end).to.be.most(latestEnd(options));
        }
      }
    });
  }

  it("convicted, who hide the first wrong number of twelve tensors where it is looked for last", () => {
    const example = sharedRecurrence(12);
    const source = run(example.program, example.request);
    const honest = new Trace(source);
    // The more to the left, the later a tensor is wrong.
    let shown = honest;
    for (let position = 0; position < 12; position++) {
      const element = (ROWS - 1 - position) * WIDTH;
      const index = element >> 5;
      const leaf = shown.leaf(0, position, index);
      leaf[(element % 32) * 4 + 1] ^= 1;
      shown = shown.withLeaf(0, position, index, leaf);
    }
    for (const [name, stall] of Object.entries(STALLS)) {
      const random = new Random(SEED);
      const outcome = simulate(claimOf(source), honest, shown, { stall: (game) => stall(game, random) });
      expect(outcome, name).to.include({ convicted: true, games: 1, lost: 0 });
      expect(outcome.moves.filter((kind) => kind === "rise")).to.have.length.greaterThan(8);
    }
  });

  it(`convicted in ${LIES} random programs`, () => {
    const stalls = Object.entries(STALLS);
    let told = 0;
    for (let seed = SEED; told < LIES; seed++) {
      const example = randomProgram(seed);
      const source = run(example.program, example.request);
      const honest = new Trace(source);
      const random = new Random(seed);
      const lie = lieInGroup(example, honest, random);
      if (!lie || !firstWrong(honest, lie.shown)) continue;
      const [name, stall] = random.pick(stalls);
      const options = {
        rules: LONG_SUMS,
        stall: (game: Parameters<typeof stall>[0]) => stall(game, random),
        machine: lie.machine,
      };
      const outcome = simulate(claimOf(source), honest, lie.shown, options);
      expect(outcome, `seed ${seed}, stalls ${name}`).to.include({ convicted: true, games: 1, lost: 0 });
      expect(outcome.moves.at(-1), `seed ${seed}, stalls ${name}`).to.equal("prove");
      expect(outcome.end, `seed ${seed}, stalls ${name}`).to.be.most(latestEnd(options));
      told++;
    }
  });
});
