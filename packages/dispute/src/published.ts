/**
 * What a provider has made known of its trace by opening it, over all games on a claim: hashes by tree, level and index;
 * leaves; snapshots by segment. Nothing in it is trusted to be right, only to be what the provider committed to.
 */
import { equalBytes } from "@assay/vm/bytes";
import { keccak, toHex, type Hash } from "@assay/vm/hash";
import { Trace, type TracePart } from "@assay/vm/trace";
import { LEAF_BYTES, leafHash, rootOf, type HashTree } from "@assay/vm/tree";
import type { Move } from "./move.ts";
import { hookOf, nodeAt, placeOf, topPosition, type Node } from "./position.ts";
import { segmentKey, unpackSegment } from "./reduction.ts";
import type { Dispute, Game } from "./state.ts";

const keyOf = ({ part, level, index }: Node): string => `${partKey(part)}:${level}:${index}`;

function partKey(part: TracePart): string {
  if (part.part === "calls") return "calls";
  return part.part === "call" ? `call ${part.call}` : `${part.part} ${part.call} ${part.position}`;
}

/** The leaves that lie in bytes one after the other. */
export function leavesIn(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / LEAF_BYTES }, (_, i) => bytes.slice(i * LEAF_BYTES, (i + 1) * LEAF_BYTES));
}

export class Published {
  readonly #nodes = new Map<string, Hash>();
  readonly #leaves = new Map<string, Uint8Array>();
  readonly #snapshots = new Map<bigint, Uint8Array>();
  readonly #shown = new WeakMap<Trace, PublishedTrace>();

  /** The hash of a node, if it was published or follows from what was. */
  node(node: Node): Hash | undefined {
    return this.#nodes.get(keyOf(node));
  }

  /** The 2^levels descendants of a node, if they are all known. */
  descendants({ part, level, index }: Node, levels: number): Hash[] | undefined {
    const width = 2 ** levels;
    const below: Hash[] = [];
    for (let i = 0; i < width; i++) {
      const hash = this.node({ part, level: level - levels, index: index * width + i });
      if (!hash) return undefined;
      below.push(hash);
    }
    return below;
  }

  /** Siblings from a node `levels` up, if they are all known. */
  path({ part, level, index }: Node, levels: number): Hash[] {
    return Array.from({ length: levels }, (_, up) => {
      const above = Math.floor(index / 2 ** up);
      const sibling: Node = { part, level: level + up, index: above % 2 === 0 ? above + 1 : above - 1 };
      const hash = this.node(sibling);
      if (!hash) throw new RangeError(`not published: ${keyOf(sibling)}`);
      return hash;
    });
  }

  /** The bytes behind a leaf's hash, if published. */
  leaf(hash: Hash): Uint8Array | undefined {
    return this.#leaves.get(toHex(hash));
  }

  /** The publication of a segment, if there is one. */
  snapshots(segment: bigint): Uint8Array | undefined {
    return this.#snapshots.get(segment);
  }

  /** What a provider's move makes known; `game` is as it stood before the move. */
  learn(move: Move, game: Game, dispute: Dispute): void {
    switch (move.kind) {
      case "openTrace":
        return this.addDescendants(nodeAt(topPosition(dispute.claim.calls, dispute.header), 0), move.children);
      case "open":
        return this.addDescendants(nodeAt(game.position, game.depth), move.children);
      case "openBlock":
        return this.addBlock(nodeAt(game.position, game.depth), move.leaves);
      case "publish":
        return this.addSnapshots(segmentKey(unpackSegment(game.pinned), placeOf(game.position)), move.snapshots);
    }
  }

  /** Remembers one node. */
  addNode(node: Node, hash: Hash): void {
    this.#nodes.set(keyOf(node), hash);
  }

  /** Remembers the descendants of a node, and all nodes between. */
  addDescendants({ part, level, index }: Node, descendants: readonly Hash[]): void {
    let row = [...descendants];
    let at = level - Math.log2(row.length);
    for (;;) {
      row.forEach((hash, i) => this.addNode({ part, level: at, index: index * row.length + i }, hash));
      if (row.length === 1) return;
      row = Array.from({ length: row.length / 2 }, (_, i) => keccak(row[2 * i], row[2 * i + 1]));
      at++;
    }
  }

  /** Remembers the leaves under a node. */
  addBlock(node: Node, bytes: Uint8Array): void {
    const leaves = leavesIn(bytes);
    for (const leaf of leaves) this.#leaves.set(toHex(keccak(leaf)), leaf);
    this.addDescendants(
      node,
      leaves.map((leaf) => keccak(leaf)),
    );
  }

  addSnapshots(segment: bigint, snapshots: Uint8Array): void {
    this.#snapshots.set(segment, snapshots);
  }

  /** The provider's trace, as far as it is known to one who holds an honest one. */
  over(honest: Trace): PublishedTrace {
    const shown = this.#shown.get(honest) ?? new PublishedTrace(honest, this);
    this.#shown.set(honest, shown);
    return shown;
  }

  /**
   * The lowest published node at a node or above it, in its tree or in those that it hangs in. Undefined where nothing is
   * published.
   */
  above({ part, level, index }: Node, honest: Trace): Node | undefined {
    for (let up = level, at = index; up <= honest.tree(part).depth; up++, at = Math.floor(at / 2)) {
      const node: Node = { part, level: up, index: at };
      if (this.node(node)) return node;
    }
    const hook = hookOf({ part, level, index }, honest.layout);
    return hook && this.above(hook, honest);
  }
}

/** Something of a provider's trace that a proof needs and that is neither published nor known to be right. */
export class NotPublishedError extends Error {
  readonly node: Node;
  constructor(node: Node) {
    super(`not published: ${keyOf(node)}`);
    this.node = node;
  }
}

/**
 * A provider's trace as far as it is known: what was published, and the challenger's own where that hangs in published
 * nodes that are right. The rest throws `NotPublishedError`.
 */
export class PublishedTrace extends Trace {
  readonly #honest: Trace;
  readonly #published: Published;

  constructor(honest: Trace, published: Published) {
    super(honest);
    this.#honest = honest;
    this.#published = published;
  }

  // The root of a call is known from its own list or as a leaf of the list of calls.
  override callsTree(): HashTree {
    const tree = this.#over({ part: "calls" }, this.#honest.callsTree());
    const node = (level: number, index: number): Hash =>
      level === 0 && index < tree.count ? rootOf(this.callTree(index)) : tree.node(level, index);
    return { ...tree, node };
  }

  override callTree(call: number): HashTree {
    const tree = this.#over({ part: "call", call }, this.#honest.callTree(call));
    const root = this.#published.node({ part: { part: "calls" }, level: 0, index: call });
    return { ...tree, node: (level, index) => (root && level === tree.depth ? root : tree.node(level, index)) };
  }

  override groupTree(call: number, position: number): HashTree {
    return this.#over({ part: "group", call, position }, this.#honest.groupTree(call, position));
  }

  override tensorTree(call: number, position: number): HashTree {
    return this.#over({ part: "tensor", call, position }, this.#honest.tensorTree(call, position));
  }

  override leaf(call: number, position: number, index: number): Uint8Array {
    const part: TracePart = { part: "tensor", call, position };
    const own = this.#honest.leaf(call, position, index);
    const hash = this.tensorTree(call, position).node(0, index);
    const leaf = equalBytes(hash, leafHash(own)) ? own : this.#published.leaf(hash);
    if (!leaf) throw new NotPublishedError({ part, level: 0, index });
    return leaf;
  }

  #over(part: TracePart, tree: HashTree): HashTree {
    const node = (level: number, index: number): Hash => {
      const place: Node = { part, level, index };
      const shown = this.#published.node(place);
      if (!shown && !this.#isRight(place)) throw new NotPublishedError(place);
      return shown ?? tree.node(level, index);
    };
    return { count: tree.count, depth: tree.depth, node };
  }

  #isRight(node: Node): boolean {
    const above = this.#published.above(node, this.#honest);
    if (!above) return true;
    return equalBytes(this.#published.node(above)!, this.#honest.tree(above.part).node(above.level, above.index));
  }
}
