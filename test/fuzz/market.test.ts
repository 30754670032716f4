/**
 * The market's libraries against their twins in `packages/vm`: tensor roots of every length, input commitments under random
 * shape expressions, and headers that are valid or damaged in one place. `MARKET_FUZZ_CASES` sets the number of each.
 */
import { expect } from "chai";
import { network } from "hardhat";
import { bitsOf, DType } from "../../packages/vm/src/dtype.ts";
import { concat } from "../../packages/vm/src/bytes.ts";
import { toHex } from "../../packages/vm/src/hash.ts";
import { checkHeader, decodeHeader, encodeHeader, MAX_INPUTS, type InputType } from "../../packages/vm/src/header.ts";
import { inputsRootOf, packSymbols } from "../../packages/vm/src/request.ts";
import {
  encodeShape,
  evaluateShape,
  productOf,
  shape,
  type ShapeExpression,
} from "../../packages/vm/src/shapeExpression.ts";
import { commitment, encodeDescription, joinedRoot, makeTensor } from "../../packages/vm/src/tensor.ts";
import { Random } from "../../packages/vm/src/testing/random.ts";
import { randomProgram } from "../../packages/vm/src/testing/randomProgram.ts";
import { rootOf, tensorTree } from "../../packages/vm/src/tree.ts";

const CASES = Number(process.env.MARKET_FUZZ_CASES ?? 400);
const DTYPES = Object.values(DType);
const OPERATIONS = ["add", "sub", "mul", "div", "ceilDiv", "rem", "min", "max"] as const;

/** More elements than this are not tried. */
const GREATEST_COUNT = 5000;

function randomExpression(random: Random, symbols: number, depth: number): ShapeExpression {
  if (depth === 0 || random.chance(40)) {
    if (symbols > 0 && random.chance(60)) return shape.symbol(random.below(symbols));
    return shape.constant(random.chance(10) ? random.between(256, 70_000) : random.below(10));
  }
  const make = shape[random.pick(OPERATIONS)];
  return make(randomExpression(random, symbols, depth - 1), randomExpression(random, symbols, depth - 1));
}

const bytesOf = (random: Random, length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));

describe("market libraries and their twins", () => {
  let harness: Awaited<ReturnType<typeof deployHarness>>;
  const deployHarness = async () => {
    const { ethers } = await network.create();
    return ethers.deployContract("MarketLibrariesHarness");
  };
  before(async () => (harness = await deployHarness()));

  it("tensor roots agree for every length up to nine leaves, and some longer", async () => {
    const random = new Random(1);
    for (const length of [...Array.from({ length: 9 * 16 + 2 }, (_, i) => 8 * i), 127, 129, 255, 257, 4000, 20_000]) {
      const bytes = bytesOf(random, length);
      expect(await harness.treeRoot(bytes), `${length} bytes`).to.equal(toHex(rootOf(tensorTree(bytes))));
    }
  });

  it(`output roots agree, ${CASES} cases`, async () => {
    const random = new Random(2);
    for (let i = 0; i < CASES; i++) {
      const outputs = Array.from({ length: random.between(1, 8) }, () => {
        const dtype = random.pick(DTYPES);
        const count = random.below(200);
        const bytes = bytesOf(random, Math.ceil((count * bitsOf(dtype)) / 8));
        return {
          description: { dtype, count, rows: random.below(50), groupStart: 0, groupEnd: random.below(9) },
          bytes,
        };
      });
      const expected = joinedRoot(outputs.map((o) => commitment(o.description, rootOf(tensorTree(o.bytes)))));
      const descriptions = concat(...outputs.map((o) => encodeDescription(o.description)));
      expect(await harness.rootOf(descriptions, concat(...outputs.map((o) => o.bytes)))).to.equal(toHex(expected));
    }
  });

  /** The root that the market makes of random inputs, and that of their tensors. */
  const inputRoots = async (
    random: Random,
    symbols: readonly number[],
    inputs: readonly InputType[],
  ): Promise<[string, string]> => {
    const bounds = concat(
      Uint8Array.of(symbols.length),
      ...symbols.map((value) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, value + random.below(3))),
      Uint8Array.of(inputs.length),
      ...inputs.map((input) =>
        concat(Uint8Array.of(input.dtype, input.shape.length), ...input.shape.map((size) => encodeShape(size))),
      ),
    );
    const tensors = inputs.map((input) => {
      const dimensions = input.shape.map((size) => evaluateShape(size, symbols, 0));
      const { data } = makeTensor(input.dtype, dimensions);
      return { dtype: input.dtype, shape: dimensions, data: bytesOf(random, data.length) };
    });
    const data = concat(...tensors.map((tensor) => tensor.data));
    return [await harness.inputsRoot(bounds, packSymbols(symbols), data), toHex(inputsRootOf(tensors))];
  };

  it(`input roots agree under random shape expressions, ${CASES} cases`, async () => {
    let tried = 0;
    for (let seed = 0; tried < CASES; seed++) {
      const random = new Random(seed);
      const symbols = Array.from({ length: random.below(9) }, () => random.below(12));
      const inputs = Array.from({ length: random.below(4) }, () => ({
        dtype: random.pick(DTYPES),
        shape: Array.from({ length: random.below(4) }, () => randomExpression(random, symbols.length, 3)),
      }));
      const sizes = inputs.map((input) => input.shape.map((size) => evaluateShape(size, symbols, 0)));
      if (sizes.some((dimensions) => productOf(dimensions) > GREATEST_COUNT)) continue;
      tried += 1;
      const [onChain, ours] = await inputRoots(random, symbols, inputs);
      expect(onChain, `seed ${seed}`).to.equal(ours);
    }
  });

  it("input roots agree for as many inputs as there can be", async () => {
    const random = new Random(4);
    const inputs = Array.from({ length: MAX_INPUTS }, () => ({
      dtype: random.pick(DTYPES),
      shape: Array.from({ length: random.below(3) }, () => shape.constant(random.between(1, 9))),
    }));
    const [onChain, ours] = await inputRoots(random, [], inputs);
    expect(onChain).to.equal(ours);
  });

  it(`headers are valid on chain exactly where they are valid off it, ${CASES} damaged ones`, async () => {
    const verdicts = { valid: 0, invalid: 0 };
    for (let seed = 0; seed < CASES; seed++) {
      const random = new Random(seed);
      const header = encodeHeader(randomProgram(seed % 50).program.header);
      const damaged = random.chance(10)
        ? header.slice(0, random.below(header.length))
        : header.map((byte, i, { length }) => (i === (seed * 7919) % length ? random.below(256) : byte));
      let valid = true;
      try {
        checkHeader(decodeHeader(damaged));
      } catch {
        valid = false;
      }
      const onChain = await harness.checkHeader(damaged).then(
        () => true,
        () => false,
      );
      expect(onChain, `seed ${seed}: ${toHex(damaged)}`).to.equal(valid);
      verdicts[valid ? "valid" : "invalid"] += 1;
    }
    expect(Math.min(verdicts.valid, verdicts.invalid)).to.be.at.least(CASES / 20);
  });
});
