/**
 * Claims: what a provider stands behind. A claim names program, parameters, inputs and outputs by their roots; its hash
 * is that of its nine fields, each in a word of 32 bytes, as `abi.encode` lays them out.
 */
import { ByteWriter } from "./bytes.ts";
import { keccak, type Hash } from "./hash.ts";

export interface Claim {
  readonly chainId: bigint;
  /** The contract that keeps the claim, 20 bytes. */
  readonly contract: Uint8Array;
  readonly programRoot: Hash;
  readonly paramsRoot: Hash;
  readonly inputsRoot: Hash;
  readonly outputsRoot: Hash;
  readonly seed: bigint;
  /** Packed as in `request.ts`. */
  readonly symbols: bigint;
  readonly calls: number;
}

/** keccak(abi.encode(claim)). Throws a RangeError where a field does not fit. */
export function claimHash(claim: Claim): Hash {
  if (claim.contract.length !== 20) throw new RangeError("a contract address has 20 bytes");
  const roots = [claim.programRoot, claim.paramsRoot, claim.inputsRoot, claim.outputsRoot];
  if (roots.some((root) => root.length !== 32)) throw new RangeError("a root has 32 bytes");
  const writer = new ByteWriter().u256(claim.chainId).put(new Uint8Array(12)).put(claim.contract);
  for (const root of roots) writer.put(root);
  return keccak(writer.u256(claim.seed).u256(claim.symbols).u256(claim.calls).bytes);
}
