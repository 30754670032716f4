/**
 * Liars in row groups that stall: whatever they tell and however long they let the challenger wait, they are convicted in
 * one game that was begun within the window, and no later than a claim may end.
 *
 * `ASSAY_STALLS=20000` tries as many random liars instead of the default, `ASSAY_STALLS_TENSORS=150` larger groups;
 * `ASSAY_STALLS_SEED` begins elsewhere.
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
import type { Game } from "./state.ts";
import { ROWS, summingRecurrence, tangles, WIDTH } from "./testing/recurrences.ts";
import { latestEnd, simulate } from "./testing/simulate.ts";
import { believed, lieInGroup, LONG_SUMS, placeInGroup, STALLS } from "./testing/stalling.ts";

const LIES = Number(process.env.ASSAY_STALLS ?? 600);
/** Tensors of a large group: as many as a loop over a small network makes. */
const TENSORS = Number(process.env.ASSAY_STALLS_TENSORS ?? 40);
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
            mostSteps: 3,
            stall: (game: Game) => stall(game, random),
          };
          const outcome = simulate(claim, honest, believed(example, [lie]), options);
          expect(outcome, `position ${position}, row ${row}`).to.include({ convicted: true, lost: false });
          expect(outcome.moves.at(-1)).to.equal("prove");
          expect(outcome.end).to.be.most(latestEnd(options));
        }
      }
    });
  }

  for (const example of tangles(TENSORS)) {
    it(`convicted in a group of ${TENSORS} tensors, a ${example.name}`, () => {
      const source = run(example.program, example.request);
      const honest = new Trace(source);
      const random = new Random(SEED);
      for (const [name, stall] of Object.entries(STALLS)) {
        const place = placeInGroup(honest, random)!;
        const options = { rules: { arityLog2: 5 }, stall: (game: Game) => stall(game, random) };
        const outcome = simulate(claimOf(source), honest, believed(example, [place]), options);
        expect(outcome, `${JSON.stringify(place)}, stalls ${name}`).to.include({ convicted: true, lost: false });
        expect(outcome.moves.at(-1)).to.equal("prove");
        // One descent: to the group, to a cell, to its block.
        expect(outcome.moves.filter((kind) => kind === "enter")).to.have.length(2);
        expect(outcome.moves.filter((kind) => kind === "pick").length).to.be.most(5);
      }
    });
  }

  it(`convicted, who make ${TENSORS} tensors differ, the more to the left the later`, () => {
    const [example] = tangles(TENSORS);
    const source = run(example.program, example.request);
    const honest = new Trace(source);
    let shown = honest;
    for (let position = 0; position < TENSORS; position++) {
      const element = Math.floor(((TENSORS - 1 - position) * ROWS) / TENSORS) * WIDTH;
      const index = element >> 5;
      const leaf = shown.leaf(0, position, index);
      leaf[(element % 32) * 4 + 1] ^= 1;
      shown = shown.withLeaf(0, position, index, leaf);
    }
    for (const [name, stall] of Object.entries(STALLS)) {
      const random = new Random(SEED);
      const options = { rules: { arityLog2: 5 }, stall: (game: Game) => stall(game, random) };
      const outcome = simulate(claimOf(source), honest, shown, options);
      expect(outcome, name).to.include({ convicted: true, lost: false });
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
        ...LONG_SUMS,
        stall: (game: Game) => stall(game, random),
        machine: lie.machine,
      };
      const outcome = simulate(claimOf(source), honest, lie.shown, options);
      expect(outcome, `seed ${seed}, stalls ${name}`).to.include({ convicted: true, lost: false });
      expect(outcome.moves.at(-1), `seed ${seed}, stalls ${name}`).to.equal("prove");
      expect(outcome.end, `seed ${seed}, stalls ${name}`).to.be.most(latestEnd(options));
      told++;
    }
  });
});
