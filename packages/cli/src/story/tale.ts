/**
 * The story: a model is published, a provider serves it and is paid; then it lies, a challenger catches it, and the chain
 * computes the number that convicts it. Told to a narrator as it happens, and returned as one object.
 */
import { programMachine, type MoveKind } from "@assay/dispute";
import { randomSource } from "@assay/dispute/testing/random";
import { outputsOf, truthOf, type Liar, type Told } from "@assay/dispute/testing/villains";
import { Engine, fastHasher } from "@assay/engine";
import { outputsRootOf, type Asked } from "@assay/sdk";
import { claimOf, encodeHeader, equalBytes, Trace, type Claim, type Run } from "@assay/vm";
import type { TransactionReceipt } from "ethers";
import { honestChallenger, honestProvider, playDuel, type Evidence, type Made } from "./duel.ts";
import { Ledger, type Balances } from "./ledger.ts";
import type { StoryModel, Question } from "./models.ts";
import type { Role, Stage } from "./stage.ts";
import { moveName, verdictOf, type Teller, type Verdict } from "./telling.ts";

/** Who listens. */
export interface Narrator {
  act(title: string): void;
  say(text: string): void;
  transaction(by: Role, what: string, gas: bigint): void;
}

export interface TaleResult {
  readonly honest: { readonly accepted: boolean; readonly paid: boolean; readonly gas: bigint };
  readonly dispute: {
    readonly convicted: boolean;
    readonly lie: string;
    readonly transactions: number;
    readonly gasTotal: bigint;
    readonly moves: readonly { readonly by: string; readonly kind: MoveKind; readonly gas: bigint }[];
    readonly step: Verdict | null;
  };
  readonly balances: { readonly before: Balances; readonly after: Balances };
}

const UNITS = 10n ** 18n;
const FEE = 10n * UNITS;
const STAKE = 10_000n * UNITS;
const CALLBACK_GAS = 200_000;

/** Tells the whole story on a stage. */
export class Tale {
  readonly #stage: Stage;
  readonly #model: StoryModel;
  readonly #narrator: Narrator;
  readonly #ledger: Ledger;
  readonly #engine: Engine;
  #modelId = "";
  #salt = 0n;

  constructor(stage: Stage, model: StoryModel, narrator: Narrator) {
    this.#stage = stage;
    this.#model = model;
    this.#narrator = narrator;
    this.#ledger = new Ledger(stage);
    this.#engine = new Engine(model.imported.program);
  }

  async tell(lie: Liar, seed: number): Promise<TaleResult> {
    await this.#publish();
    await this.#join();
    const before = await this.#ledger.balances();
    const honest = await this.#honestInference(this.#model.question(seed));
    const dispute = await this.#lie(this.#model.question(seed + 1), lie, seed);
    const after = await this.#ledger.balances();
    return { honest, dispute, balances: { before, after } };
  }

  // ── Act one: publishing ────────────────────────────────────────────────────────────────────────────────────────────

  async #publish(): Promise<void> {
    const { contracts, people, parameters } = this.#stage;
    const { report, program } = this.#model.imported;
    this.#narrator.act("A model is published");
    const { prompt, decode, epilogue } = report.nodes;
    this.#narrator.say(
      `${this.#model.file}: ${this.#model.bytes.toLocaleString("en")} bytes of ONNX become ${prompt + decode + epilogue} node records and ` +
        `${report.parameters.count} parameters`,
    );
    this.#narrator.say(`program root  ${report.programRoot}`);
    this.#narrator.say(`params root   ${report.paramsRoot}`);
    const clocks = {
      windowSeconds: parameters.market.window.defaultSeconds,
      providerBudgetSeconds: parameters.game.providerBudget.defaultSeconds,
      challengerBudgetSeconds: parameters.game.challengerBudget.defaultSeconds,
    };
    const registry = contracts.registry.connect(people.deployer);
    const none = `0x${"0".repeat(64)}`;
    const registration = [
      encodeHeader(program.header),
      report.paramsRoot,
      clocks,
      `file:${this.#model.file}`,
      none,
    ] as const;
    this.#modelId = await registry.register.staticCall(...registration);
    const sent = await registry.register(...registration);
    this.#done("deployer", "registers the model", (await sent.wait())!);
  }

  async #join(): Promise<void> {
    const { contracts, people, addresses } = this.#stage;
    this.#narrator.act("A provider joins");
    const staking = contracts.staking.connect(people.provider);
    const joined = await (await staking.join(100, "http://127.0.0.1")).wait();
    this.#done("provider", "joins", joined!);
    const id = await staking.providerOf(addresses.provider);
    this.#done("provider", "offers the model", (await (await staking.serve(id, this.#modelId, 5, FEE)).wait())!);
    this.#done("provider", `stakes ${STAKE / UNITS} tokens`, (await (await staking.deposit(id, STAKE)).wait())!);
  }

  // ── Act two: an honest inference ───────────────────────────────────────────────────────────────────────────────────

  async #honestInference(question: Question): Promise<TaleResult["honest"]> {
    const { inferences, people, addresses, contracts, parameters, deployContract, sleep } = this.#stage;
    this.#narrator.act("An honest answer");
    const consumer = await deployContract("RecordingConsumer", [await contracts.market.getAddress()]);
    const start = this.#ledger.expenses.length;
    const asked = await this.#ask(question, consumer);
    const run = this.#engine.run(question.request);
    const outputs = outputsOf(run);
    this.#narrator.say(`the provider computes: ${question.read(run.outputs)}`);
    this.#done("provider", "posts the answer", await inferences.post(asked, outputs, people.provider));
    await sleep(parameters.market.window.defaultSeconds + 1);
    this.#narrator.say(`${parameters.market.window.defaultSeconds} seconds pass; nobody objects`);
    const provider = await contracts.staking.providerOf(addresses.provider);
    const earned = await contracts.market.earnings(provider);
    const finalised = await inferences.finalise(asked, outputs, people.requester);
    this.#done("requester", "finalises, and its contract is called back", finalised);
    const paid = (await contracts.market.earnings(provider)) - earned;
    this.#narrator.say(`the provider has earned ${paid / UNITS} tokens`);
    return { accepted: true, paid: paid === FEE, gas: this.#ledger.gasSince(start) };
  }

  /** A request, put to the market and taken on. */
  async #ask(question: Question, callback?: string): Promise<Asked> {
    const { inferences, people } = this.#stage;
    this.#narrator.say(question.text);
    for (const line of question.picture) this.#narrator.say(`    ${line}`);
    const terms = { modelId: this.#modelId, fee: FEE, acceptSeconds: 300, answerSeconds: 300, salt: ++this.#salt };
    const called = callback === undefined ? {} : { callback, callbackGas: CALLBACK_GAS };
    const asked = await inferences.request(question.request, { ...terms, ...called }, people.requester);
    this.#done("requester", `asks, with ${FEE / UNITS} tokens in escrow`, asked.receipt);
    this.#done("provider", "accepts, and its collateral is locked", await inferences.accept(asked, people.provider));
    return asked;
  }

  // ── Act three: a lie and its dispute ───────────────────────────────────────────────────────────────────────────────

  async #lie(given: Question, lie: Liar, seed: number): Promise<TaleResult["dispute"]> {
    const { inferences } = this.#stage;
    this.#narrator.act("A lie");
    const question = lie.ask ? { ...given, request: lie.ask(given.request) } : given;
    const asked = await this.#ask(question);
    const run = this.#engine.run(question.request);
    const truth = truthOf(run, claimOf(run, fastHasher), (program, request, tamper) =>
      (program === this.#engine.program ? this.#engine : new Engine(program)).run(request, tamper),
    );
    const told = lie.tell(truth, randomSource(seed));
    if (!told) throw new Error(`the lie ${lie.name} has no place in the ${this.#model.name} model`);
    this.#narrator.say(
      `the right answer is ${question.read(run.outputs)}; the provider tells another story: ${lie.summary}`,
    );
    this.#done("provider", "posts the answer", await this.#post(asked, told));
    const claim: Claim = inferences.claimOf(asked, question.request, told.outputsRoot);
    return this.#dispute(asked, claim, run, told, lie);
  }

  /** Answers by bytes, or by root where no bytes hash to it. */
  #post(asked: Asked, told: Told): Promise<TransactionReceipt> {
    const { inferences, people } = this.#stage;
    return equalBytes(outputsRootOf(told.outputs, fastHasher), told.outputsRoot)
      ? inferences.post(asked, told.outputs, people.provider)
      : inferences.postRoot(asked, told.outputsRoot, "", people.provider);
  }

  async #dispute(asked: Asked, claim: Claim, run: Run, told: Told, lie: Liar): Promise<TaleResult["dispute"]> {
    const { disputes, inferences, people, contracts, now, sleep } = this.#stage;
    const { program, report } = this.#model.imported;
    this.#narrator.act("The game");
    const honest = new Trace(run);
    const evidence: Evidence = { trace: honest, machine: programMachine(claim, honest) };
    const usual = honestProvider({ trace: told.trace, machine: told.machine });
    const rules = await disputes.rules();
    const dispute = { claimId: asked.claimId, claim, header: encodeHeader(program.header), rules, convicted: false };
    const start = this.#ledger.expenses.length;
    const { game, receipt } = await disputes.challenge(asked.claimId, people.challenger);
    this.#done("challenger", "re-executes, finds other bits, and challenges with a bond", receipt);
    const published = await disputes.published(dispute);
    const teller: Teller = { layout: run.layout, names: report.nodeOperators, ...{ ...evidence, honest, rules } };
    const moves = await playDuel({
      disputes,
      dispute,
      game,
      signers: { provider: people.provider, challenger: people.challenger },
      minds: { provider: told.mind ? told.mind(usual) : usual, challenger: honestChallenger(evidence, published) },
      published,
      now,
      sleep,
      onMove: async (made, mined) => this.#moved(teller, made, mined),
    });
    const last = moves.findLast(({ kind }) => kind !== "reclaim")!;
    const verdict = verdictOf(teller, last.move, last.before) ?? null;
    const convicted = (await contracts.market.claimOf(asked.claimId)).status === CONVICTED;
    const gasTotal = this.#ledger.gasSince(start);
    this.#narrate(verdict, convicted, moves.length + 1, gasTotal);
    if (convicted) {
      this.#done("requester", "takes its fee back, and its share", await inferences.refund(asked, people.requester));
      await sleep(this.#stage.parameters.market.rewardDelaySeconds + 1);
      const paid = await (await contracts.market.connect(people.challenger).payReward(asked.claimId)).wait();
      this.#done("challenger", "takes its reward", paid!);
      const refunded = await (await contracts.game.connect(people.challenger).withdraw()).wait();
      this.#done("challenger", "takes its bond back", refunded!);
    }
    return {
      convicted,
      lie: lie.name,
      transactions: moves.length + 1,
      gasTotal,
      moves: [
        { by: "challenger", kind: "challenge", gas: receipt.gasUsed },
        ...moves.map(({ by, kind, gas }) => ({ by, kind, gas })),
      ],
      step: verdict,
    };
  }

  async #moved(teller: Teller, made: Made, receipt: TransactionReceipt): Promise<void> {
    const after = await this.#stage.disputes.read(made.before.id);
    this.#done(made.by, moveName(teller, made.move, made.before, after), receipt);
  }

  #narrate(verdict: Verdict | null, convicted: boolean, transactions: number, gas: bigint): void {
    this.#narrator.act("The verdict");
    if (verdict !== null) {
      this.#narrator.say(verdict.place);
      this.#narrator.say(`  committed  ${verdict.committed}`);
      this.#narrator.say(`  computed   ${verdict.computed}`);
    }
    const ending = convicted ? "the claim is convicted" : "the claim stands";
    this.#narrator.say(
      `${ending}, after ${transactions} transactions and ${gas.toLocaleString("en")} gas of both sides`,
    );
  }

  #done(by: Role, what: string, receipt: TransactionReceipt): void {
    this.#narrator.transaction(by, what, this.#ledger.enter(by, what, receipt));
  }
}

/** The market's word for a convicted claim. */
const CONVICTED = 6n;
