/** What committing to an inference costs beside the inference: the hashes of its inputs and outputs. */
import { fastSubtree } from "../../../packages/engine/src/index.ts";
import { commitmentOf, type Tensor } from "../../../packages/vm/src/index.ts";
import { sample } from "./pairs.ts";

/** Milliseconds to hash these tensors as a claim does, the least of five. */
export async function hashingMs(tensors: readonly Tensor[]): Promise<number> {
  const hash = () => tensors.forEach((tensor) => commitmentOf(tensor, fastSubtree));
  let least = Infinity;
  for (let i = 0; i < 5; i++) least = Math.min(least, await sample(hash, 1));
  return least;
}
