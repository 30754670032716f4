/**
 * Traces with the fast hasher: what `Trace` of `@assay/vm` is, with every tensor's tree in few buffers, a sixteenth of
 * the tensor's size. `buildTrace` hashes a whole run at once, in several threads where they are given.
 */
import { byteLength, isDType, LEAF_BYTES, Trace, type Description, type HashTree, type TensorSource } from "@assay/vm";
import { cellCount } from "@assay/vm/rowGroup";
import { depthOf, leafCount } from "@assay/vm/tree";
import type { HashThreads } from "./tree/hashThreads.ts";
import { HASH_BYTES, levelsBytes, type TreeHasher } from "./tree/hasher.ts";
import { emptyCells, fastList, fastRows } from "./tree/groupTrees.ts";
import { wantedBytes } from "./tree/parts.ts";
import { inJobs, PART_LEVEL, rowShares, tensorShares, type Share } from "./tree/shares.ts";
import { cutLevels, fastTree, KEPT_LEVEL, treeHasher } from "./tree/treeHasher.ts";

/** A trace whose trees are hashed by the fast hasher, when they are first asked for or by `buildTrace`. */
export class FastTrace extends Trace {
  readonly #trees = new Map<string, HashTree>();
  readonly #hasher: TreeHasher;

  constructor(source: TensorSource, hasher = treeHasher()) {
    super(source);
    this.#hasher = hasher;
  }

  override tensorTree(call: number, position: number): HashTree {
    const key = `${call}/${position}`;
    let tree = this.#trees.get(key);
    if (tree === undefined) {
      const { data } = this.tensor(call, position);
      const group = this.layout.groupOf(call, position);
      tree = group
        ? fastRows(data, group.description, this.#hasher)
        : fastTree(data, this.bytesOf(call, position), undefined, this.#hasher);
      this.#trees.set(key, tree);
    }
    return tree;
  }

  override groupTree(call: number, position: number): HashTree {
    const key = `group ${call}/${position}`;
    let tree = this.#trees.get(key);
    if (tree === undefined) {
      const cells = emptyCells(cellCount(this.layout.description(call, position)));
      this.eachCell(call, position, (cell, root) => cells.set(root, cell * HASH_BYTES));
      tree = fastList(cells, this.#hasher);
      this.#trees.set(key, tree);
    }
    return tree;
  }

  /** Bytes under the tree at a position: what its description says, or what the tensor has where that names no type. */
  bytesOf(call: number, position: number): number {
    const { dtype, count } = this.description(call, position);
    return isDType(dtype) ? byteLength(dtype, count) : this.tensor(call, position).data.length;
  }

  /** Sets the roots of the rows of a tensor in a row group. */
  keepRows(call: number, position: number, roots: Uint8Array): void {
    const { data } = this.tensor(call, position);
    const { description } = this.layout.groupOf(call, position)!;
    this.#trees.set(`${call}/${position}`, fastRows(data, description, this.#hasher, roots));
  }

  /** Sets the levels that the tree at a position keeps. */
  keep(call: number, position: number, levels: readonly Uint8Array[]): void {
    const { data } = this.tensor(call, position);
    this.#trees.set(`${call}/${position}`, fastTree(data, this.bytesOf(call, position), levels, this.#hasher));
  }
}

/** The trace of a run with all its trees hashed. Rejects where a thread dies. */
export async function buildTrace(
  source: TensorSource,
  threads?: HashThreads,
  hasher = treeHasher(),
): Promise<FastTrace> {
  const trace = new FastTrace(source, hasher);
  if (threads !== undefined) await hashTogether(trace, threads, hasher);
  // What is not kept yet is hashed on the way to the root.
  trace.callsTree();
  return trace;
}

async function hashTogether(trace: FastTrace, threads: HashThreads, hasher: TreeHasher): Promise<void> {
  const building: Building[] = [];
  for (let call = 0; call < trace.layout.calls; call++)
    for (let position = 0; position < trace.layout.positions(call); position++) {
      const group = trace.layout.groupOf(call, position);
      const one = group ? rows(trace, call, position, group.description) : tensor(trace, call, position, hasher);
      if (one !== undefined) building.push(one);
    }
  await Promise.all(
    inJobs(building.flatMap(({ shares }) => shares)).map(async (job) => {
      let hashes = await threads.hash(job);
      for (const share of job) {
        share.take(hashes);
        hashes = hashes.subarray(wantedBytes(share));
      }
    }),
  );
  for (const { keep } of building) keep();
}

/** A tree of the trace being built: what threads hash of it, and what is done when all of that is there. */
interface Building {
  readonly shares: readonly Share[];
  readonly keep: () => void;
}

/** A tensor of its own; undefined where its tree keeps nothing. */
function tensor(trace: FastTrace, call: number, position: number, hasher: TreeHasher): Building | undefined {
  const depth = depthOf(leafCount(trace.bytesOf(call, position)));
  const data = trace.tensor(call, position).data.subarray(0, LEAF_BYTES * 2 ** depth);
  if (depth < KEPT_LEVEL || data.length === 0) return undefined;
  const kept = new Uint8Array(levelsBytes(data.length, KEPT_LEVEL, depth));
  const levels = cutLevels(kept, data.length, depth);
  const keep = (): void => {
    if (depth > PART_LEVEL) {
      const above = kept.subarray(levelsBytes(data.length, KEPT_LEVEL, PART_LEVEL));
      hasher.climb(levels[PART_LEVEL - KEPT_LEVEL], PART_LEVEL, depth, above);
    }
    trace.keep(call, position, levels);
  };
  return { shares: tensorShares(data, depth, levels), keep };
}

/** The rows of a tensor in a row group; undefined where they do not lie one after the other, whole. */
function rows(trace: FastTrace, call: number, position: number, description: Description): Building | undefined {
  const shared = rowShares(trace.tensor(call, position).data, description);
  return shared && { shares: shared.shares, keep: () => trace.keepRows(call, position, shared.roots) };
}
