/**
 * Demands: a piece of data that a step may need and a challenger does not have, and the answers to them. Packed: kind from
 * bit 96, call from 64, number of the tensor from 40, leaf below. Twin of Withheld.sol.
 */
import { isDType } from "@assay/vm/dtype";
import { decodeHeader, positionsOfCall } from "@assay/vm/header";
import type { Hash } from "@assay/vm/hash";
import {
  commitmentOf,
  describeTensor,
  encodeDescription,
  leafOf,
  leavesOf,
  treeOf,
  type Description,
  type Tensor,
} from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { listTree, proofOf, rootOf, type HashTree } from "@assay/vm/tree";
import type { Machine } from "./machine.ts";
import type { Dispute } from "./state.ts";

/** What may be demanded: a tensor's record; a leaf of an input, of a parameter. */
export const DEMAND_KINDS = ["record", "input", "parameter"] as const;

export interface Demand {
  readonly kind: (typeof DEMAND_KINDS)[number];
  readonly call: number;
  /** Position of a tensor in its call, or the number of an input or a parameter. */
  readonly node: number;
  readonly leaf: number;
}

/** Gas that a demand pays for: the most that supplying is credited, and half as much again (contracts/dispute/Bond.sol). */
export const DEMAND_GAS = { record: 3_600_000n, leaf: 600_000n } as const;

/** Gas that a packed demand pays for. */
export const demandGas = (what: bigint): bigint => (what >> 96n === 0n ? DEMAND_GAS.record : DEMAND_GAS.leaf);

/** The demand as one number. */
export function packDemand({ kind, call, node, leaf }: Demand): bigint {
  return (BigInt(DEMAND_KINDS.indexOf(kind)) << 96n) | (BigInt(call) << 64n) | (BigInt(node) << 40n) | BigInt(leaf);
}

/** The demand in a number. */
export function unpackDemand(word: bigint): Demand {
  return {
    kind: DEMAND_KINDS[Number(word >> 96n)],
    call: Number((word >> 64n) & 0x7fffffn),
    node: Number((word >> 40n) & 0xffffffn),
    leaf: Number(word & 0xffffffffffn),
  };
}

/** What answers a demand for a leaf. */
export interface SuppliedLeaf {
  /** The tensor's description, as one number. */
  readonly description: bigint;
  readonly root: Hash;
  /** 128 bytes; none if the tensor has no such leaf. */
  readonly leaf: Uint8Array;
  readonly path: readonly Hash[];
  /** An input: all input commitments. A parameter: siblings from its commitment up to the params root. */
  readonly rest: readonly Hash[];
}

const NOTHING: SuppliedLeaf = {
  description: 0n,
  root: new Uint8Array(32),
  leaf: new Uint8Array(0),
  path: [],
  rest: [],
};

/** The answer to a demand, from a trace: a witness of a record, or a leaf; nothing of what does not exist. */
export function answerTo(
  { kind, call, node, leaf }: Demand,
  { claim, header: encoded }: Dispute,
  trace: Trace,
  machine: Machine,
): { readonly witness: Uint8Array; readonly leaf: SuppliedLeaf } {
  const header = decodeHeader(encoded);
  const none = { witness: new Uint8Array(0), leaf: NOTHING };
  if (kind === "record") {
    if (call >= claim.calls || node >= positionsOfCall(header, call, claim.calls)) return none;
    return { ...none, witness: machine.shapeWitness(call, node) };
  }
  const { program, request } = trace.layout;
  if (node >= (kind === "input" ? header.inputs.length : header.parameterCount)) return none;
  const list: readonly Tensor[] = kind === "input" ? request.inputs : program.params;
  const commitments = list.map((tensor) => commitmentOf(tensor));
  const rest = kind === "input" ? commitments : proofOf(listTree(commitments), node);
  const bytes = (): Uint8Array => leafOf(list[node], leaf);
  return { ...none, leaf: leafAnswer(describeTensor(list[node]), treeOf(list[node]), leaf, bytes, rest) };
}

function leafAnswer(
  description: Description,
  tree: HashTree,
  index: number,
  bytes: () => Uint8Array,
  rest: readonly Hash[],
): SuppliedLeaf {
  const exists = isDType(description.dtype) && index < leavesOf(description);
  return {
    description: packDescription(description),
    root: rootOf(tree),
    leaf: exists ? bytes() : NOTHING.leaf,
    path: exists ? proofOf(tree, index) : [],
    rest,
  };
}

/** A description as one number. */
export function packDescription(description: Description): bigint {
  return encodeDescription(description).reduce((word, byte) => (word << 8n) | BigInt(byte), 0n);
}
