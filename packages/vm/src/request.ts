/**
 * What a run depends on beside the program: inputs, symbols, seed, number of calls. Symbols travel packed in one word of
 * 256 bits, symbol i in bits 32i … 32i+31.
 */
import { nameOf } from "./dtype.ts";
import type { ProgramHeader } from "./header.ts";
import { evaluateShape, MAX_SYMBOLS } from "./shapeExpression.ts";
import { commitmentOf, joinedRoot, type Tensor } from "./tensor.ts";
import type { TensorHasher } from "./treeRoot.ts";
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

/**
 * Throws `RequestError` where symbols, calls or the number of inputs are not those that the header allows. An input may
 * have any type and shape: `checkInputs` is stricter.
 */
export function checkRequest(header: ProgramHeader, request: Request): void {
  const { inputs, symbols, calls } = request;
  if (inputs.length !== header.inputs.length) {
    throw new RequestError("inputs", `${inputs.length}, not ${header.inputs.length}`);
  }
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

/** Throws `RequestError` for an input that has not the type and shape that the header declares for these symbols. */
export function checkInputs(header: ProgramHeader, { inputs, symbols }: Request): void {
  header.inputs.forEach((declared, i) => {
    const sizes = declared.shape.map((size) => evaluateShape(size, symbols, 0));
    const { dtype, shape } = inputs[i];
    if (dtype !== declared.dtype || shape.length !== sizes.length || shape.some((size, d) => size !== sizes[d])) {
      const wanted = `${nameOf(declared.dtype)}[${sizes.join(", ")}]`;
      throw new RequestError(`inputs[${i}]`, `${nameOf(dtype)}[${shape.join(", ")}] is not ${wanted}`);
    }
  });
}

/** keccak of the inputs' commitments. */
export function inputsRootOf(inputs: readonly Tensor[], hasher?: TensorHasher): Hash {
  return joinedRoot(
    inputs.map((tensor) => commitmentOf(tensor, hasher)),
    hasher,
  );
}
