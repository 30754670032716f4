/**
 * The three toy models that the comparison of simulator and contracts disputes: one of a single leaf, one whose disputes
 * descend through calls, tensors and blocks, and one that also has a long reduction cut by snapshots. Each with an honest
 * trace, a lying one, and a provider's machine that holds to the lie.
 */
import { outputPlaces, type Machine } from "../../packages/dispute/src/index.ts";
import { toyHeader, toyMachine, toySeed, toyTrace, type ToySizes } from "../../packages/dispute/src/testing/toy.ts";
import type { Hash } from "../../packages/vm/src/hash.ts";
import { joinedRoot } from "../../packages/vm/src/tensor.ts";
import type { Trace } from "../../packages/vm/src/trace.ts";

export interface ToyClaim {
  readonly name: string;
  readonly sizes: ToySizes;
  readonly header: Uint8Array;
  readonly seed: bigint;
  /** The challenger's machine and trace. */
  readonly machine: Machine;
  readonly honest: Trace;
  /** By whether the answer is wrong: the provider's trace, machine and outputs root. */
  readonly traces: readonly [Trace, Trace];
  readonly machines: readonly [Machine, Machine];
  readonly outputsRoots: readonly [Hash, Hash];
  /** The wrong element. */
  readonly place: { readonly call: number; readonly position: number; readonly element: number };
}

/** Uint32s in a leaf. */
const IN_LEAF = 32;

/** A liar's snapshots are wrong from this step on. */
const WRONG_FROM = 137;

function makeClaim(name: string, sizes: ToySizes, leaf: number): ToyClaim {
  const header = toyHeader(sizes);
  const honest = toyTrace(sizes);
  const machine = toyMachine(sizes);
  const call = sizes.calls - 1;
  const [position] = sizes.outputs;
  const bytes = honest.leaf(call, position, leaf);
  bytes[0] ^= 1;
  const lying = honest.withLeaf(call, position, leaf, bytes);
  const liar: Machine = {
    ...machine,
    snapshots: (call, position, element, steps) => {
      const given = machine.snapshots(call, position, element, steps);
      steps.forEach((step, i) => {
        if (step >= WRONG_FROM) given[4 * i] ^= 1;
      });
      return given;
    },
  };
  const root = (trace: Trace): Hash =>
    joinedRoot(outputPlaces(header, sizes.calls).map(({ call, position }) => trace.commitment(call, position)));
  return {
    name,
    sizes,
    header,
    seed: toySeed(sizes),
    machine,
    honest,
    traces: [honest, lying],
    machines: [machine, liar],
    outputsRoots: [root(honest), root(lying)],
    place: { call, position, element: leaf * IN_LEAF },
  };
}

const deep = { prompt: 3, decode: 0, epilogue: 40, calls: 2, count: 3_000 } as const;

export const TOY_CLAIMS: readonly ToyClaim[] = [
  makeClaim("one leaf", { prompt: 1, decode: 0, epilogue: 0, calls: 1, count: 5, extent: 0, outputs: [0] }, 0),
  makeClaim("descent", { ...deep, extent: 0, outputs: [38] }, 61),
  makeClaim("descent and reduction", { ...deep, extent: 600, outputs: [37] }, 61),
];
