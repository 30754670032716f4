/**
 * Traces: one Merkle tree over every tensor of an inference, and the lies that can be told with one. A trace is any run's
 * tensors seen as trees: a list of calls, each a list of tensor commitments, each over a tensor's leaves, or over the cells
 * of a row group (rowGroup.ts). A lie is a layer over a trace that replaces one thing and hashes what lies above it anew.
 */
import { keccak, type Hash } from "./hash.ts";
import { byteLength, isDType, loadWord, storeWord } from "./dtype.ts";
import type { Layout } from "./layout.ts";
import type { TensorSource } from "./nodeMachine.ts";
import { cellCount, cellOf, elementAt, elementsDepth, NO_CELLS, rowBytes } from "./rowGroup.ts";
import { commitment, denseBytes, elementsPerLeaf, isGrouped, leafOf, leavesOf, widthOf } from "./tensor.ts";
import type { Description, Tensor } from "./tensor.ts";
import {
  LEAF_BYTES,
  leafCount,
  listTree,
  openChildren,
  overlayTree,
  proofOf,
  rootOf,
  tensorTree,
  type HashTree,
} from "./tree.ts";

/**
 * A tree of a trace: over the call roots, over one call's commitments, over the cells of a row group (position: that of its
 * last node), or over one tensor's leaves. Of a tensor in a row group that is a tree for each row, side by side.
 */
export type TracePart =
  | { readonly part: "calls" }
  | { readonly part: "call"; readonly call: number }
  | { readonly part: "group"; readonly call: number; readonly position: number }
  | { readonly part: "tensor"; readonly call: number; readonly position: number };

/** What a commitment hides: the preimage that the pick of a tensor asks for. */
export interface Opening {
  readonly description: Description;
  readonly root: Hash;
}

/** A trace: what a run's tensors hash to, and every opening that a dispute may ask for. */
export class Trace implements TensorSource {
  readonly layout: Layout;
  readonly #source: TensorSource;
  readonly #tensorTrees = new Map<string, HashTree>();
  readonly #groupTrees = new Map<string, HashTree>();
  readonly #callTrees = new Map<number, HashTree>();
  #callsTree: HashTree | undefined;

  /** The trace of a run, computed where it is asked for. */
  constructor(source: TensorSource) {
    this.layout = source.layout;
    this.#source = source;
  }

  tensor(call: number, position: number): Tensor {
    return this.#source.tensor(call, position);
  }

  description(call: number, position: number): Description {
    return this.#source.description(call, position);
  }

  /** The trace root. */
  get root(): Hash {
    return rootOf(this.callsTree());
  }

  /** The tree of a part of the trace. */
  tree(part: TracePart): HashTree {
    if (part.part === "calls") return this.callsTree();
    if (part.part === "call") return this.callTree(part.call);
    const { call, position } = part;
    return part.part === "group" ? this.groupTree(call, position) : this.tensorTree(call, position);
  }

  /** What the commitment at a position is made of. */
  opening(call: number, position: number): Opening {
    const description = this.description(call, position);
    const group = this.layout.groupOf(call, position);
    if (!group) return { description, root: rootOf(this.tensorTree(call, position)) };
    return { description, root: position === group.last ? rootOf(this.groupTree(call, position)) : NO_CELLS };
  }

  /** The commitment at a position, a leaf of its call's tree. */
  commitment(call: number, position: number): Hash {
    const { description, root } = this.opening(call, position);
    return commitment(description, root);
  }

  /** The 128 bytes of a leaf. */
  leaf(call: number, position: number, index: number): Uint8Array {
    const tensor = this.tensor(call, position);
    const description = this.layout.description(call, position);
    if (!isGrouped(description)) return leafOf(tensor, index);
    const leaves = 2 ** elementsDepth(description);
    const at = (index % leaves) * LEAF_BYTES;
    const leaf = new Uint8Array(LEAF_BYTES);
    leaf.set(rowBytes(tensor.data, description, Math.floor(index / leaves)).subarray(at, at + LEAF_BYTES));
    return leaf;
  }

  /** The descendants of a node `arityLog2` levels below it, or the leaves where those are nearer. */
  children(part: TracePart, level: number, index: number, arityLog2: number): Hash[] {
    return openChildren(this.tree(part), level, index, arityLog2);
  }

  /** Siblings from a node up to the root of its part, lowest first. */
  proof(part: TracePart, index: number, level = 0): Hash[] {
    return proofOf(this.tree(part), index, level);
  }

  /** The tree over the call roots. */
  callsTree(): HashTree {
    this.#callsTree ??= listTree(Array.from({ length: this.layout.calls }, (_, call) => rootOf(this.callTree(call))));
    return this.#callsTree;
  }

  /** The tree over a call's commitments. */
  callTree(call: number): HashTree {
    return remember(this.#callTrees, call, () =>
      listTree(Array.from({ length: this.layout.positions(call) }, (_, position) => this.commitment(call, position))),
    );
  }

  /** The tree over the cells of a row group, by the position of its last node. */
  groupTree(call: number, position: number): HashTree {
    return remember(this.#groupTrees, `${call}/${position}`, () => {
      const cells = new Array<Hash>(cellCount(this.layout.description(call, position))).fill(NO_CELLS);
      this.eachCell(call, position, (cell, root) => (cells[cell] = root));
      return listTree(cells);
    });
  }

  /** Hands out the roots of a row group's cells that nodes fill, by the position of the group's last. */
  protected eachCell(call: number, position: number, take: (cell: number, root: Hash) => void): void {
    const { layout } = this;
    const group = layout.description(call, position);
    const first = layout.firstNode(call);
    for (let node = group.groupStart; node < group.groupEnd; node++) {
      if (!layout.isMember(call, group, node)) continue;
      const { depth, node: at } = this.tensorTree(call, first + node);
      for (let row = 0; row < group.rows; row++) take(cellOf(group, node, row), at(depth, row));
    }
  }

  /** The tree over a tensor's leaves, or over those of each of its rows. */
  tensorTree(call: number, position: number): HashTree {
    return remember(this.#tensorTrees, `${call}/${position}`, () => {
      const { dtype, count } = this.description(call, position);
      const { data } = this.tensor(call, position);
      const stated = this.layout.description(call, position);
      if (isGrouped(stated)) return rowTrees(data, stated);
      return tensorTree(data, isDType(dtype) ? byteLength(dtype, count) : data.length);
    });
  }

  /** This trace with another tensor at a position; the description stays as the layout says unless given. */
  withTensor(call: number, position: number, tensor: Tensor, description?: Description): Trace {
    return new LyingTrace(this, { call, position, tensor, description });
  }

  /** This trace with another description at a position, over the same tensor. */
  withDescription(call: number, position: number, description: Description): Trace {
    return new LyingTrace(this, { call, position, tensor: this.tensor(call, position), description });
  }

  /** This trace with other bytes in one leaf: up to 128, of which those behind the tensor's end are dirty padding. */
  withLeaf(call: number, position: number, index: number, leaf: Uint8Array): Trace {
    const tensor = this.tensor(call, position);
    if (isGrouped(this.layout.description(call, position))) return this.#withLeafOfRow(call, position, index, leaf);
    const data = new Uint8Array(leafCount(Math.max(tensor.data.length, (index + 1) * LEAF_BYTES)) * LEAF_BYTES);
    data.set(tensor.data);
    data.set(leaf, index * LEAF_BYTES);
    return this.withTensor(call, position, { ...tensor, data });
  }

  /** The same of a tensor in a row group; padding of a row has no place in the tensor, and is only hashed. */
  #withLeafOfRow(call: number, position: number, index: number, bytes: Uint8Array): Trace {
    const tensor = this.tensor(call, position);
    const description = this.layout.description(call, position);
    const leaf = new Uint8Array(LEAF_BYTES);
    leaf.set(bytes);
    const data = Uint8Array.from(denseBytes(tensor));
    const { dtype, count } = description;
    for (let i = 0; isDType(dtype) && i < elementsPerLeaf(dtype); i++) {
      const element = elementAt(description, index, i);
      if (element < count) storeWord(dtype, loadWord(dtype, leaf, i), data, element);
    }
    return new LyingTrace(this, { call, position, tensor: { ...tensor, data }, description: undefined, leaf, index });
  }

  /** This trace with a node replaced by a hash, which need not be that of its children. */
  withNode(part: TracePart, level: number, index: number, hash: Hash): Trace {
    return new LyingTrace(this, { part, level, index, hash });
  }
}

/** What a lying trace replaces. */
type Lie =
  | {
      readonly call: number;
      readonly position: number;
      readonly tensor: Tensor;
      readonly description: Description | undefined;
      /** The bytes of one leaf with all padding, and its index. */
      readonly leaf?: Uint8Array;
      readonly index?: number;
    }
  | { readonly part: TracePart; readonly level: number; readonly index: number; readonly hash: Hash };

/** A trace that differs from another in one place and in the hashes above it. */
class LyingTrace extends Trace {
  readonly #truth: Trace;
  readonly #lie: Lie;

  constructor(truth: Trace, lie: Lie) {
    super(truth);
    this.#truth = truth;
    this.#lie = lie;
  }

  override tensor(call: number, position: number): Tensor {
    return this.#tensorLie(call, position)?.tensor ?? super.tensor(call, position);
  }

  override description(call: number, position: number): Description {
    return this.#tensorLie(call, position)?.description ?? super.description(call, position);
  }

  override leaf(call: number, position: number, index: number): Uint8Array {
    const lie = this.#tensorLie(call, position);
    if (lie && !lie.leaf) return super.leaf(call, position, index);
    return lie?.leaf && lie.index === index ? lie.leaf : this.#truth.leaf(call, position, index);
  }

  override callsTree(): HashTree {
    return this.#overlay({ part: "calls" }, super.callsTree());
  }

  override callTree(call: number): HashTree {
    const { call: lieCall } = this.#place();
    if (call !== lieCall) return this.#truth.callTree(call);
    return this.#overlay({ part: "call", call }, super.callTree(call));
  }

  override tensorTree(call: number, position: number): HashTree {
    const place = this.#place();
    if (call !== place.call || position !== place.position) return this.#truth.tensorTree(call, position);
    const lie = this.#lie;
    if (!("part" in lie) && !lie.leaf) return super.tensorTree(call, position);
    const tree = this.#truth.tensorTree(call, position);
    if ("part" in lie) return this.#overlay({ part: "tensor", call, position }, tree);
    return overlayTree(tree, [{ level: 0, index: lie.index!, hash: keccak(lie.leaf!) }]);
  }

  override groupTree(call: number, position: number): HashTree {
    const place = this.#place();
    const theirs = call === place.call ? this.layout.groupOf(call, place.position ?? -1) : undefined;
    if (theirs?.last !== position) return this.#truth.groupTree(call, position);
    return this.#overlay({ part: "group", call, position }, super.groupTree(call, position));
  }

  /** Call and position of the lie, where it has them. */
  #place(): { readonly call?: number; readonly position?: number } {
    const lie = "part" in this.#lie ? this.#lie.part : this.#lie;
    return { call: "call" in lie ? lie.call : undefined, position: "position" in lie ? lie.position : undefined };
  }

  #tensorLie(call: number, position: number): Extract<Lie, { tensor: Tensor }> | undefined {
    const lie = this.#lie;
    return "tensor" in lie && lie.call === call && lie.position === position ? lie : undefined;
  }

  /** The part's tree with the lie in it, where the lie is a node of this part. */
  #overlay(part: TracePart, tree: HashTree): HashTree {
    const lie = this.#lie;
    if (!("part" in lie) || lie.part.part !== part.part) return tree;
    return overlayTree(tree, [lie]);
  }
}

/** The trees of a tensor's rows, side by side. */
function rowTrees(data: Uint8Array, description: Description): HashTree {
  const { dtype } = description;
  const depth = elementsDepth(description);
  const length = isDType(dtype) ? byteLength(dtype, widthOf(description)) : 0;
  const rows = new Map<number, HashTree>();
  const rowTree = (row: number): HashTree =>
    remember(rows, row, () => tensorTree(rowBytes(data, description, row), length));
  const node = (level: number, index: number): Hash => {
    const width = 2 ** (depth - level);
    return rowTree(Math.floor(index / width)).node(level, index % width);
  };
  return { count: leavesOf(description), depth, node };
}

function remember<K, V>(known: Map<K, V>, key: K, compute: () => V): V {
  const value = known.get(key) ?? compute();
  known.set(key, value);
  return value;
}
