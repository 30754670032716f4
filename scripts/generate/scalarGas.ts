/**
 * Writes `snapshots/scalar-gas.json`: what each instruction of the scalar machine costs on chain, in gas, dispatch and
 * register traffic included, as the slope of a run of equal instructions; and the size of the harness contract, which is
 * little more than machine and float32. `--check` writes nothing and exits 1 if the file is stale.
 *
 *   node scripts/generate/scalarGas.ts [--check]
 */
import hre, { network } from "hardhat";
import { fromNumber } from "../../packages/vm/src/float32.ts";
import { INSTRUCTIONS, type Instruction } from "../../packages/vm/src/isa.ts";
import { OPCODE } from "../../packages/vm/src/opcodes.ts";
import { encodeProgram, encodeWorld, WORLD } from "../../test/helpers/scalarPrograms.ts";
import { keepSnapshot } from "../helpers/snapshot.ts";

/** Ordinary operands for each way of reading a register. */
const OPERANDS: Record<string, bigint[]> = {
  f: [fromNumber(1.2345678), fromNumber(-0.6789012), fromNumber(3.1415927)].map(BigInt),
  h: [0x3cf0n],
  b: [0x3f9en],
  default: [123456789n, 1237n, 7n],
};

await hre.tasks.getTask("build").run({ quiet: true });
const { ethers } = await network.create();
const harness = await ethers.deployContract("ScalarMachineHarness");

async function run(instruction: Instruction, times: number): Promise<number> {
  const operands = OPERANDS[instruction.reads[0]] ?? OPERANDS.default;
  const immediate = instruction.reads.startsWith("n");
  const one = [instruction.code, immediate ? 1 : 0, 1, 2];
  const code = [0, 1, 2].flatMap((k) => [OPCODE.acc, k, 0, 0]).concat(...Array.from({ length: times }, () => one));
  const program = { constants: [], section: { results: [], code: Uint8Array.from(code) } };
  const world = { ...WORLD, accumulators: [...operands, ...OPERANDS.default].slice(0, 3) };
  return Number(await harness.measure(encodeWorld(world), encodeProgram(program)));
}

/** Loads count only until the eighth; the callback of the harness, about a hundred gas, is in their figure. */
async function gasOf(instruction: Instruction): Promise<number> {
  const [few, many] = instruction.name === "load" ? [2, 6] : [32, 96];
  return Math.round(((await run(instruction, many)) - (await run(instruction, few))) / (many - few));
}

const instructions: Record<string, number> = {};
for (const instruction of INSTRUCTIONS) instructions[instruction.name] = await gasOf(instruction);
const deployed = await ethers.provider.getCode(await harness.getAddress());
const text = `${JSON.stringify({ codeSize: (deployed.length - 2) / 2, instructions }, null, 2)}\n`;

keepSnapshot("snapshots/scalar-gas.json", text, "scripts/generate/scalarGas.ts");
