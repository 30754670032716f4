/**
 * A world for villains: everything deployed, a real model registered and served, and one verb per step of a dispute. What
 * a test changes it takes back, so that hundreds of disputes share one deployment.
 */
import { expect } from "chai";
import { honestChallenger, honestProvider, playDuel, type Duel, type Made } from "../../packages/cli/src/story/duel.ts";
import { loadModel, type ModelName, type Question } from "../../packages/cli/src/story/models.ts";
import { setStage } from "../../packages/cli/src/story/stage.ts";
import { programMachine, Published, type Dispute, type GameId } from "../../packages/dispute/src/index.ts";
import { randomSource } from "../../packages/dispute/src/testing/random.ts";
import { outputsOf, truthOf, type Liar, type Output, type Told } from "../../packages/dispute/src/testing/villains.ts";
import { Engine } from "../../packages/engine/src/index.ts";
import { outputsRootOf, type Asked } from "../../packages/sdk/src/index.ts";
import { claimOf, encodeHeader, equalBytes, toHex, Trace, type Hash, type Run } from "../../packages/vm/src/index.ts";

export const FEE = 10n ** 19n;
export const COLLATERAL = 38n * FEE;
const STAKE = 10_000n * 10n ** 18n;

/** The market's words for claims. */
export const FINAL = 4n;
export const CONVICTED = 6n;

export type VillainWorld = Awaited<ReturnType<typeof makeVillainWorld>>;

/** An answer on chain, and what an honest challenger knows of it. */
export interface Answered {
  readonly asked: Asked;
  readonly dispute: Dispute;
  readonly run: Run;
  readonly trace: Trace;
}

export async function makeVillainWorld(name: ModelName) {
  const stage = await setStage("hardhat");
  const { contracts, people, addresses, parameters, inferences, disputes, now, sleep } = stage;
  const model = loadModel(name);
  const { program, report } = model.imported;
  const engine = new Engine(program);
  const header = encodeHeader(program.header);
  const rules = await disputes.rules();
  const clocks = {
    windowSeconds: parameters.market.window.defaultSeconds,
    providerBudgetSeconds: parameters.game.providerBudget.defaultSeconds,
    challengerBudgetSeconds: parameters.game.challengerBudget.defaultSeconds,
  };
  const registration = [header, report.paramsRoot, clocks, "", `0x${"0".repeat(64)}`] as const;
  const registry = contracts.registry.connect(people.deployer);
  const modelId = await registry.register.staticCall(...registration);
  await registry.register(...registration);
  const staking = contracts.staking.connect(people.provider);
  await staking.join(100, "");
  await staking.serve(1, modelId, 5, FEE);
  await staking.deposit(1, STAKE);
  const chain = people.deployer.provider! as unknown as { send(method: string, params: unknown[]): Promise<string> };

  /** Does something, and takes back what it did to the chain. */
  const undone = async <T>(act: () => Promise<T>): Promise<T> => {
    const snapshot = await chain.send("evm_snapshot", []);
    try {
      return await act();
    } finally {
      await chain.send("evm_revert", [snapshot]);
    }
  };

  let salt = 0n;
  /** A request, taken on by the provider. */
  const ask = async (request: Question["request"]): Promise<Asked> => {
    const terms = { modelId, fee: FEE, acceptSeconds: 600, answerSeconds: 600, salt: ++salt };
    const asked = await inferences.request(request, terms, people.requester);
    await inferences.accept(asked, people.provider);
    return asked;
  };

  const execute = (
    program_: typeof program,
    request: Question["request"],
    tamper?: Parameters<Engine["run"]>[1],
  ): Run => (program_ === program ? engine : new Engine(program_)).run(request, tamper);

  /** Answers a request as told. */
  const answer = async (asked: Asked, run: Run, outputs: readonly Output[], outputsRoot: Hash): Promise<Answered> => {
    if (equalBytes(outputsRootOf(outputs), outputsRoot)) await inferences.post(asked, outputs, people.provider);
    else await inferences.postRoot(asked, outputsRoot, "", people.provider);
    const claim = inferences.claimOf(asked, run.layout.request, outputsRoot);
    const dispute = { claimId: asked.claimId, claim, header, rules, convicted: false };
    return { asked, dispute, run, trace: new Trace(run) };
  };

  /** Answers a request truly. */
  const answerTruly = (asked: Asked, run: Run): Promise<Answered> =>
    answer(asked, run, outputsOf(run), outputsRootOf(outputsOf(run)));

  const challenge = async (answered: Answered): Promise<GameId> =>
    (await disputes.challenge(answered.asked.claimId, people.challenger)).game;

  /** Plays a game to its end. */
  const play = (
    { dispute }: Answered,
    game: GameId,
    minds: Duel["minds"],
    published: Published,
    onMove?: (made: Made) => void | Promise<void>,
  ): Promise<Made[]> =>
    playDuel({
      ...{ disputes, dispute, game, minds, published, now, sleep, onMove },
      beforeMove: async () => {
        await chain.send("evm_setNextBlockTimestamp", [(await now()) + 1]);
      },
      signers: { provider: people.provider, challenger: people.challenger },
    });

  const status = async ({ asked }: Answered): Promise<bigint> => (await contracts.market.claimOf(asked.claimId)).status;

  /** Tokens of somebody, wherever the market holds them. */
  const tokens = async (who: "requester" | "challenger"): Promise<bigint> =>
    (await contracts.token.balanceOf(addresses[who])) + (await contracts.market.credits(addresses[who]));

  const wei = async (who: "provider" | "challenger"): Promise<bigint> =>
    (await people[who].provider!.getBalance(addresses[who])) + (await contracts.game.credits(addresses[who]));

  const stakeOf = async (): Promise<bigint> => (await contracts.staking.providerAt(1)).stake;

  /**
   * Lets a liar answer a request that was taken on, and an honest challenger dispute it; checks who pays whom. Returns the
   * moves made, undefined where the model has no place for the lie.
   */
  const convict = async (liar: Liar, seed: number, asked: Asked, run: Run): Promise<Made[] | undefined> => {
    const told: Told | undefined = liar.tell(truthOf(run, claimOf(run), execute), randomSource(seed));
    if (!told) return undefined;
    const trueRoot = outputsRootOf(outputsOf(run));
    expect(toHex(told.outputsRoot), "the answer is false").to.not.equal(toHex(trueRoot));
    const before = {
      requester: await tokens("requester"),
      challenger: await tokens("challenger"),
      stake: await stakeOf(),
    };
    const answered = await answer(asked, run, told.outputs, told.outputsRoot);
    const evidence = { trace: answered.trace, machine: programMachine(answered.dispute.claim, answered.trace) };
    const published = new Published();
    const usual = honestProvider({ trace: told.trace, machine: told.machine });
    const credit = await contracts.game.credits(addresses.challenger);
    const paidToProvider = await contracts.game.credits(addresses.provider);
    const game = await challenge(answered);
    const minds = { provider: told.mind ? told.mind(usual) : usual, challenger: honestChallenger(evidence, published) };
    const moves = await play(answered, game, minds, published);

    expect(await status(answered), "convicted").to.equal(CONVICTED);
    const [{ args: challenged }] = await contracts.game.queryFilter(contracts.game.filters.Challenged(asked.claimId));
    // The bond comes back, but for what the provider's answers cost.
    const answers = (await contracts.game.credits(addresses.provider)) - paidToProvider;
    expect(await contracts.game.credits(addresses.challenger), "bond").to.equal(credit + challenged.bond - answers);
    await inferences.refund(asked, people.requester);
    await sleep(parameters.market.rewardDelaySeconds + 1);
    await contracts.market.payReward(asked.claimId);
    const share = (bps: number): bigint => (COLLATERAL * BigInt(bps)) / 10_000n;
    const { slashBurnBps, slashChallengerBps, slashGasBps } = parameters.market;
    const toRequester = COLLATERAL - share(slashBurnBps) - share(slashChallengerBps) - share(slashGasBps);
    expect(await stakeOf(), "slashed").to.equal(before.stake - COLLATERAL);
    expect(await tokens("challenger"), "reward").to.equal(before.challenger + share(slashChallengerBps));
    // The fee was in escrow before.
    expect(await tokens("requester"), "made whole").to.equal(before.requester + FEE + toRequester);
    return moves;
  };

  return {
    ...stage,
    ...{ model, engine, undone, ask, answer, answerTruly, challenge, play, status, tokens, wei, stakeOf, convict },
    ...{ rules, header, modelId },
  };
}

/** A question whose answer is quick to compute. */
export function shortQuestion(world: VillainWorld, choice = 0): Question {
  if (world.model.name === "digits") return world.model.question(choice);
  const questions = Array.from({ length: 20 }, (_, i) => world.model.question(20 * choice + i));
  return questions.reduce((a, b) => (b.request.calls < a.request.calls ? b : a));
}
