import { expect } from "chai";
import { makeWorld } from "../../../test/helpers/marketWorld.ts";
import { ABIS } from "./abi.ts";
import { decodeError, decodeEvent, INTERFACES, revertDataOf } from "./decode.ts";

describe("decoding", () => {
  it("names the contract, the event and its arguments", async () => {
    const world = await makeWorld();
    const asked = await world.request();
    const receipt = await world.mined(world.market.connect(world.owner).accept(asked.order));
    const [event] = receipt.logs.map(decodeEvent);
    expect(event).to.deep.include({ contract: "InferenceMarket", name: "Accepted" });
    expect(event!.args).to.deep.include({ claimId: asked.claimId, provider: world.provider });
    expect(decodeEvent({ topics: [`0x${"00".repeat(32)}`], data: "0x" })).to.equal(null);
  });

  it("finds the error in what a library threw", async () => {
    const world = await makeWorld();
    const asked = await world.request();
    let thrown: unknown;
    try {
      await world.market.connect(world.stranger).accept.staticCall(asked.order);
    } catch (error) {
      thrown = error;
    }
    const data = revertDataOf(thrown)!;
    expect(decodeError(data)).to.deep.equal({
      contract: "Staking",
      name: "Staking_NotOperator",
      args: { caller: world.stranger.address },
    });
    expect(decodeError("0x12345678")).to.equal(null);
    expect(revertDataOf(new Error("plain"))).to.equal(undefined);
  });

  it("has no two errors or events that look alike and differ", () => {
    const seen = new Map<string, string>();
    for (const name of Object.keys(ABIS) as (keyof typeof ABIS)[]) {
      INTERFACES[name].forEachError(({ selector, name: error }) => {
        expect(seen.get(selector) ?? error, selector).to.equal(error);
        seen.set(selector, error);
      });
    }
  });
});
