/**
 * Traces with the fast hasher: what `Trace` of `@assay/vm` is, with every tensor's tree in few buffers, a sixteenth of
 * the tensor's size. `buildTrace` hashes a whole run at once, in several threads where they are given; row groups of two or
 * more tensors in this one.
 */
import { byteLength, isDType, LEAF_BYTES, Trace, type HashTree, type TensorSource } from "@assay/vm";
import { cellCount } from "@assay/vm/rowGroup";
import { depthOf, leafCount } from "@assay/vm/tree";
import type { HashThreads, Part } from "./tree/hashThreads.ts";
import { HASH_BYTES, levelsBytes, type TreeHasher } from "./tree/hasher.ts";
import { emptyCells, fastList, fastRows } from "./tree/groupTrees.ts";
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

  /** Sets the levels that the tree at a position keeps. */
  keep(call: number, position: number, levels: readonly Uint8Array[]): void {
    const { data } = this.tensor(call, position);
    this.#trees.set(`${call}/${position}`, fastTree(data, this.bytesOf(call, position), levels, this.#hasher));
  }
}

/** Levels above the leaves of what one thread hashes at a time: a mebibyte. */
const PART_LEVEL = 13;
const PART_BYTES = LEAF_BYTES * 2 ** PART_LEVEL;

/** A tensor of the trace being built. */
interface Building {
  readonly call: number;
  readonly position: number;
  readonly depth: number;
  readonly data: Uint8Array;
  /** The levels that its tree keeps, one after the other, and each. */
  readonly kept: Uint8Array;
  readonly levels: readonly Uint8Array[];
}

/** A part of a tensor, and where its hashes go. */
interface Share extends Part {
  readonly of: Building;
  readonly start: number;
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
  const tensors: Building[] = [];
  for (let call = 0; call < trace.layout.calls; call++)
    for (let position = 0; position < trace.layout.positions(call); position++) {
      if (trace.layout.groupOf(call, position)) continue;
      const depth = depthOf(leafCount(trace.bytesOf(call, position)));
      const data = trace.tensor(call, position).data.subarray(0, LEAF_BYTES * 2 ** depth);
      if (depth < KEPT_LEVEL || data.length === 0) continue;
      const kept = new Uint8Array(levelsBytes(data.length, KEPT_LEVEL, depth));
      tensors.push({ call, position, depth, data, kept, levels: cutLevels(kept, data.length, depth) });
    }
  const shares = tensors.flatMap(cut);
  await Promise.all(
    inJobs(shares).map(async (job) => {
      let hashes = await threads.hash(job);
      for (const { bytes, level, of, start } of job) {
        cutLevels(hashes, bytes.length, level).forEach((nodes, i) => {
          of.levels[i].set(nodes, (start / LEAF_BYTES / 2 ** (KEPT_LEVEL + i)) * HASH_BYTES);
          hashes = hashes.subarray(nodes.length);
        });
      }
    }),
  );
  for (const { call, position, depth, data, kept, levels } of tensors) {
    if (depth > PART_LEVEL) {
      const above = kept.subarray(levelsBytes(data.length, KEPT_LEVEL, PART_LEVEL));
      hasher.climb(levels[PART_LEVEL - KEPT_LEVEL], PART_LEVEL, depth, above);
    }
    trace.keep(call, position, levels);
  }
}

/** A tensor in parts of a mebibyte. */
function cut(of: Building): Share[] {
  const level = Math.min(of.depth, PART_LEVEL);
  const shares: Share[] = [];
  for (let start = 0; start < of.data.length; start += PART_BYTES)
    shares.push({ of, start, level, bytes: of.data.subarray(start, start + PART_BYTES) });
  return shares;
}

/** Parts in groups of about a mebibyte: a message costs, too. */
function inJobs(shares: readonly Share[]): Share[][] {
  const jobs: Share[][] = [];
  let size = PART_BYTES;
  for (const share of shares) {
    if (size + share.bytes.length > PART_BYTES) {
      jobs.push([]);
      size = 0;
    }
    jobs[jobs.length - 1].push(share);
    size += share.bytes.length;
  }
  return jobs;
}
