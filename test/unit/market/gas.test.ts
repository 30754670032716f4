import { expect } from "chai";
import { filled, makeWorld } from "../../helpers/marketWorld.ts";

describe("market: gas of the happy path", () => {
  it("takes at most 250,000 from request to payment", async () => {
    const world = await makeWorld();
    const { market, requester, owner, mined, requestOf, orderIn, descriptions, outputs, atDeadline } = world;
    await world.finalised();
    await market.connect(requester).addCredit(requester.address, 10n ** 24n);
    const request = await mined(market.connect(requester).request(requestOf(), filled(256)));
    const { claimId, order } = orderIn(request);
    const accept = await mined(market.connect(owner).accept(order));
    const post = await mined(market.connect(owner).post(order, descriptions, outputs));
    await atDeadline(claimId);
    const finalise = await mined(market.finalise(claimId));
    const gas = [request, accept, post, finalise].map((receipt) => Number(receipt.gasUsed));
    const total = gas.reduce((a, b) => a + b);
    expect(total).to.be.at.most(250_000);
  });
});
