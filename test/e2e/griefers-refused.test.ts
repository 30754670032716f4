/**
 * Moves that are refused, on the real contracts: at every turn of a game each law's bad move reverts with its typed error,
 * and nothing that is stored has changed.
 *
 * @weight 20
 */
import { expect } from "chai";
import { honestProvider } from "../../packages/cli/src/story/duel.ts";
import {
  argumentsOf,
  deadlineOf,
  programMachine,
  Published,
  sideToMove,
  type GameId,
  type Move,
  type MoveKind,
  type Side,
} from "../../packages/dispute/src/index.ts";
import { outOfTurn, outOfRange, pointAnywhere, type Sight } from "../../packages/dispute/src/testing/griefers.ts";
import { randomSource } from "../../packages/dispute/src/testing/random.ts";
import { decodeError, revertDataOf } from "../../packages/protocol/src/index.ts";
import { makeVillainWorld, shortQuestion, type Answered, type VillainWorld } from "../helpers/villainWorld.ts";

/** Points at a long reduction behind a node that is to be opened, so that the game has every stage but a second cut. */
const POINTING = 1_000_003;

/** Who sends a bad move. */
type Sender = Side | "stranger";

interface Refused {
  readonly by: Sender;
  readonly move: Move;
  readonly errors: readonly string[];
}

/** A turn: the move that is next, and where the game stands. */
interface Turn extends Sight {
  readonly by: Side;
  readonly next: Move;
}

interface Law {
  readonly law: string;
  /** Moves that must revert at this turn. */
  refused(turn: Turn): Refused[];
  /** Whether the mover's time is over when they are sent. */
  readonly late?: boolean;
}

/** Moves that only one side may make; the rest is checked against what is committed, whoever sends it. */
const OWN: readonly MoveKind[] = ["openTrace", "publish", "pick", "enter", "reduce", "narrow"];

const LAWS: readonly Law[] = [
  {
    law: "out of turn",
    refused: (turn) => outOfTurn(turn, randomSource(1)),
  },
  {
    law: "out of range",
    refused: (turn) => (turn.by === "challenger" ? outOfRange(turn, randomSource(1)) : []),
  },
  {
    law: "after time",
    late: true,
    refused: ({ by, next }) => [{ by, move: next, errors: ["DisputeGame_Late"] }],
  },
  {
    law: "by a stranger",
    refused: ({ next }) =>
      OWN.includes(next.kind) ? [{ by: "stranger", move: next, errors: ["DisputeGame_Sender"] }] : [],
  },
  {
    law: "by the other side",
    refused: ({ by, next }) =>
      OWN.includes(next.kind)
        ? [{ by: by === "provider" ? "challenger" : "provider", move: next, errors: ["DisputeGame_Sender"] }]
        : [],
  },
  {
    law: "twice",
    refused: ({ made }) =>
      made.map((move) => ({
        by: move.kind === "openTrace" || move.kind === "publish" ? "provider" : "challenger",
        move,
        errors: ["DisputeGame_Stage", "DisputeGame_Expected", "DisputeGame_TraceOpen"],
      })),
  },
  {
    law: "an early end",
    refused: ({ game }) => [
      { by: "stranger", move: { kind: "timeout", game: game.id }, errors: ["DisputeGame_Early"] },
    ],
  },
  {
    law: "a bond taken back while the claim stands",
    refused: ({ game }) => [
      { by: "challenger", move: { kind: "reclaim", game: game.id }, errors: ["DisputeGame_Standing"] },
    ],
  },
];

/** All that a move could change, as text. */
async function stored(world: VillainWorld, { asked }: Answered, game: GameId): Promise<string> {
  const { contracts, addresses, disputes } = world;
  const words = await Promise.all([
    contracts.game.viewGame(game),
    contracts.market.claimOf(asked.claimId),
    contracts.staking.providerAt(1),
    contracts.game.credits(addresses.provider),
    contracts.game.credits(addresses.challenger),
    contracts.game.credits(addresses.griefer),
    disputes.read(game),
  ]);
  return JSON.stringify(words, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
}

/** Sends a move that must fail; gives the name of the error. */
async function errorOf(world: VillainWorld, { by, move }: Refused, value = 0n): Promise<string> {
  const contract = world.contracts.game.connect(world.people[by === "stranger" ? "griefer" : by]);
  try {
    const sent = await contract.getFunction(move.kind).send(...argumentsOf(move), { value, gasLimit: 10_000_000 });
    await sent.wait();
  } catch (error) {
    return decodeError(revertDataOf(error) ?? "0x")?.name ?? "no name";
  }
  return "accepted";
}

describe("refused moves", function () {
  this.timeout(300_000);
  let world: VillainWorld;
  before(async () => {
    world = await makeVillainWorld("digits");
  });
  after(() => world.close());

  const answered = async (): Promise<Answered> => {
    const run = world.engine.run(shortQuestion(world).request);
    return world.answerTruly(await world.ask(run.layout.request), run);
  };

  for (const { law, refused, late = false } of LAWS) {
    it(`${law}: a typed revert at every turn, and no change`, () =>
      world.undone(async () => {
        const played = await answered();
        const { dispute, trace } = played;
        const machine = programMachine(dispute.claim, trace);
        const published = new Published();
        const id = await world.challenge(played);
        const random = randomSource(POINTING);
        const made: Move[] = [];
        const kinds = new Set<MoveKind>();
        for (;;) {
          const game = await world.disputes.read(id);
          const by = sideToMove(game.stage)!;
          const sight = { dispute, game, trace, machine, published, made };
          const now = await world.now();
          const next =
            by === "challenger" ? pointAnywhere(sight, random) : honestProvider({ trace, machine })(dispute, game, now);
          if (next === undefined || next.kind === "wait") break;
          await world.undone(async () => {
            if (late) await world.sleep(deadlineOf(game.clock, by) - now + 1);
            const before = await stored(world, played, id);
            for (const bad of refused({ ...sight, by, next })) {
              expect(bad.errors, `${bad.move.kind} in stage ${game.stage}`).to.include(await errorOf(world, bad));
              kinds.add(bad.move.kind);
            }
            expect(await stored(world, played, id)).to.equal(before);
          });
          await world.disputes.send(next, world.people[by]);
          published.learn(next, game, dispute);
          made.push(next);
        }
        expect(kinds.size).to.be.greaterThan(0);
        expect(made.map(({ kind }) => kind)).to.include.members([
          "openTrace",
          "enter",
          "openBlock",
          "reduce",
          "publish",
        ]);
      }));
  }

  it("without bond: a typed revert, and no game", () =>
    world.undone(async () => {
      const played = await answered();
      const { claimId } = played.dispute;
      const bond = await world.contracts.game.bondOf(claimId);
      const move: Move = { kind: "challenge", claimId, bond };
      for (const value of [0n, bond - 1n]) {
        expect(await errorOf(world, { by: "stranger", move, errors: [] }, value)).to.equal("DisputeGame_Bond");
      }
      expect((await world.contracts.market.claimOf(claimId)).openDisputes).to.equal(0n);
    }));

  it("a challenge after the window, or of what does not exist: a typed revert", () =>
    world.undone(async () => {
      const played = await answered();
      const { claimId } = played.dispute;
      const bond = await world.contracts.game.bondOf(claimId);
      const { time } = await world.contracts.market.claimOf(claimId);
      await world.sleep(Number(time) - (await world.now()) + 1);
      const challenge = (id: bigint): Refused => ({
        ...{ by: "stranger", errors: [] },
        move: { kind: "challenge", claimId: id, bond },
      });
      expect(await errorOf(world, challenge(claimId), bond)).to.equal("InferenceMarket_TooLate");
      expect(await errorOf(world, challenge(claimId + 1n), bond)).to.equal("InferenceMarket_WrongStatus");
    }));
});
