/**
 * Commit and prove: the way of a challenger who already knows the provider's leaves, because it has seen the provider's
 * data elsewhere. Two transactions, a block apart, and no descent. Not for tensors of row groups of two or more.
 */
import { concat } from "@assay/vm/bytes";
import type { DType } from "@assay/vm/dtype";
import { keccak, type Hash } from "@assay/vm/hash";
import { elementsPerLeaf } from "@assay/vm/tensor";
import type { Trace } from "@assay/vm/trace";
import { BLOCK_LOG2 } from "./layout.ts";
import type { Machine } from "./machine.ts";
import type { MoveOf } from "./move.ts";
import { placeOf } from "./position.ts";
import type { Dispute } from "./state.ts";

/** One element of a trace. */
export interface ElementPlace {
  readonly call: number;
  readonly position: number;
  /** Row-major. */
  readonly element: number;
}

const word = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(32);
  for (let i = 31; value > 0n; i--, value >>= 8n) bytes[i] = Number(value & 255n);
  return bytes;
};

/** What a sender commits to for a place: keccak(abi.encode(sender, claim id, place, salt)). */
export function commitmentOf(sender: Uint8Array, claimId: bigint, place: bigint, salt: Hash): Hash {
  return keccak(concat(new Uint8Array(12), sender, word(claimId), word(place), salt));
}

/** The block that holds an element, as the contract names it. */
export function blockOf(machine: Machine, { call, position, element }: ElementPlace): bigint {
  const each = elementsPerLeaf(machine.description(call, position).dtype as DType) * 2 ** BLOCK_LOG2;
  return placeOf({ call, node: position, block: Math.floor(element / each) });
}

/** The second transaction: the whole element is computed again, from the trace that the provider committed to. */
export function proveCommitted(
  dispute: Dispute,
  known: Trace,
  machine: Machine,
  place: ElementPlace,
  salt: Hash,
): MoveOf<"proveCommitted"> {
  const { call, position, element } = place;
  const each = elementsPerLeaf(machine.description(call, position).dtype as DType);
  const index = Math.floor(element / each);
  const path = [
    ...known.proof({ part: "tensor", call, position }, index),
    ...known.proof({ part: "call", call }, position),
    ...(dispute.claim.calls > 1 ? known.proof({ part: "calls" }, call) : []),
  ];
  const accusation = { call, position, element, part: "value", from: 0, to: 0, before: new Uint8Array(0) } as const;
  return {
    kind: "proveCommitted",
    claimId: dispute.claimId,
    place: blockOf(machine, place),
    salt,
    proof: {
      claim: dispute.claim,
      leaf: known.leaf(call, position, index),
      path,
      offset: element % (each * 2 ** BLOCK_LOG2),
      part: "value",
      from: 0,
      publications: [],
      witness: machine.witness(known, accusation),
    },
  };
}
