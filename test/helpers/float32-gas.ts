/**
 * Gas of each Float32 operation as a library call: from operands on the stack to result on the stack, the internal call
 * included where the compiler makes one, measured by `contracts/mocks/Float32Gas.sol`.
 */
import { network } from "hardhat";
import { BATCH_NETWORK } from "./float32-apply.ts";
import { cases } from "./float32-cases.ts";
import { OPERATIONS, type Operation } from "./float32-operations.ts";

export interface Gas {
  /** Mean, rounded up, over 256 tuples of ordinary values: normal, from 2^-9 to 2^5, of either sign. */
  readonly typical: number;
  /** Most over those. */
  readonly typicalMost: number;
  /** Most over all combinations of special values and 2,000 random tuples. */
  readonly worst: number;
}

export const SNAPSHOT = new URL("../../snapshots/float32-gas.json", import.meta.url);

const TYPICAL = 256;
const RANDOM = 2_000;
/** Tuples in one eth_call. */
const BATCH = 1_000;
/** Bytes of a word. */
const WORD = 32;

/** Gas of all operations, by name. */
export async function measureGas(): Promise<Record<string, Gas>> {
  const { ethers } = await network.create({ override: BATCH_NETWORK });
  const contract = await ethers.deployContract("Float32Gas");
  const to = await contract.getAddress();
  // Encoded by hand: an array of words is its place, its length and the words, and there are many.
  const measure = async (method: string, arity: number, operands: Buffer): Promise<number[]> => {
    const { selector } = contract.getFunction(method).fragment;
    const found: number[] = [];
    const size = BATCH * arity * WORD;
    for (let offset = 0; offset < operands.length; offset += size) {
      const batch = operands.subarray(offset, offset + size);
      const head = [WORD, batch.length / WORD].map((one) => one.toString(16).padStart(2 * WORD, "0")).join("");
      const data = selector + head + batch.toString("hex");
      const answer = await ethers.provider.call({ to, data, gasLimit: BATCH_NETWORK.blockGasLimit });
      const words = Buffer.from(answer.slice(2), "hex").subarray(2 * WORD);
      for (let i = 0; i < words.length; i += arity * WORD) found.push(words.readUInt32BE(i + WORD - 4));
    }
    return found;
  };
  const around = [0];
  for (const arity of [1, 2, 3]) {
    around.push((await measure(`nothing${arity}`, arity, Buffer.alloc(arity * WORD)))[0]);
  }
  const all: Record<string, Gas> = {};
  for (const operation of OPERATIONS) {
    const { name, arity } = operation;
    const gas = async (words: Buffer): Promise<number[]> =>
      (await measure(name, arity, words)).map((found) => found - around[arity]);
    const typical = await gas(typicalOperands(operation));
    const others = await gas(words(operation, cases(operation, RANDOM)));
    all[name] = {
      typical: Math.ceil(typical.reduce((sum, one) => sum + one, 0) / typical.length),
      typicalMost: Math.max(...typical),
      worst: others.reduce((most, one) => Math.max(most, one), 0),
    };
  }
  return all;
}

/** Ordinary values; for a square root positive ones, for the conversions of 64-bit integers every number of bits. */
function typicalOperands({ name, arity, operandBytes }: Operation): Buffer {
  const operands = Array.from({ length: TYPICAL * arity }, (_, i) => {
    const random = Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ (i << 13), 0x85ebca6b) >>> 0;
    if (operandBytes === 8) return BigInt.asUintN(64, BigInt(random) * 0x9e3779b97f4a7c15n) >> BigInt(i % 64);
    const field = 118 + ((random >>> 8) % 14);
    const sign = name === "sqrt" ? 0 : random & 0x80000000;
    return BigInt((sign | (field << 23) | (random & 0x7fffff)) >>> 0);
  });
  return Buffer.concat(operands.map((operand) => Buffer.from(operand.toString(16).padStart(2 * WORD, "0"), "hex")));
}

/** Packed operands, a word each. */
function words({ operandBytes }: Operation, packed: Uint8Array): Buffer {
  const count = packed.length / operandBytes;
  const words = Buffer.alloc(count * WORD);
  for (let i = 0; i < count; ++i) {
    words.set(packed.subarray(i * operandBytes, (i + 1) * operandBytes), (i + 1) * WORD - operandBytes);
  }
  return words;
}
