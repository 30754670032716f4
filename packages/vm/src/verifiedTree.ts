/**
 * A tree of which some leaves have been proven, one after the other. It keeps the nodes and siblings of the path that
 * came last, so that the next path is cut where it meets that one.
 */
import { equalBytes } from "./bytes.ts";
import { keccak, type Hash } from "./hash.ts";

export class VerifiedTree {
  /** The root that the first path must lead to; where none is set, that path sets it. */
  root: Hash | undefined;
  readonly depth: number;
  #last: number | undefined;
  /** By level: the node on the last path, and its sibling. */
  readonly #nodes: Hash[] = [];
  readonly #siblings: Hash[] = [];

  constructor(depth: number, root?: Hash) {
    this.depth = depth;
    this.root = root;
  }

  /** Siblings that the path of leaf `index` brings. The leaf must not be the last one's. */
  pathLength(index: number): number {
    return this.#last === undefined ? this.depth : meetingLevel(this.#last, index);
  }

  /** Follows a path of `pathLength(index)` siblings; gives what it should have led to and what it did if they differ. */
  enter(index: number, leaf: Hash, path: readonly Hash[]): { expected: Hash; actual: Hash } | undefined {
    const isFirst = this.#last === undefined;
    const nodes = [leaf];
    path.forEach((sibling, level) => {
      const isRight = Math.floor(index / 2 ** level) % 2 === 1;
      nodes.push(isRight ? keccak(sibling, nodes[level]) : keccak(nodes[level], sibling));
    });
    const top = path.length;
    const actual = nodes[top];
    if (isFirst) this.root ??= actual;
    const expected = isFirst ? this.root! : this.#siblings[top];
    if (!equalBytes(actual, expected)) return { expected, actual };

    if (!isFirst) this.#siblings[top] = this.#nodes[top];
    nodes.forEach((node, level) => (this.#nodes[level] = node));
    path.forEach((sibling, level) => (this.#siblings[level] = sibling));
    this.#last = index;
    return undefined;
  }
}

/** The level at which the ancestors of two different leaves are siblings. */
function meetingLevel(i: number, j: number): number {
  let level = 0;
  while (Math.floor(i / 2) !== Math.floor(j / 2)) {
    i = Math.floor(i / 2);
    j = Math.floor(j / 2);
    level++;
  }
  return level;
}
