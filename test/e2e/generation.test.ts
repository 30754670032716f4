/**
 * Lies about a language model that draws its tokens, on the real contracts: one logit of token 20, a row of the cache, the
 * random numbers, a sampling threshold, the sums of weights, the stop. Each is convicted by one honest challenger.
 * @weight 60
 */
import { expect } from "chai";
import type { Made } from "../../packages/cli/src/story/duel.ts";
import { liarNamed } from "../../packages/dispute/src/testing/liars.ts";
import { sameOutputs, toldOf, type Liar, type Place } from "../../packages/dispute/src/testing/villains.ts";
import { loadWord, storeWord } from "../../packages/vm/src/dtype.ts";
import { decodeList, denseBytes, type Run, type Tensor } from "../../packages/vm/src/index.ts";
import { makeVillainWorld, type VillainWorld } from "../helpers/villainWorld.ts";

/** Bounds of a dispute: both sides together, whole and in a decode call. */
const MOST_TRANSACTIONS = 24;
const MOST_GAS = 1_400_000n;
/** The call that computes token 20: call 0 computes token 1. */
const CALL = 19;

let world: VillainWorld;

/** One element wrong, and everything after computed from it; other places are tried until the answer is another one. */
function wrong(name: string, places: (run: Run) => Place[], spoil: (word: number | bigint) => number | bigint): Liar {
  return {
    name,
    summary: name,
    tell: (truth) => {
      const tries = places(truth.run).map((place) =>
        truth.execute({
          tamper: (call, position, tensor) =>
            call === place.call && position === place.position ? spoilt(tensor, place.element, spoil) : tensor,
        }),
      );
      const run = tries.find((told) => !sameOutputs(told, truth.run)) ?? tries[0];
      return run && toldOf(truth, run);
    },
  };
}

function spoilt(tensor: Tensor, element: number, spoil: (word: number | bigint) => number | bigint): Tensor {
  const data = Uint8Array.from(denseBytes(tensor));
  storeWord(tensor.dtype, spoil(loadWord(tensor.dtype, data, element)), data, element);
  return { ...tensor, data };
}

/** The last node of the decode list that computes this operator's output. */
function nodeOf(operator: string): number {
  return world.model.imported.report.nodeOperators.decode.lastIndexOf(operator);
}

/** Elements of that node in one call. */
function elementsOf(operator: string, call: number, elements: readonly number[]): Place[] {
  return elements.map((element) => ({ call, position: nodeOf(operator) + 1, element }));
}

/** Nodes of the decode list that later calls read. */
function cacheNodes(): number[] {
  const { program } = world.model.imported;
  return [
    ...new Set(
      decodeList(program, "decode").flatMap((decoded) =>
        decoded.valid ? decoded.record.operands.flatMap((o) => (o.kind === "history" ? [o.decode] : [])) : [],
      ),
    ),
  ];
}

async function convict(liar: Liar, calls: number): Promise<Made[]> {
  const { undone, ask, convict: convictLiar, engine, model } = world;
  const request = { ...model.question(3).request, calls };
  const run = engine.run(request);
  const moves = await undone(async () => convictLiar(liar, 5, await ask(request), run));
  expect(moves, "has a place").to.not.equal(undefined);
  return moves!;
}

describe("lies about a language model", function () {
  this.timeout(600_000);
  before(async () => {
    world = await makeVillainWorld("text");
  });
  after(() => world.close());

  it("one logit of token 20: convicted within the bounds of transactions and gas", async () => {
    const spoil = () => 0x42c80000; // 100
    const moves = await convict(
      wrong("logit", () => elementsOf("MatMul", CALL, [7, 8]), spoil),
      CALL + 4,
    );
    // The challenge itself is one more.
    expect(moves.length + 1).to.be.at.most(MOST_TRANSACTIONS);
    const gas = moves.reduce((sum, move) => sum + move.gas, 0n);
    console.log(`      ${moves.length + 1} transactions, ${gas.toLocaleString("en")} gas and the challenge's`);
    expect(gas < MOST_GAS).to.equal(true);
    expect(moves.at(-1)!.kind).to.equal("prove");
  });

  it("a row of the cache: keys and values of one position, read by all later calls", async () => {
    const nodes = cacheNodes();
    // Keys and values of three layers, and the tokens.
    expect(nodes).to.have.length(7);
    for (const node of nodes.slice(0, 2)) {
      const places = () => [{ call: 5, position: node + 1, element: 3 }];
      const moves = await convict(
        wrong("cache", places, () => 0x41200000), // 10
        12,
      );
      expect(moves.at(-1)!.kind).to.equal("prove");
    }
  });

  const sampling: Record<string, { readonly operator: string; readonly elements: readonly number[] }> = {
    "a random number": { operator: "Random", elements: [0] },
    "a key": { operator: "Sampling keys", elements: [4] },
    "a bit of the top-k threshold": { operator: "Top-k threshold", elements: [3] },
    "the end of the top-p threshold": { operator: "Top-p threshold", elements: [37] },
    "the total below which the random place lies": { operator: "Weight of all", elements: [0] },
    "a token's weight": { operator: "Nucleus", elements: [6] },
    "the block": { operator: "Block", elements: [0] },
    "the token": { operator: "Token", elements: [0] },
  };
  for (const [name, { operator, elements }] of Object.entries(sampling)) {
    it(`${name}: convicted`, async () => {
      const flipped = (word: number | bigint) => BigInt(word) ^ 5n;
      const moves = await convict(
        wrong(name, () => elementsOf(operator, 6, elements), flipped),
        11,
      );
      expect(moves.at(-1)!.kind).to.equal("prove");
    });
  }

  for (const name of ["wrong-stop-flag", "unstopped-call", "wrong-history", "wrong-partial-sum", "call-3"]) {
    it(`${name}: convicted`, async () => {
      // Enough calls for the longest ending: the text stops before the last.
      const { calls } = world.model.question(3).request;
      await convict(liarNamed(name), calls);
    });
  }
});
