/**
 * Float32 applied to packed operands by each of its tellings: the contract, the TypeScript twin, the exact oracle. All
 * give packed results, so that streams are compared byte for byte.
 */
import type { Float32Harness } from "../../packages/protocol/src/generated/index.js";
import { ORACLE } from "./float32-oracle.ts";
import type { Operation } from "./float32-operations.ts";

/** Tuples in one eth_call. */
const BATCH = 3_000;
/** Above each operand in its word, where nothing may matter. */
const DIRT = 0xdeadbeefcafef00dfeedfacen;
/** A gas limit for a whole batch. */
export const BATCH_GAS = 2n ** 34n;

const METHODS = [undefined, "applyUnary", "applyBinary", "applyTernary"] as const;

/** Options for `network.create` that let one call carry a batch. */
export const BATCH_NETWORK = { blockGasLimit: BATCH_GAS, transactionGasCap: BATCH_GAS };

export async function applyContract(
  harness: Float32Harness,
  operation: Operation,
  operands: Uint8Array,
): Promise<Buffer> {
  const { number, arity, operandBytes, resultBytes } = operation;
  const method = harness[METHODS[arity]!];
  const size = BATCH * arity * operandBytes;
  const parts: Buffer[] = [];
  for (let offset = 0; offset < operands.length; offset += size) {
    const batch = operands.subarray(offset, offset + size);
    const results = await method(number, batch, operandBytes, resultBytes, DIRT, { gasLimit: BATCH_GAS });
    parts.push(Buffer.from(results.slice(2), "hex"));
  }
  return Buffer.concat(parts);
}

export function applyTwin(operation: Operation, operands: Uint8Array): Buffer {
  const twin = operation.twin as (...operands: (number | bigint)[]) => number | bigint;
  return map(operation, operands, (words) => twin(...words));
}

export function applyOracle(operation: Operation, operands: Uint8Array): Buffer {
  const oracle = ORACLE[operation.name];
  return map(operation, operands, ([a, b = 0, c = 0]) => oracle(BigInt(a), BigInt(b), BigInt(c)));
}

function map(
  { arity, operandBytes, resultBytes }: Operation,
  operands: Uint8Array,
  apply: (words: (number | bigint)[]) => number | bigint,
): Buffer {
  const view = new DataView(operands.buffer, operands.byteOffset, operands.byteLength);
  const count = operands.length / (arity * operandBytes);
  const results = Buffer.alloc(count * resultBytes);
  for (let i = 0; i < count; ++i) {
    const words = Array.from({ length: arity }, (_, j) => {
      const offset = (i * arity + j) * operandBytes;
      return operandBytes === 8 ? view.getBigUint64(offset) : view.getUint32(offset);
    });
    const result = apply(words);
    if (resultBytes === 8) results.writeBigUInt64BE(BigInt(result), 8 * i);
    else results.writeUInt32BE(Number(result), 4 * i);
  }
  return results;
}

/** The first tuple on which two result streams differ, spelled out; undefined if there is none. */
export function firstDifference(
  { name, arity, operandBytes, resultBytes }: Operation,
  operands: Uint8Array,
  results: Readonly<Record<string, Uint8Array>>,
): string | undefined {
  const [first, ...others] = Object.values(results).map((bytes) => Buffer.from(bytes));
  if (others.every((other) => other.equals(first))) return undefined;
  const hex = (bytes: Uint8Array, i: number, size: number): string =>
    Buffer.from(bytes.subarray(i * size, (i + 1) * size)).toString("hex");
  const at = (i: number): string[] => Object.values(results).map((bytes) => hex(bytes, i, resultBytes));
  let i = 0;
  while (new Set(at(i)).size === 1) ++i;
  const tuple = Array.from({ length: arity }, (_, j) => hex(operands, i * arity + j, operandBytes));
  const told = Object.entries(results).map(([who, bytes]) => `${who} ${hex(bytes, i, resultBytes)}`);
  return `${name}(${tuple.join(", ")}): ${told.join(", ")}`;
}
