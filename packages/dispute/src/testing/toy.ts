/**
 * The toy machine, twin of ToyStepEvaluator.sol: every number follows from its place. At even positions stand maps, at odd
 * ones reductions; all tensors are uint32 of one size. A toy trace computes what it is asked for.
 */
import { concat, ByteWriter } from "@assay/vm/bytes";
import { DType } from "@assay/vm/dtype";
import { encodeHeader, type ProgramHeader } from "@assay/vm/header";
import { NO_HASH, type Hash } from "@assay/vm/hash";
import type { Layout } from "@assay/vm/layout";
import { positionsOfCall } from "@assay/vm/header";
import { NO_NODE } from "@assay/vm/record";
import type { Description, Tensor } from "@assay/vm/tensor";
import { Trace } from "@assay/vm/trace";
import { depthOf } from "@assay/vm/tree";
import type { Machine } from "../machine.ts";

export interface ToySizes {
  /** Nodes of the prompt, decode and epilogue list. */
  readonly prompt: number;
  readonly decode: number;
  readonly epilogue: number;
  readonly calls: number;
  /** Elements of every tensor. */
  readonly count: number;
  /** Steps of every reduction. */
  readonly extent: number;
  /** Nodes of the outputs, in the last call. */
  readonly outputs: readonly number[];
}

/** The header of a toy program. */
export function toyHeader(sizes: ToySizes): Uint8Array {
  const none = { prompt: NO_HASH, decode: NO_HASH, epilogue: NO_HASH };
  const header: ProgramHeader = {
    loweringVersion: 0,
    counts: { prompt: sizes.prompt, decode: sizes.decode, epilogue: sizes.epilogue },
    roots: none,
    parameterCount: 0,
    outputs: sizes.outputs,
    stop: { prompt: NO_NODE, decode: NO_NODE },
    calls: { least: sizes.calls, greatest: sizes.calls },
    tokenizer: NO_HASH,
    chatTemplate: NO_HASH,
    labels: NO_HASH,
    symbols: [],
    inputs: [],
  };
  return encodeHeader(header);
}

/** The claim's seed, which holds the sizes. */
export function toySeed(sizes: ToySizes): bigint {
  return (BigInt(sizes.extent) << 40n) | BigInt(sizes.count);
}

const isReduction = (position: number): boolean => position % 2 === 1;
const step = (a: number, r: number, call: number): number => (Math.imul(a, 31) + r + call) >>> 0;

/** The accumulator of an element after `steps` steps. */
export function toyAccumulator(call: number, element: number, steps: number): number {
  let a = element >>> 0;
  for (let r = 0; r < steps; r++) a = step(a, r, call);
  return a;
}

/** The value of an element. */
export function toyValue(sizes: ToySizes, call: number, position: number, element: number): number {
  if (!isReduction(position)) return (element * 7 + position * 3 + call) >>> 0;
  return (toyAccumulator(call, element, sizes.extent) ^ position) >>> 0;
}

const word = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);

const toyDescription = ({ count }: ToySizes, position: number): Description => ({
  dtype: DType.UINT32,
  count,
  rows: count,
  groupStart: position,
  groupEnd: position + 1,
});

/** The trace of a toy program: small ones are computed whole. */
export function toyTrace(sizes: ToySizes): Trace {
  const header = { counts: { prompt: sizes.prompt, decode: sizes.decode, epilogue: sizes.epilogue } } as ProgramHeader;
  const description = (_call: number, position: number): Description => toyDescription(sizes, position);
  const layout = {
    calls: sizes.calls,
    positions: (call: number) => positionsOfCall(header, call, sizes.calls),
    description,
    groupOf: () => undefined,
  } as unknown as Layout;
  const tensor = (call: number, position: number): Tensor => {
    const data = concat(...Array.from({ length: sizes.count }, (_, e) => word(toyValue(sizes, call, position, e))));
    return { dtype: DType.UINT32, shape: [sizes.count], data };
  };
  return new Trace({ layout, description, tensor });
}

/** The toy machine. Its witnesses are a header, an empty record and its path: the toy evaluator reads the header alone. */
export function toyMachine(sizes: ToySizes): Machine {
  const header = toyHeader(sizes);
  const witness = (call: number, position: number): Uint8Array => {
    const writer = new ByteWriter().u16(header.length).put(header);
    const isDecode = call > 0 && call < sizes.calls - 1;
    if (isDecode && position === 0) return writer.bytes;
    const records = call === 0 ? sizes.prompt : isDecode ? sizes.decode : sizes.epilogue;
    return writer.u16(0).put(new Uint8Array(32 * depthOf(records))).bytes;
  };
  return {
    description: (_call, position) => toyDescription(sizes, position),
    steps: (_call, position) =>
      isReduction(position) ? { extent: sizes.extent, snapshotBytes: 4 } : { extent: 0, snapshotBytes: 0 },
    snapshots: (call, _position, element, steps) =>
      concat(...steps.map((steps) => word(toyAccumulator(call, element, steps)))),
    shapeWitness: witness,
    witness: (_trace, { call, position }) => witness(call, position),
  };
}

/** A hash that stands for nothing. */
export function noise(seed: number): Hash {
  const bytes = new Uint8Array(32);
  for (let i = 0, x = seed >>> 0; i < 32; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}
