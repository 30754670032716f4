/**
 * What a run depends on beside the program: inputs, symbols, seed, number of calls. Symbols travel packed in one word of
 * 256 bits, symbol i in bits 32i … 32i+31.
 */
import type { ProgramHeader } from "./header.ts";
import { MAX_SYMBOLS } from "./shapeExpression.ts";
import { commitmentOf, joinedRoot, type Tensor } from "./tensor.ts";
import type { Hash } from "./hash.ts";

export interface Request {
  readonly inputs: readonly Tensor[];
  /** At most eight values below 2^32; absent ones are 0. */
  readonly symbols: readonly number[];
  /** 256 bits. */
  readonly seed: bigint;
  readonly calls: number;
}

/** A request that the program's header does not allow. */
export class RequestError extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(`request: ${field}: ${reason}`);
    this.field = field;
  }
}

/** Symbols as one word. Throws a RangeError for more than eight, or one not below 2^32. */
export function packSymbols(symbols: readonly number[]): bigint {
  if (symbols.length > MAX_SYMBOLS) throw new RangeError(`${symbols.length} symbols`);
  return symbols.reduce((word, value, i) => {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new RangeError(`symbol ${i} is ${value}`);
    return word | (BigInt(value) << BigInt(32 * i));
  }, 0n);
}

/** The eight symbols of a word. */
export function unpackSymbols(word: bigint): number[] {
  return Array.from({ length: MAX_SYMBOLS }, (_, i) => Number((word >> BigInt(32 * i)) & 0xffffffffn));
}

/** Throws `RequestError` where symbols or calls lie outside the header's bounds. Inputs may have any type and shape. */
export function checkRequest(header: ProgramHeader, request: Request): void {
  const { symbols, calls } = request;
  for (let i = 0; i < Math.max(symbols.length, header.symbols.length); i++) {
    const { least, greatest } = header.symbols[i] ?? { least: 0, greatest: 0 };
    const value = symbols[i] ?? 0;
    if (!(value >= least && value <= greatest)) {
      throw new RequestError(`symbols[${i}]`, `${value} is not ${least} to ${greatest}`);
    }
  }
  const { least, greatest } = header.calls;
  if (!(calls >= least && calls <= greatest))
    throw new RequestError("calls", `${calls} is not ${least} to ${greatest}`);
}

/** keccak of the inputs' commitments. */
export function inputsRootOf(inputs: readonly Tensor[]): Hash {
  return joinedRoot(inputs.map(commitmentOf));
}
