import { expect } from "chai";
import { makeWorld } from "../../../test/helpers/marketWorld.ts";
import { claimIdOf, packDetails, toOrder, unpackDetails, type Order } from "./orders.ts";

describe("orders", () => {
  it("pack and unpack their details as the contract does", async () => {
    const world = await makeWorld();
    const asked = { callbackGas: 12_345n, finality: 1n, reassignments: 2n, calls: 4n };
    const { order, claimId } = await world.request(asked);
    const details = unpackDetails(BigInt(order.details));
    expect(details).to.deep.include({ calls: 4, callbackGas: 12_345, windowSeconds: 120, finality: 1 });
    expect(details).to.deep.include({ acceptSeconds: 300, answerSeconds: 300, privateInput: false });
    expect(packDetails(details)).to.equal(BigInt(order.details));
    const { chainId } = await world.ethers.provider.getNetwork();
    expect(claimIdOf(order as Order, chainId, await world.market.getAddress())).to.equal(claimId);
    expect(await world.market.idOf(order)).to.equal(claimId);
    expect(toOrder(order as Order)).to.deep.equal(order);
  });

  it("keep greatest values, and refuse larger ones by name", () => {
    const greatest = {
      ...{ calls: 2 ** 32 - 1, callbackGas: 2 ** 32 - 1, windowSeconds: 2 ** 24 - 1, acceptSeconds: 2 ** 24 - 1 },
      ...{ answerSeconds: 2 ** 24 - 1, finality: 1, privateInput: true, salt: 2n ** 64n - 1n },
    };
    expect(unpackDetails(packDetails(greatest))).to.deep.equal(greatest);
    expect(() => packDetails({ ...greatest, windowSeconds: 2 ** 24 })).to.throw(RangeError, "windowSeconds");
    expect(() => packDetails({ ...greatest, salt: -1n })).to.throw(RangeError, "salt");
  });
});
