/**
 * Griefers on the real contracts: whoever disputes a right answer loses its bond, the claim stands and is paid, and the
 * provider ends no poorer than it began, gas included.
 *
 * `ASSAY_GRIEFS=100` plays each griefer that often instead of the default; `ASSAY_GRIEFS_SEED` begins elsewhere.
 *
 * @weight 70
 */
import { expect } from "chai";
import { honestProvider, type Mind } from "../../packages/cli/src/story/duel.ts";
import { argumentsOf, programMachine, Published, sideToMove, type Move } from "../../packages/dispute/src/index.ts";
import {
  demandAnything,
  GRIEFERS,
  pointAnywhere,
  waitsUntil,
  type Attempt,
  type Griefer,
} from "../../packages/dispute/src/testing/griefers.ts";
import { decodeError, revertDataOf } from "../../packages/protocol/src/index.ts";
import { randomSource } from "../../packages/dispute/src/testing/random.ts";
import { FEE, FINAL, makeVillainWorld, shortQuestion, type VillainWorld } from "../helpers/villainWorld.ts";

const GRIEFS = Number(process.env.ASSAY_GRIEFS ?? 5);
const SEED = Number(process.env.ASSAY_GRIEFS_SEED ?? 1);

/** Name of the error that a move reverts with, "" for one without a name. Fails where the move would succeed. */
async function refusal(world: VillainWorld, { by, move }: Attempt): Promise<string> {
  const signer = by === "challenger" ? world.people.challenger : world.people.griefer;
  const contract = world.contracts.game.connect(signer);
  try {
    await contract.getFunction(move.kind).staticCall(...argumentsOf(move));
  } catch (error) {
    return decodeError(revertDataOf(error) ?? "0x")?.name ?? "";
  }
  return "accepted";
}

async function grieve(world: VillainWorld, griefer: Griefer, seed: number): Promise<number> {
  const { ask, answerTruly, challenge, play, status, wei, stakeOf, contracts, people, addresses, engine, parameters } =
    world;
  const random = randomSource(seed);
  const run = engine.run(shortQuestion(world).request);
  const answered = await answerTruly(await ask(run.layout.request), run);
  const { trace, dispute } = answered;
  const machine = programMachine(dispute.claim, trace);
  const published = new Published();
  const sought = { before: await wei("provider"), stake: await stakeOf(), earned: await contracts.market.earnings(1) };
  const game = await challenge(answered);
  const credit = await contracts.game.credits(addresses.challenger);
  const made: Move[] = [];
  let tried = 0;

  const griefing: Mind = (_dispute, now_, now) => {
    const until = now_.clock.since + now_.clock.challenger;
    const pause = { kind: "wait", reason: "silence", until } as const;
    if (!griefer.points || sideToMove(now_.stage) !== "challenger" || now > until) return pause;
    const later = waitsUntil(griefer, now_, now);
    if (later !== undefined) return { ...pause, until: later };
    const sight = { dispute, game: now_, trace, machine, published, made };
    if (made.filter(({ kind }) => kind === "demand").length < (griefer.demands ?? 0)) {
      return demandAnything(sight, random);
    }
    return pointAnywhere(sight, random) ?? pause;
  };
  const minds = { provider: honestProvider({ trace, machine }), challenger: griefing };
  const attempt = async (): Promise<void> => {
    const at = await world.disputes.read(game);
    if (at.stage === "none") return;
    for (const one of griefer.attempts?.({ dispute, game: at, trace, machine, published, made }, random) ?? []) {
      const error = await refusal(world, one);
      const where = `${one.move.kind} in stage ${at.stage} by ${one.by}`;
      const known = one.errors.some((name) => (name === "" ? error === "" : error.startsWith(name)));
      expect(known, `${where}: ${error}`).to.equal(true);
      tried++;
    }
  };
  await attempt();
  await play(answered, game, minds, published, async ({ move }) => {
    made.push(move);
    await attempt();
  });

  await contracts.game.connect(people.provider).withdraw();
  // Answers are paid for by themselves; the fees are for the trace and the delay.
  const fees = BigInt(parameters.game.traceFeeWei) + BigInt(parameters.game.delayFeeWei);
  const gain = (await wei("provider")) - fees - sought.before;
  expect(gain >= 0n, `the provider is no poorer: ${gain} wei without its fees`).to.equal(true);
  expect(await contracts.game.credits(addresses.challenger), "the bond is lost").to.equal(credit);
  const { time } = await contracts.market.claimOf(answered.asked.claimId);
  const wait = Number(time) - (await world.now());
  if (wait > 0) await world.sleep(wait + 1);
  await contracts.market.finalise(answered.asked.claimId);
  expect(await status(answered), "final").to.equal(FINAL);
  expect(await contracts.market.earnings(1), "paid").to.equal(sought.earned + FEE);
  expect(await stakeOf(), "not slashed").to.equal(sought.stake);
  return tried;
}

for (const model of ["digits", "sequence"] as const) {
  describe(`griefers against a right answer of the ${model} model`, function () {
    this.timeout(600_000);
    let world: VillainWorld;
    before(async () => {
      world = await makeVillainWorld(model);
    });
    after(() => world.close());

    for (const griefer of GRIEFERS) {
      it(`${griefer.name}: ${griefer.summary}; its bond is lost`, async () => {
        let tried = 0;
        for (let i = 0; i < GRIEFS; i++) {
          const seed = SEED * 1_000_003 + i;
          try {
            tried += await world.undone(() => grieve(world, griefer, seed));
          } catch (cause) {
            throw new Error(`${griefer.name}, seed ${seed}`, { cause });
          }
        }
        if (griefer.attempts) expect(tried).to.be.greaterThan(0);
      });
    }
  });
}
