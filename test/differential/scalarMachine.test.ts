/**
 * Both scalar machines, instruction by instruction against stated laws, and program by program against each other.
 * SCALAR_PROGRAMS sets the number of random programs (default 20,000), SCALAR_SEED their seed.
 *
 * @weight 25
 */
import { expect } from "chai";
import { network } from "hardhat";
import { INSTRUCTIONS } from "../../packages/vm/src/isa.ts";
import { OPCODE } from "../../packages/vm/src/opcodes.ts";
import { MAX_LOADS, run } from "../../packages/vm/src/scalarMachine.ts";
import { unsignedOf } from "../../packages/vm/src/word.ts";
import { LAWS, type Computing } from "../helpers/scalarOracle.ts";
import {
  applications,
  contextOf,
  encodeProgram,
  encodeWorld,
  expectedResults,
  randomProgram,
  randomSource,
  SPECIAL_PATTERNS,
  tupleAt,
  WORLD,
  type Program,
  type World,
} from "../helpers/scalarPrograms.ts";

const PROGRAMS = Number(process.env.SCALAR_PROGRAMS ?? 20_000);
const SEED = Number(process.env.SCALAR_SEED ?? 1);
/** Programs per eth_call. */
const BATCH = 200;

const { ethers } = await network.create();
const harness = await ethers.deployContract("ScalarMachineHarness");

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The words of both machines, which must agree. */
async function runBoth(world: World, programs: readonly Program[]): Promise<bigint[]> {
  const data = Buffer.concat(programs.map(encodeProgram));
  const solidity: string = await harness.runAll(encodeWorld(world), data);
  const typescript = expectedResults(world, programs);
  if (solidity !== `0x${hex(typescript)}`) throw new Error(await firstDifference(world, programs));
  const view = new DataView(typescript.buffer);
  return Array.from({ length: typescript.length / 8 }, (_, i) => view.getBigUint64(8 * i));
}

/** Finds the program by running them one by one. */
async function firstDifference(world: World, programs: readonly Program[]): Promise<string> {
  for (const program of programs) {
    const solidity: string = await harness.runAll(encodeWorld(world), encodeProgram(program));
    const typescript = `0x${hex(expectedResults(world, [program]))}`;
    if (solidity !== typescript) {
      return `program ${hex(encodeProgram(program))}\n  solidity   ${solidity}\n  typescript ${typescript}`;
    }
  }
  return "the machines differ on the batch but on no program alone";
}

const random = randomSource(SEED);
const randomWord = (): bigint => (BigInt(random()) << 32n) | BigInt(random());

/** Words whose pairs meet the corners: small, around 2^31, 2^32, 2^53 and 2^63, their negatives, and float patterns. */
const SPECIAL_WORDS: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  63n,
  64n,
  255n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 32n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 53n) + 1n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 63n) + 1n,
  -1n,
  -2n,
  -3n,
  -64n,
  -(1n << 31n),
  -(1n << 32n),
  -(1n << 53n),
  0x3f800000n,
  0xbf000000n,
  0x7f800000n,
  0xff800000n,
  0xffc00001n,
  0x00000001_80000000n,
  0x00800000n,
].map((word) => BigInt.asUintN(64, word));
const TRIPLE_WORDS: readonly bigint[] = [
  0n,
  1n,
  -1n,
  0x80000000n,
  0x3f800000n,
  0xbf800000n,
  0x7f800000n,
  0xff800000n,
  0x7fc00001n,
  0x00000001_00000000n,
  0x33800000n,
  0x007fffffn,
  0x7f7fffffn,
  0x3f800001n,
].map((word) => BigInt.asUintN(64, word));

describe("scalar machine: both machines, every instruction", () => {
  for (const { name, code, reads } of INSTRUCTIONS.filter((i) => i.name in LAWS)) {
    it(`0x${code.toString(16)} ${name}`, async () => {
      const law = LAWS[name as Computing];
      const arity = reads.length;
      const floats = Array.from({ length: 32 }, (_, i) => BigInt(SPECIAL_PATTERNS[(i * 7) % SPECIAL_PATTERNS.length]));
      const randoms = (count: number): bigint[] => Array.from({ length: count }, randomWord);
      const near = (count: number): bigint[] =>
        Array.from({ length: count }, () => BigInt(0x3f800000 + (random() % 0x2000000)));
      const sets = arity === 3 ? [TRIPLE_WORDS, randoms(10), near(10)] : [SPECIAL_WORDS, floats, randoms(32), near(32)];
      for (const words of sets) {
        const found = await runBoth(WORLD, applications(name as Computing, words, arity));
        expect(found.length).to.equal(words.length ** arity);
        found.forEach((word, n) => {
          const operands = tupleAt(n, words.length, arity).map((k) => words[k]);
          const expected = BigInt.asUintN(64, law(operands[0], operands[1] ?? 0n, operands[2] ?? 0n));
          if (word !== expected) {
            const shown = operands.map((operand) => `0x${operand.toString(16)}`).join(", ");
            expect.fail(`${name}(${shown}) is 0x${word.toString(16)}, expected 0x${expected.toString(16)}`);
          }
        });
      }
    });
  }

  const seen: Record<string, (a: number) => bigint> = {
    index: (a) => BigInt(WORLD.coordinates[a] ?? 0),
    linear: () => BigInt(WORLD.linear),
    extent: (a) => BigInt(WORLD.extents[a] ?? 0),
    symbol: (a) => BigInt(WORLD.symbols[a] ?? 0),
    call: () => BigInt(WORLD.call),
    calls: () => BigInt(WORLD.calls),
    seed: (a) => (WORLD.seed >> BigInt(64 * a)) & 0xffffffffffffffffn,
    step: () => BigInt(WORLD.step),
    acc: (a) => unsignedOf(WORLD.accumulators[a] ?? 0),
  };
  for (const { name, code } of INSTRUCTIONS.filter((i) => i.name in seen)) {
    it(`0x0${code.toString(16)} ${name}, for every immediate`, async () => {
      const bytes = Array.from({ length: 256 }, (_, a) => [code, a, 1, 2]).flat();
      // The instruction count is one byte, so two programs share the 256 immediates.
      const programs = [0, 128].map((start) => ({
        constants: [],
        section: {
          results: Array.from({ length: 128 }, (_, i) => i),
          code: Uint8Array.from(bytes.slice(4 * start, 4 * (start + 128))),
        },
      }));
      const found = await runBoth(WORLD, programs);
      expect(found).to.deep.equal(Array.from({ length: 256 }, (_, a) => seen[name](a)));
    });
  }

  it("0x0a load, for every operand and for elements and calls of any size", async () => {
    const programs = Array.from({ length: 256 }, (_, operand): Program => {
      const constants = [random(), random(), random()];
      const code = [
        [OPCODE.pair, 0, 1, 0],
        [OPCODE.load, operand, 3, 2],
        [OPCODE.load, operand, 2, 3],
        [OPCODE.load, operand, 200, 0],
      ];
      return { constants, section: { results: [4, 5, 6], code: Uint8Array.from(code.flat()) } };
    });
    const found = await runBoth(WORLD, programs);
    expect(new Set(found).size).to.be.greaterThan(500);
  });

  it("every other opcode gives 0", async () => {
    const known = new Set(INSTRUCTIONS.map((i) => i.code));
    const unknown = Array.from({ length: 256 }, (_, code) => code).filter((code) => !known.has(code));
    const programs = unknown.map((code): Program => {
      const section = { results: [3], code: Uint8Array.of(code, 0, 1, 2) };
      return { constants: [0x3f800000, 3, 0xffffffff], section };
    });
    const found = await runBoth(WORLD, programs);
    expect(found).to.deep.equal(unknown.map(() => 0n));
  });
});

describe("scalar machine: edges", () => {
  const only = async (program: Program, world: World = WORLD): Promise<bigint[]> => runBoth(world, [program]);
  const code = (...instructions: number[][]): Uint8Array => Uint8Array.from(instructions.flat());

  it("empty code gives the constants, and 0 beyond", async () => {
    const section = { results: [0, 1, 2, 255], code: code() };
    expect(await only({ constants: [7, 0xffffffff], section })).to.deep.equal([7n, 0xffffffffn, 0n, 0n]);
    expect(await only({ constants: [], section })).to.deep.equal([0n, 0n, 0n, 0n]);
  });

  it("no results", async () => {
    const section = { results: [], code: code([OPCODE.iadd, 0, 0, 0]) };
    expect(await only({ constants: [1], section })).to.deep.equal([]);
  });

  it("an instruction reads its own and later registers as 0, in every run", async () => {
    const section = {
      results: [1, 2, 3],
      code: code([OPCODE.iadd, 0, 1, 0], [OPCODE.iadd, 3, 0, 0], [OPCODE.iadd, 0, 0, 0]),
    };
    expect(await only({ constants: [5], section })).to.deep.equal([5n, 5n, 10n]);
  });

  it("256 registers: one constant and 255 instructions", async () => {
    const step = [OPCODE.iadd, 0, 0, 0];
    const instructions = Array.from({ length: 255 }, (_, i) => [step[0], i, 0, 0]);
    const results = Array.from({ length: 255 }, (_, i) => i + 1);
    const found = await only({ constants: [1], section: { results, code: code(...instructions) } });
    expect(found).to.deep.equal(results.map((register) => BigInt(register + 1)));
  });

  it("256 registers: 255 constants and one instruction that reads the last of them", async () => {
    const constants = Array.from({ length: 255 }, (_, i) => i + 1000);
    const section = { results: [255, 254], code: code([OPCODE.iadd, 254, 255, 0]) };
    expect(await only({ constants, section })).to.deep.equal([1254n, 1254n]);
  });

  it("more than 256 registers are never run", async () => {
    const constants = Array.from({ length: 255 }, () => 0);
    const section = { results: [], code: code([0, 0, 0, 0], [0, 0, 0, 0]) };
    const call = harness.runAll(encodeWorld(WORLD), encodeProgram({ constants, section }));
    await expect(call).to.be.revertedWithCustomError(harness, "ScalarMachineHarness_TooLong").withArgs(257n);
  });

  it("the ninth load gives 0 and is not asked for", async () => {
    const instructions = Array.from({ length: 10 }, () => [OPCODE.load, 1, 0, 0]);
    const results = instructions.map((_, i) => i + 1);
    const section = { results, code: code(...instructions) };
    const found = await only({ constants: [3], section });
    expect(found.slice(0, MAX_LOADS).every((word) => word === found[0] && word !== 0n)).to.equal(true);
    expect(found.slice(MAX_LOADS)).to.deep.equal([0n, 0n]);
    let asked = 0;
    run([3], section, { ...contextOf(WORLD), load: () => ++asked });
    expect(asked).to.equal(MAX_LOADS);
  });

  it("rank 0, no accumulators, nothing set", async () => {
    const world: World = {
      coordinates: [],
      extents: [],
      linear: 0,
      symbols: [],
      call: 0,
      calls: 1,
      seed: 0n,
      step: 0,
      accumulators: [],
    };
    const section = {
      results: [0, 1, 2, 3, 4],
      code: code(
        [OPCODE.index, 0, 0, 0],
        [OPCODE.extent, 0, 0, 0],
        [OPCODE.acc, 0, 0, 0],
        [OPCODE.symbol, 0, 0, 0],
        [OPCODE.calls, 0, 0, 0],
      ),
    };
    expect(await only({ constants: [], section }, world)).to.deep.equal([0n, 0n, 0n, 0n, 1n]);
  });
});

describe("scalar machine: random programs", () => {
  it(`${PROGRAMS} programs from seed ${SEED} give the same words in both machines`, async function () {
    this.timeout(0);
    const source = randomSource(SEED);
    const used = new Set<number>();
    for (let done = 0; done < PROGRAMS; done += BATCH) {
      const count = Math.min(BATCH, PROGRAMS - done);
      const programs = Array.from({ length: count }, () => randomProgram(source));
      for (const { section } of programs)
        for (let at = 0; at < section.code.length; at += 4) used.add(section.code[at]);
      const world: World = { ...WORLD, step: source(), seed: WORLD.seed ^ BigInt(source()), linear: source() };
      await runBoth(world, programs);
    }
    if (PROGRAMS >= 10_000) expect(used.size).to.equal(256);
  });
});
