/**
 * Traces: one Merkle tree over every tensor of an inference, and the lies that can be told with one. A trace is any run's
 * tensors seen as trees: a list of calls, each a list of tensor commitments, each over a tensor's leaves. A lie is a
 * layer over a trace that replaces one thing and hashes what lies above it anew.
 */
import type { Hash } from "./hash.ts";
import { byteLength, isDType } from "./dtype.ts";
import type { Layout } from "./layout.ts";
import type { TensorSource } from "./nodeMachine.ts";
import { commitment, type Description, leafOf, type Tensor } from "./tensor.ts";
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

/** A tree of a trace: over the call roots, over one call's commitments, or over one tensor's leaves. */
export type TracePart =
  | { readonly part: "calls" }
  | { readonly part: "call"; readonly call: number }
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
    return part.part === "call" ? this.callTree(part.call) : this.tensorTree(part.call, part.position);
  }

  /** What the commitment at a position is made of. */
  opening(call: number, position: number): Opening {
    return { description: this.description(call, position), root: rootOf(this.tensorTree(call, position)) };
  }

  /** The commitment at a position, a leaf of its call's tree. */
  commitment(call: number, position: number): Hash {
    const { description, root } = this.opening(call, position);
    return commitment(description, root);
  }

  /** The 128 bytes of a leaf. */
  leaf(call: number, position: number, index: number): Uint8Array {
    return leafOf(this.tensor(call, position), index);
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

  /** The tree over a tensor's leaves. */
  tensorTree(call: number, position: number): HashTree {
    return remember(this.#tensorTrees, `${call}/${position}`, () => {
      const { dtype, count } = this.description(call, position);
      const { data } = this.tensor(call, position);
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
    const data = new Uint8Array(leafCount(Math.max(tensor.data.length, (index + 1) * LEAF_BYTES)) * LEAF_BYTES);
    data.set(tensor.data);
    data.set(leaf, index * LEAF_BYTES);
    return this.withTensor(call, position, { ...tensor, data });
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
    if (!("part" in this.#lie)) return super.tensorTree(call, position);
    return this.#overlay({ part: "tensor", call, position }, this.#truth.tensorTree(call, position));
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

function remember<K, V>(known: Map<K, V>, key: K, compute: () => V): V {
  const value = known.get(key) ?? compute();
  known.set(key, value);
  return value;
}
