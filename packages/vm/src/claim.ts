/**
 * Claims: what a provider stands behind, the twin of `contracts/types/Claim.sol`. A claim names program, parameters,
 * inputs and outputs by their roots; its hash is that of chain, holder and its seven fields, each in a word of 32 bytes,
 * as `abi.encode` lays them out.
 */
import { ByteWriter } from "./bytes.ts";
import { keccak, type Hash } from "./hash.ts";
import type { Run } from "./interpreter.ts";
import { paramsRoot, programRoot } from "./program.ts";
import { inputsRootOf, packSymbols } from "./request.ts";
import { commitment, joinedRoot, tensorRoot } from "./tensor.ts";
import type { TensorHasher } from "./treeRoot.ts";

export interface Claim {
  readonly programRoot: Hash;
  readonly paramsRoot: Hash;
  readonly inputsRoot: Hash;
  readonly outputsRoot: Hash;
  readonly seed: bigint;
  /** Packed as in `request.ts`. */
  readonly symbols: bigint;
  readonly calls: number;
}

/**
 * The claim's hash, which stands for the claim everywhere.
 * @param holder The contract that holds the claim, 20 bytes.
 * Throws a RangeError where a field does not fit.
 */
export function claimHash(claim: Claim, chainId: bigint, holder: Uint8Array): Hash {
  if (holder.length !== 20) throw new RangeError("a contract address has 20 bytes");
  const roots = [claim.programRoot, claim.paramsRoot, claim.inputsRoot, claim.outputsRoot];
  if (roots.some((root) => root.length !== 32)) throw new RangeError("a root has 32 bytes");
  const writer = new ByteWriter().u256(chainId).put(new Uint8Array(12)).put(holder);
  for (const root of roots) writer.put(root);
  return keccak(writer.u256(claim.seed).u256(claim.symbols).u256(claim.calls).bytes);
}

/** The claim of a run: roots of its program, inputs and outputs, and what was requested. */
export function claimOf({ layout, outputs }: Run, hasher?: TensorHasher): Claim {
  const { program, request } = layout;
  const { call, positions } = layout.outputs();
  return {
    programRoot: programRoot(program),
    paramsRoot: paramsRoot(program, hasher),
    inputsRoot: inputsRootOf(request.inputs, hasher),
    outputsRoot: joinedRoot(
      outputs.map((tensor, i) => {
        return commitment(layout.description(call, positions[i]), tensorRoot(tensor, hasher), hasher);
      }),
      hasher,
    ),
    seed: request.seed,
    symbols: packSymbols(request.symbols),
    calls: request.calls,
  };
}
