import { expect } from "chai";
import { network } from "hardhat";
import { buildUnder } from "../helpers/build.ts";

/** Every count of leading zeros, with nothing, everything and something after the leading one. */
const WORDS = [0n].concat(
  Array.from({ length: 256 }, (_, place) => {
    const leading = 1n << BigInt(place);
    return [leading, 2n * leading - 1n, leading | ((leading - 1n) & (0x5555n << BigInt(place >> 1)))];
  }).flat(),
);

const leadingZeros = (x: bigint): bigint => (x === 0n ? 256n : 256n - BigInt(x.toString(2).length));

describe("Bits", () => {
  it("counts leading zeros by the instruction as by halving", async () => {
    const { ethers } = await network.create();
    const harness = await ethers.deployContract("BitsHarness");
    const { bits, portable } = await harness.clz(WORDS);
    expect([...bits]).to.deep.equal(WORDS.map(leadingZeros));
    expect([...portable]).to.deep.equal(WORDS.map(leadingZeros));
  });

  it("counts by halving in a build for a chain without the instruction", async () => {
    const { ethers } = await network.create("prague");
    const { abi, bytecode } = await buildUnder("prague", "mocks/BitsHarness.sol");
    const [signer] = await ethers.getSigners();
    const harness = await new ethers.ContractFactory(abi as never, bytecode, signer).deploy();
    const { bits } = await harness.getFunction("clz")(WORDS);
    expect([...bits]).to.deep.equal(WORDS.map(leadingZeros));
  });

  it("is what keeps a build for Osaka from running before Osaka", async () => {
    const { ethers } = await network.create("prague");
    const harness = await ethers.deployContract("BitsHarness");
    const outcome = await harness.clz([1n]).then(
      () => "ran",
      () => "failed",
    );
    expect(outcome).to.equal("failed");
  });
});
