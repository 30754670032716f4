import { expect } from "chai";
import { toHex } from "../../../packages/vm/src/hash.ts";
import { headerOf, makeWorld, type World } from "../../helpers/marketWorld.ts";

describe("model registry", () => {
  let world: World;
  before(async () => (world = await makeWorld()));

  const registration = (part: object = {}, previous = "0x" + "00".repeat(32), parameters = 1) =>
    [headerOf(parameters), world.ethers.id("weights"), { ...world.clocks, ...part }, "ipfs://files", previous] as const;

  it("stores what the market needs", async () => {
    const { registry, modelId, clocks, ethers } = world;
    const model = await registry.modelOf(modelId);
    expect(model.programRoot).to.equal(ethers.keccak256(headerOf()));
    expect(model.paramsRoot).to.equal(ethers.id("params"));
    expect([...model.clocks]).to.deep.equal(Object.values(clocks).map(BigInt));
    expect([model.leastCalls, model.greatestCalls]).to.deep.equal([2n, 4n]);
    expect(model.bounds).to.equal(toHex(headerOf().slice(262)));
  });

  it("names a model by its owner and all that a dispute depends on", async () => {
    const { registry, ethers, stranger, deployer, clocks } = world;
    const args = registration();
    const id = (owner: string) =>
      ethers.keccak256(
        ethers.AbiCoder.defaultAbiCoder().encode(
          ["address", "bytes32", "bytes32", "uint24", "uint24", "uint24"],
          [owner, ethers.keccak256(args[0]), args[1], ...Object.values(clocks)],
        ),
      );
    expect(await registry.register.staticCall(...args)).to.equal(id(deployer.address));
    expect(await registry.connect(stranger).register.staticCall(...args)).to.equal(id(stranger.address));
    await registry.register(...args);
    await expect(registry.register(...args)).to.be.revertedWithCustomError(registry, "ModelRegistry_AlreadyRegistered");
  });

  it("keeps lines of versions, one owner and no forks", async () => {
    const { registry, ethers, stranger, deployer } = world;
    const register = async (previous: string, parameters: number) => {
      const id = await registry.register.staticCall(...registration({}, previous, parameters));
      await registry.register(...registration({}, previous, parameters));
      return id;
    };
    const first = await register(ethers.ZeroHash, 10);
    const second = await register(first, 11);
    expect(await registry.lineageOf(first)).to.deep.equal([deployer.address, 1n, ethers.ZeroHash, second, false]);
    expect(await registry.lineageOf(second)).to.deep.equal([deployer.address, 2n, first, ethers.ZeroHash, false]);
    await expect(registry.register(...registration({}, first, 12))).to.be.revertedWithCustomError(
      registry,
      "ModelRegistry_AlreadyRegistered",
    );
    await expect(registry.connect(stranger).register(...registration({}, second, 13))).to.be.revertedWithCustomError(
      registry,
      "ModelRegistry_NotOwner",
    );
  });

  it("only the owner deprecates, once, and moves the content", async () => {
    const { registry, ethers, stranger } = world;
    const args = registration({}, ethers.ZeroHash, 20);
    const id = await registry.register.staticCall(...args);
    await registry.register(...args);
    for (const call of [registry.connect(stranger).deprecate(id), registry.connect(stranger).moveContent(id, "x")])
      await expect(call).to.be.revertedWithCustomError(registry, "ModelRegistry_NotOwner");
    await expect(registry.moveContent(id, "ar://files")).to.emit(registry, "ModelMoved").withArgs(id, "ar://files");
    await registry.deprecate(id);
    await expect(registry.deprecate(id)).to.be.revertedWithCustomError(registry, "ModelRegistry_Deprecated");
    await expect(registry.activeRecord(id)).to.be.revertedWithCustomError(registry, "ModelRegistry_Deprecated");
    expect((await registry.modelOf(id)).paramsRoot).to.equal(args[1]);
  });

  it("keeps a model's clocks within the deployment's limits", async () => {
    const { registry } = world;
    for (const part of [
      { windowSeconds: 59 },
      { windowSeconds: 301 },
      { providerBudgetSeconds: 239 },
      { providerBudgetSeconds: 961 },
      { challengerBudgetSeconds: 59 },
      { challengerBudgetSeconds: 241 },
    ])
      await expect(registry.register(...registration(part))).to.be.revertedWithCustomError(
        registry,
        "ModelRegistry_ClockOutOfLimits",
      );
    await expect(
      registry.register(...registration({ providerBudgetSeconds: 400, challengerBudgetSeconds: 101 })),
    ).to.be.revertedWithCustomError(registry, "ModelRegistry_ChallengerBudgetAboveQuarter");
  });

  it("refuses malformed headers", async () => {
    const { registry, ethers, clocks } = world;
    for (const header of ["0x", toHex(headerOf().slice(0, 262)), toHex(headerOf()) + "00"])
      await expect(registry.register(header, ethers.ZeroHash, clocks, "", ethers.ZeroHash)).to.revert(ethers);
  });

  it("refuses an unknown model", async () => {
    await expect(world.registry.modelOf(world.ethers.id("none"))).to.be.revertedWithCustomError(
      world.registry,
      "ModelRegistry_Unknown",
    );
  });
});
