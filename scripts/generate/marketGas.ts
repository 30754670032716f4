/**
 * Writes `snapshots/market.json`: gas of each step of market and staking, with 256 bytes of input and of output, calldata
 * priced as on the newest fork (EIP-7623), balances that are written not zero before. `--check` writes nothing and exits 1
 * if the file is stale.
 *
 *   node scripts/generate/marketGas.ts [--check]
 */
import hre from "hardhat";
import { format } from "prettier";
import { keepSnapshot } from "../helpers/snapshot.ts";

await hre.tasks.getTask("build").run({ quiet: true });
const { filled, makeWorld } = await import("../../test/helpers/marketWorld.ts");

const world = await makeWorld();
const { market, staking, game, owner, requester, challenger, provider, mined, atDeadline } = world;
const gas: Record<string, number> = {};
const measure = async (name: string, sent: Parameters<typeof mined>[0]) => {
  const receipt = await mined(sent);
  gas[name] = Number(receipt.gasUsed);
  return receipt;
};
const ask = () => market.connect(requester).request(world.requestOf(), filled(256));

await world.finalised();
await market.connect(requester).addCredit(requester.address, 10n ** 21n);

const { claimId, order } = world.orderIn(await measure("request", ask()));
await measure("accept", market.connect(owner).accept(order));
await measure("post", market.connect(owner).post(order, world.descriptions, world.outputs));
await atDeadline(claimId);
await measure("finalise", market.finalise(claimId));
gas["happy path"] = gas.request + gas.accept + gas.post + gas.finalise;

await market.connect(requester).withdrawCredit(await market.credits(requester.address));
await measure("request, fee by transfer", ask());

const missed = await world.accepted();
await atDeadline(missed.claimId);
await measure("expire, answer missed", market.expire(missed.order));

const lie = await world.posted();
await game.open(lie.claimId);
await game.convict(lie.claimId, challenger.address);
await measure("refund", market.refund(lie.order));
await world.networkHelpers.time.increase(world.parameters.market.rewardDelaySeconds);
await measure("pay reward", market.payReward(lie.claimId));
await measure("withdraw credit", market.connect(challenger).withdrawCredit(await market.credits(challenger.address)));
await measure("withdraw earnings", market.connect(owner).withdrawEarnings(provider));
await measure("burn", market.burn());

await measure("deposit", staking.connect(owner).deposit(provider, 1000n));
await measure("unbond", staking.connect(owner).unbond(provider, 1000n));
await world.networkHelpers.time.increase(world.parameters.staking.unbondingDelaySeconds);
await measure("withdraw", staking.connect(owner).withdraw(provider, 1));

const text = await format(JSON.stringify(gas), { parser: "json", printWidth: 120 });

keepSnapshot("snapshots/market.json", text, "scripts/generate/marketGas.ts");
