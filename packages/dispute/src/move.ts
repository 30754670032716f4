/**
 * Moves: everything that can be sent to a dispute game, with all its calldata. Hashes and bytes are Uint8Arrays, which
 * contract libraries take as they are. Twin of IDisputeGame.sol.
 */
import type { Claim } from "@assay/vm/claim";
import type { Hash } from "@assay/vm/hash";
import type { GameId } from "./gameId.ts";
import type { SuppliedLeaf } from "./demand.ts";
import { PARTS, type Part } from "./machine.ts";

/** A descent: a node under the pinned one, and the siblings that show it. */
export interface Descent {
  readonly child: Hash;
  /** Among the nodes of its height under the pinned node. */
  readonly index: bigint;
  /** Lowest first. */
  readonly path: readonly Hash[];
}

/** An element of a block. */
export interface InBlock {
  /** The 128 bytes of the leaf that holds it. */
  readonly leaf: Uint8Array;
  /** Siblings from that leaf up to the block. */
  readonly path: readonly Hash[];
  /** The element's place in the block. */
  readonly offset: number;
}

export interface Proof extends InBlock {
  readonly claim: Claim;
  readonly part: Part;
  readonly from: number;
  readonly publications: readonly Uint8Array[];
  readonly witness: Uint8Array;
}

interface Answer {
  readonly game: GameId;
  /** The node that the move answers: where the game stands. */
  readonly expected: Hash;
}

export type Move =
  | { readonly kind: "challenge"; readonly claimId: bigint; readonly bond: bigint }
  | {
      readonly kind: "openTrace";
      readonly game: GameId;
      readonly claim: Claim;
      readonly header: Uint8Array;
      readonly traceRoot: Hash;
      readonly children: readonly Hash[];
      readonly outputs: readonly Hash[];
      readonly paths: readonly (readonly Hash[])[];
    }
  | (Answer & Descent & { readonly kind: "pick" })
  | (Answer & Descent & { readonly kind: "enter"; readonly claim: Claim; readonly witness: Uint8Array })
  | (Answer & { readonly kind: "open"; readonly children: readonly Hash[] })
  | (Answer & { readonly kind: "openBlock"; readonly leaves: Uint8Array })
  | (Answer & InBlock & { readonly kind: "reduce" })
  | (Answer & { readonly kind: "publish"; readonly snapshots: Uint8Array })
  | (Answer & { readonly kind: "narrow"; readonly index: number })
  | (Answer & { readonly kind: "prove"; readonly proof: Proof })
  | (Answer & Descent & { readonly kind: "provePadding"; readonly claim: Claim; readonly header: Uint8Array })
  | { readonly kind: "commit"; readonly commitment: Hash }
  | {
      readonly kind: "proveCommitted";
      readonly claimId: bigint;
      readonly place: bigint;
      readonly salt: Hash;
      readonly proof: Proof;
    }
  | (Answer & { readonly kind: "demand"; readonly what: bigint })
  | (Answer & {
      readonly kind: "supply";
      /** What is answered; not sent. */
      readonly what: bigint;
      readonly claim: Claim;
      readonly header: Uint8Array;
      readonly witness: Uint8Array;
      readonly leaf: SuppliedLeaf;
    })
  | { readonly kind: "timeout"; readonly game: GameId }
  | { readonly kind: "reclaim"; readonly game: GameId };

export type MoveKind = Move["kind"];

/** A move of one kind. */
export type MoveOf<K extends MoveKind> = Extract<Move, { kind: K }>;

/** Bytes of a proof's data: each piece with its offset and length and in whole words, as the ABI has it. */
export function proofBytes({ leaf, path, publications, witness }: Proof): number {
  const framed = ({ length }: Uint8Array): number => 64 + 32 * Math.ceil(length / 32);
  return [leaf, ...publications, witness].reduce((sum, bytes) => sum + framed(bytes), 32 * path.length);
}

const proofOf = (proof: Proof): object => ({ ...proof, part: PARTS.indexOf(proof.part) });

/** The contract function that makes a move is named like the move's kind; these are its arguments, in order. */
export function argumentsOf(move: Move): unknown[] {
  switch (move.kind) {
    case "challenge":
      return [move.claimId];
    case "openTrace":
      return [move.game, move.claim, move.header, move.traceRoot, move.children, move.outputs, move.paths];
    case "pick":
      return [move.game, move.expected, move.child, move.index, move.path];
    case "enter":
      return [move.game, move.expected, move.child, move.index, move.path, move.claim, move.witness];
    case "open":
      return [move.game, move.expected, move.children];
    case "openBlock":
      return [move.game, move.expected, move.leaves];
    case "reduce":
      return [move.game, move.expected, move.leaf, move.path, move.offset];
    case "publish":
      return [move.game, move.expected, move.snapshots];
    case "narrow":
      return [move.game, move.expected, move.index];
    case "prove":
      return [move.game, move.expected, proofOf(move.proof)];
    case "provePadding":
      return [move.game, move.expected, move.child, move.index, move.path, move.claim, move.header];
    case "commit":
      return [move.commitment];
    case "proveCommitted":
      return [move.claimId, move.place, move.salt, proofOf(move.proof)];
    case "demand":
      return [move.game, move.expected, move.what];
    case "supply":
      return [move.game, move.expected, move.claim, move.header, move.witness, move.leaf];
    case "timeout":
    case "reclaim":
      return [move.game];
  }
}
