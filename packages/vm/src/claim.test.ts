import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { claimHash, type Claim } from "./claim.ts";
import { toHex } from "./hash.ts";
import { packSymbols, unpackSymbols } from "./request.ts";
import { Random } from "./testing/random.ts";

describe("claim", () => {
  const random = new Random(2);
  const chainId = 31337n;
  const holder = random.bytes(20);
  const claim: Claim = {
    programRoot: random.bytes(32),
    paramsRoot: random.bytes(32),
    inputsRoot: random.bytes(32),
    outputsRoot: random.bytes(32),
    seed: random.word256(),
    symbols: packSymbols([1, 0xffffffff, 3]),
    calls: 17,
  };

  it("has the hash that Solidity computes", () => {
    const types = ["uint256", "address", ...Array.from({ length: 4 }, () => "bytes32"), "uint256", "uint256", "uint32"];
    const { programRoot, paramsRoot, inputsRoot, outputsRoot, seed, symbols, calls } = claim;
    const fields = [
      chainId,
      toHex(holder),
      ...[programRoot, paramsRoot, inputsRoot, outputsRoot].map(toHex),
      ...[seed, symbols, calls],
    ];
    expect(toHex(claimHash(claim, chainId, holder))).to.equal(
      keccak256(AbiCoder.defaultAbiCoder().encode(types, fields)),
    );
  });

  it("refuses fields that do not fit", () => {
    expect(() => claimHash({ ...claim, seed: 1n << 256n }, chainId, holder)).to.throw(RangeError);
    expect(() => claimHash(claim, chainId, random.bytes(32))).to.throw(RangeError);
    expect(() => claimHash({ ...claim, inputsRoot: random.bytes(20) }, chainId, holder)).to.throw(RangeError);
  });

  it("packs symbols with the first lowest", () => {
    expect(packSymbols([1, 2])).to.equal(0x2_0000_0001n);
    expect(unpackSymbols(packSymbols([5, 0, 0xffffffff]))).to.deep.equal([5, 0, 0xffffffff, 0, 0, 0, 0, 0]);
    expect(() => packSymbols([2 ** 32])).to.throw(RangeError);
    expect(() => packSymbols(Array.from({ length: 9 }, () => 0))).to.throw(RangeError);
  });
});
