/**
 * Liars on the real contracts: each is convicted by one honest challenger, on both models, and the money goes where it
 * should. Then many more with places chosen by a seed.
 *
 * `ASSAY_LIES=5000` tries as many random lies instead of the default; `ASSAY_LIES_SEED` begins elsewhere.
 *
 * @weight 75
 */
import { expect } from "chai";
import { LIARS } from "../../packages/dispute/src/testing/liars.ts";
import { randomSource } from "../../packages/dispute/src/testing/random.ts";
import { makeVillainWorld, shortQuestion, type VillainWorld } from "../helpers/villainWorld.ts";

const LIES = Number(process.env.ASSAY_LIES ?? 500);
const SEED = Number(process.env.ASSAY_LIES_SEED ?? 1);

/** Of the random lies, one in so many is told about the sequence model, whose disputes take longer. */
const SEQUENCE_SHARE = 10;

/** Lies for which a model has no place: one call of four tensors, all but one of whole leaves, has no such padding, ... */
const NO_PLACE: Record<string, readonly string[]> = {
  digits: [
    "dirty-tree",
    "dirty-list",
    "wrong-stop-flag",
    "unstopped-call",
    "call-3",
    "epilogue",
    "wrong-history",
    "believed-in-row-group",
    "stalling-in-row-group",
  ],
  sequence: [],
};

const world: Partial<Record<string, VillainWorld>> = {};

for (const model of ["digits", "sequence"] as const) {
  describe(`liars about the ${model} model`, function () {
    this.timeout(600_000);
    before(async () => {
      world[model] = await makeVillainWorld(model);
    });

    for (const liar of LIARS) {
      const impossible = NO_PLACE[model].includes(liar.name);
      it(`${liar.name}: ${impossible ? "has no place" : "convicted"}`, async () => {
        const { undone, ask, convict, engine } = world[model]!;
        const { request } = shortQuestion(world[model]!);
        const asks = liar.ask ? liar.ask(request) : request;
        const run = engine.run(asks);
        const moves = await undone(async () => convict(liar, SEED, await ask(asks), run));
        if (impossible) expect(moves).to.equal(undefined);
        else expect(moves).to.have.length.greaterThan(0);
      });
    }
  });
}

describe("random lies", function () {
  this.timeout(3_600_000);
  after(() => Promise.all(Object.values(world).map((one) => one?.close())));

  for (const model of ["digits", "sequence"] as const) {
    const count = model === "sequence" ? Math.floor(LIES / SEQUENCE_SHARE) : LIES - Math.floor(LIES / SEQUENCE_SHARE);
    it(`${count} about the ${model} model: all convicted`, async () => {
      const { undone, ask, convict, engine } = world[model]!;
      const possible = LIARS.filter(({ name }) => !NO_PLACE[model].includes(name));
      let told = 0;
      for (let round = 0; told < count; round++) {
        const { request } = shortQuestion(world[model]!, SEED + round);
        const run = engine.run(request);
        await undone(async () => {
          const asked = await ask(request);
          for (let i = 0; i < 50 && told < count; i++, told++) {
            const seed = SEED * 1_000_003 + told;
            const liar = possible[randomSource(seed)(possible.length)];
            try {
              await undone(() => convict(liar, seed, asked, run));
            } catch (cause) {
              throw new Error(`${liar.name}, seed ${seed}, question ${SEED + round}`, { cause });
            }
          }
        });
      }
    });
  }
});
