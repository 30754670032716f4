import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { network } from "hardhat";
import { loadParameters, longestLifeSeconds, parseParameters } from "@assay/protocol";
import { deploy, deployMarket } from "./deploy.ts";
import { marketConfig, registryLimits } from "./arguments.ts";

const NAMES = ["default", "local"] as const;
const file = (name: string) => fileURLToPath(new URL(`../parameters/${name}.json5`, import.meta.url));

describe("deployment", () => {
  for (const name of NAMES)
    it(`of ${name}.json5 wires everything and leaves nobody a power`, async () => {
      const connection = await network.create();
      const parameters = loadParameters(file(name));
      const { token, registry, market, staking, evaluator, game } = await deploy(connection, parameters);
      const [deployer] = await connection.ethers.getSigners();
      expect(await market.REGISTRY()).to.equal(await registry.getAddress());
      expect(await market.TOKEN()).to.equal(await token.getAddress());
      expect(await market.STAKING()).to.equal(await staking.getAddress());
      expect(await staking.MARKET()).to.equal(await market.getAddress());
      expect(await staking.TOKEN()).to.equal(await token.getAddress());
      expect(await market.game()).to.equal(await game.getAddress());
      expect(await game.HOLDER()).to.equal(await market.getAddress());
      expect(await game.EVALUATOR()).to.equal(await evaluator.getAddress());
      expect(await market.TREASURY()).to.equal(deployer.address);
      expect(await staking.UNBONDING_DELAY_SECONDS()).to.equal(BigInt(parameters.staking.unbondingDelaySeconds));
      const half = parameters.game.providerBudget.leastSeconds / 2;
      expect(await staking.GREATEST_CAPACITY_SECONDS()).to.equal(BigInt(half));
      await expect(market.nameGame(await game.getAddress())).to.be.revertedWithCustomError(
        market,
        "InferenceMarket_GameNamed",
      );
    });

  it("refuses a game of another market, and one whose disputes outlast the locks", async () => {
    const connection = await network.create();
    const { ethers } = connection;
    const parameters = loadParameters(file("local"));
    const { market } = await deployMarket(connection, parameters);
    const evaluator = await ethers.deployContract("StepEvaluator");
    const make = async (holder: string, extension: number) =>
      ethers.deployContract("DisputeGame", [
        holder,
        await evaluator.getAddress(),
        { arityLog2: 5, snapshotsLog2: 6, extension, tipCap: 1, priceCap: 1 },
      ]);
    const name = async (game: Awaited<ReturnType<typeof make>>) => market.nameGame(await game.getAddress());
    await expect(name(await make(ethers.ZeroAddress, 1))).to.be.revertedWithCustomError(
      market,
      "InferenceMarket_OthersGame",
    );
    const { extensionSeconds, greatestMoves } = parameters.game;
    await expect(
      name(await make(await market.getAddress(), extensionSeconds * greatestMoves)),
    ).to.be.revertedWithCustomError(market, "InferenceMarket_ParameterOutOfRange");
    await name(await make(await market.getAddress(), extensionSeconds));
  });

  it("the chain refuses what the schema refuses", async () => {
    const { ethers } = await network.create();
    const parameters = loadParameters(file("default"));
    const limits = registryLimits(parameters);
    const token = await ethers.deployContract("TestToken", [18]);
    const registry = await ethers.deployContract("ModelRegistry", [limits]);
    const config = {
      ...marketConfig(parameters),
      registry: await registry.getAddress(),
      token: await token.getAddress(),
      treasury: await token.getAddress(),
    };
    const market = await ethers.getContractFactory("InferenceMarket");
    const refusedMarket = async (part: object, error: string) =>
      expect(market.deploy({ ...config, ...part })).to.be.revertedWithCustomError(market, error);
    const refusedRegistry = async (part: object, error: string) =>
      expect(ethers.deployContract("ModelRegistry", [{ ...limits, ...part }])).to.be.revertedWithCustomError(
        registry,
        error,
      );
    await refusedMarket(
      { unbondingDelaySeconds: longestLifeSeconds(parameters) - 1 },
      "InferenceMarket_UnbondingTooShort",
    );
    await refusedMarket({ slashBurnBps: 4_999 }, "InferenceMarket_BurnBelowHalf");
    await refusedMarket({ slashChallengerBps: 4_501 }, "InferenceMarket_SharesAboveWhole");
    await refusedMarket({ collateralRatioBps: 379_999 }, "InferenceMarket_CollateralTooLow");
    await refusedMarket({ auditProbabilityBps: 0 }, "InferenceMarket_CollateralTooLow");
    await refusedMarket({ guardianFreezeSeconds: 604_801 }, "InferenceMarket_FreezeTooLong");
    await refusedMarket({ protocolCutBps: 10_001 }, "InferenceMarket_ParameterOutOfRange");
    await refusedMarket({ missedAnswerBps: 10_001 }, "InferenceMarket_ParameterOutOfRange");
    await refusedMarket({ maxReassignments: 4 }, "InferenceMarket_ParameterOutOfRange");
    await refusedRegistry({ leastWindowSeconds: 86_399 }, "ModelRegistry_WindowBelowTwiceInclusionDelay");
    await refusedRegistry({ leastChallengerBudgetSeconds: 86_401 }, "ModelRegistry_ChallengerBudgetAboveQuarter");
    await refusedRegistry({ greatestWindowSeconds: 86_399 }, "ModelRegistry_LimitsOutOfOrder");
    await refusedRegistry({ maxInclusionDelaySeconds: 0 }, "ModelRegistry_LimitsOutOfOrder");
    expect(() => parseParameters({})).to.throw("chain");
  });

  it("lesson 4: an ordering that only holds modulo 2^24 is refused: sums are made in 256 bits", async () => {
    const { ethers } = await network.create();
    const parameters = loadParameters(file("default"));
    const token = await ethers.deployContract("TestToken", [18]);
    const registry = await ethers.deployContract("ModelRegistry", [registryLimits(parameters)]);
    const market = await ethers.getContractFactory("InferenceMarket");
    const greatest = 2 ** 24 - 1;
    await expect(
      market.deploy({
        ...marketConfig(parameters),
        greatestAnswerSeconds: greatest,
        bufferSeconds: greatest,
        extensionSeconds: greatest,
        greatestMoves: 65_535,
        registry: await registry.getAddress(),
        token: await token.getAddress(),
        treasury: await token.getAddress(),
      }),
    ).to.be.revertedWithCustomError(market, "InferenceMarket_UnbondingTooShort");
  });
});
