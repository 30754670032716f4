/** The dispute game over the toy machine: both players, from challenge to conviction. */
import { expect } from "chai";
import { network } from "hardhat";
import type { Machine } from "../../../packages/dispute/src/machine.ts";
import type { ToySizes } from "../../../packages/dispute/src/testing/toy.ts";
import { randomSource } from "../../../packages/dispute/src/testing/random.ts";
import type { Trace } from "../../../packages/vm/src/trace.ts";
import { challenge, isConvicted, play, postToy, setTable } from "../../helpers/dispute-table.ts";

const chain = await network.create();

const SMALL: ToySizes = { prompt: 8, decode: 0, epilogue: 0, calls: 1, count: 1000, extent: 0, outputs: [7] };

const word = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);

/** Tree shapes at which descents differ: lists that are passed through, groups that are cut short, deep calls. */
const SHAPES: Record<string, ToySizes> = {
  "a small model": SMALL,
  "a single tensor": { prompt: 1, decode: 0, epilogue: 0, calls: 1, count: 300, extent: 0, outputs: [0] },
  "a single leaf": { prompt: 1, decode: 0, epilogue: 0, calls: 1, count: 5, extent: 0, outputs: [0] },
  "small tensors": { prompt: 3, decode: 0, epilogue: 0, calls: 1, count: 8, extent: 40, outputs: [1, 2] },
  "two calls": { prompt: 2, decode: 0, epilogue: 3, calls: 2, count: 70, extent: 33, outputs: [2] },
  "many calls": { prompt: 2, decode: 3, epilogue: 1, calls: 40, count: 65, extent: 100, outputs: [0] },
  "a call of one tensor": { prompt: 1, decode: 1, epilogue: 1, calls: 3, count: 40, extent: 20, outputs: [0] },
  "long reductions": { prompt: 4, decode: 0, epilogue: 0, calls: 1, count: 40, extent: 3000, outputs: [3] },
};

/** A trace with one element changed. */
const wrongElement =
  (call: number, position: number, element: number) =>
  (honest: Trace): Trace => {
    const index = Math.floor(element / 32);
    const leaf = honest.leaf(call, position, index);
    leaf.set(word(123_456_789), (element % 32) * 4);
    return honest.withLeaf(call, position, index, leaf);
  };

describe("DisputeGame", () => {
  for (const [name, sizes] of Object.entries(SHAPES)) {
    it(`convicts a wrong number anywhere in ${name}`, async () => {
      const table = await setTable(chain);
      const random = randomSource(name.length);
      for (let claimId = 1n; claimId <= 6n; claimId++) {
        const call = random(sizes.calls);
        const list = call === 0 ? "prompt" : call === sizes.calls - 1 ? "epilogue" : "decode";
        const position = random(sizes[list] + (list === "decode" ? 1 : 0));
        const element = random(sizes.count);
        const played = await postToy(table, sizes, wrongElement(call, position, element), { claimId });
        const id = await challenge(table, played);
        await play(table, played, id);
        expect(await table.holder.rewarded(claimId)).to.equal(table.challenger.address);
        expect(table.made.at(-1)?.kind, `${call}/${position}/${element}`).to.equal("prove");
      }
    });
  }

  it("convicts wrong accumulators wherever they are", async () => {
    const table = await setTable(chain);
    const sizes = SHAPES["long reductions"];
    const steps = [1, 2, 5, 93, 94, 95, 1500, 2999, 3000];
    for (const [i, from] of steps.entries()) {
      // A wrong sum: from some step on every accumulator is off by one, and so is the element.
      const machine = (honest: Machine): Machine => ({
        ...honest,
        snapshots: (call, position, element, at) => {
          const all = honest.snapshots(call, position, element, at);
          at.forEach((step, k) => (all[4 * k] ^= step >= from ? 1 : 0));
          return all;
        },
      });
      const lie = (honest: Trace): Trace => {
        const leaf = honest.leaf(0, 1, 0);
        leaf[4 * 7] ^= 1;
        return honest.withLeaf(0, 1, 0, leaf);
      };
      const played = await postToy(table, sizes, lie, { claimId: BigInt(i + 1), machine });
      await play(table, played, await challenge(table, played));
      expect(await isConvicted(table, BigInt(i + 1)), `from step ${from}`).to.equal(true);
    }
  });

  it("lets nobody convict an honest provider by pointing", async () => {
    const table = await setTable(chain);
    const played = await postToy(table, SMALL);
    const id = await challenge(table, played);
    await play(table, played, id);
    expect(await isConvicted(table, 1n)).to.equal(false);
    expect(await table.holder.open(1n)).to.equal(0n);
  });
});
