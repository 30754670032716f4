/**
 * A claim far too big to compute, of which only what one step needs exists: real header, record and leaves, and trees
 * whose other nodes are hashes of nothing. What a step costs on chain is exactly what it would cost in the whole claim.
 */
import { ByteWriter } from "../../packages/vm/src/bytes.ts";
import type { Claim } from "../../packages/vm/src/claim.ts";
import { keccak, NO_HASH, type Hash } from "../../packages/vm/src/hash.ts";
import { encodeHeader, programRootOf, type ProgramHeader } from "../../packages/vm/src/header.ts";
import type { TensorPlace } from "../../packages/vm/src/nodeMachine.ts";
import { recordLeaf } from "../../packages/vm/src/record.ts";
import { evaluateStep, type ProvenTree, type Step } from "../../packages/vm/src/stepEvaluator.ts";
import { cellOf, cellsDepth, elementsDepth, NO_CELLS } from "../../packages/vm/src/rowGroup.ts";
import { commitment, encodeDescription, isGrouped, leavesOf, type Description } from "../../packages/vm/src/tensor.ts";
import { depthOf, LEAF_BYTES, proofOf, rootOf, type HashTree } from "../../packages/vm/src/tree.ts";
import { Random } from "../../packages/vm/src/testing/random.ts";
import type { Question } from "./stepEvaluator.ts";

/** A tensor of which some leaves exist; of a row group, which no other tensor of the claim is in, its last node besides. */
export interface SparseTensor {
  readonly place: TensorPlace;
  readonly description: Description;
  readonly leaves: readonly number[];
  /** What the leaves hold; random numbers if absent. */
  readonly content?: Uint8Array;
}

/** What there is of a claim. */
export interface SparseClaim {
  /** Header; the roots in it are put in. */
  readonly header: ProgramHeader;
  /** Call and node of the step, and the node's record. */
  readonly call: number;
  readonly node: number;
  readonly record: Uint8Array;
  readonly calls: number;
  readonly tensors: readonly SparseTensor[];
}

/** A tree with some leaves; a node above none of them is a hash of its place. */
function sparseTree(count: number, leaves: ReadonlyMap<number, Hash>, name: string): HashTree {
  const depth = depthOf(count);
  const known = new Map<string, Hash>();
  for (const [index, hash] of leaves) known.set(`0/${index}`, hash);
  const node = (level: number, index: number): Hash => {
    const key = `${level}/${index}`;
    const found = known.get(key);
    if (found) return found;
    const width = 2 ** level;
    const above = [...leaves.keys()].some((leaf) => Math.floor(leaf / width) === index);
    const hash = above
      ? keccak(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
      : keccak(new TextEncoder().encode(`${name} ${key}`));
    known.set(key, hash);
    return hash;
  };
  return { count, depth, node };
}

/** A tensor as its place shows it. */
interface Shown {
  readonly description: Description;
  readonly tree: HashTree;
  readonly root: Hash;
}

/** The rows of a tensor in a row group, of which some leaves exist, and the list of the group's cells. */
function sparseCells(description: Description, node: number, leaves: ReadonlyMap<number, Hash>, name: string) {
  const depth = elementsDepth(description);
  const whole = sparseTree(2 ** (depthOf(description.rows) + depth), leaves, name);
  const cells = new Map<number, Hash>();
  for (const leaf of leaves.keys()) {
    const row = Math.floor(leaf / 2 ** depth);
    cells.set(cellOf(description, node, row), whole.node(depth, row));
  }
  return { rows: { ...whole, depth }, cells: sparseTree(2 ** cellsDepth(description), cells, `cells of ${name}`) };
}

const keyOf = (place: TensorPlace): string =>
  place.kind === "trace" ? `${place.call}/${place.position}` : `${place.kind} ${place.index}`;

/** A sparse claim's trees, and the witnesses of its steps. */
export class SparseWorld {
  readonly #records: HashTree;
  readonly #parameters: HashTree;
  readonly #calls: HashTree;
  readonly #lists = new Map<number, HashTree>();
  readonly #tensors = new Map<string, Shown>();
  readonly #groups = new Map<string, HashTree>();
  readonly #leaves = new Map<string, Uint8Array>();
  readonly #header: Uint8Array;
  readonly #record: Uint8Array;
  readonly #inputs: Hash[];
  readonly claim: Claim;
  readonly traceRoot: Hash;

  constructor({ header, call, node, record, calls, tensors }: SparseClaim) {
    const random = new Random(1);
    const list = call === 0 ? "prompt" : call === calls - 1 ? "epilogue" : "decode";
    const positions = (c: number): number =>
      c === 0 ? header.counts.prompt : c === calls - 1 ? header.counts.epilogue : header.counts.decode + 1;

    const commitments = new Map<string, Hash>();
    const show = (place: TensorPlace, shown: Shown): void => {
      this.#tensors.set(keyOf(place), shown);
      commitments.set(keyOf(place), commitment(shown.description, shown.root));
    };
    for (const { place, description, leaves, content } of tensors) {
      const hashes = new Map<number, Hash>();
      for (const index of leaves) {
        const leaf = content ?? floatsNearOne(random);
        this.#leaves.set(`${keyOf(place)} ${index}`, leaf);
        hashes.set(index, keccak(leaf));
      }
      if (place.kind === "trace" && isGrouped(description)) {
        const { call: c, position } = place;
        const node = position - (c === 0 || c === calls - 1 ? 0 : 1);
        const last = { ...place, position: position - node + description.groupEnd - 1 };
        const { rows, cells } = sparseCells(description, node, hashes, keyOf(place));
        this.#groups.set(keyOf(last), cells);
        show(last, { description, tree: cells, root: rootOf(cells) });
        show(place, { description, tree: rows, root: NO_CELLS });
      } else {
        const tree = sparseTree(leavesOf(description), hashes, keyOf(place));
        show(place, { description, tree, root: rootOf(tree) });
      }
    }

    const roots = new Map<number, Hash>();
    for (const c of new Set(tensors.flatMap(({ place }) => (place.kind === "trace" ? [place.call] : [])))) {
      const leaves = [...commitments].flatMap(([key, hash]) => {
        const [inCall, position] = key.split("/").map(Number);
        return inCall === c ? [[position, hash] as const] : [];
      });
      const tree = sparseTree(positions(c), new Map(leaves), `call ${c}`);
      this.#lists.set(c, tree);
      roots.set(c, rootOf(tree));
    }
    this.#calls = sparseTree(calls, roots, "calls");
    const parameters = tensors.flatMap(({ place }) =>
      place.kind === "parameter" ? [[place.index, commitments.get(keyOf(place))!] as const] : [],
    );
    this.#parameters = sparseTree(header.parameterCount, new Map(parameters), "parameters");
    this.#inputs = header.inputs.map(
      (_, index) => commitments.get(keyOf({ kind: "input", index })) ?? keccak(Uint8Array.of(index)),
    );

    this.#record = record;
    this.#records = sparseTree(header.counts[list], new Map([[node, recordLeaf(record)]]), "records");
    this.#header = encodeHeader({ ...header, roots: { ...header.roots, [list]: rootOf(this.#records) } });
    this.claim = {
      programRoot: programRootOf(this.#header),
      paramsRoot: parameters.length > 0 ? rootOf(this.#parameters) : NO_HASH,
      inputsRoot: keccak(...this.#inputs),
      outputsRoot: keccak(Uint8Array.of(1)),
      seed: random.word256(),
      symbols: 0n,
      calls,
    };
    this.traceRoot = rootOf(this.#calls);
  }

  /** The step with its witness; the claim and trace root are put in. */
  ask(place: Omit<Step, "claim" | "traceRoot">): Question & { readonly result: Uint8Array } {
    const step = { ...place, claim: this.claim, traceRoot: this.traceRoot };
    const writer = new ByteWriter();
    const put = (bytes: Uint8Array): Uint8Array => {
      writer.put(bytes);
      return bytes;
    };
    const block = (bytes: Uint8Array): Uint8Array => {
      writer.u16(bytes.length);
      return put(bytes);
    };
    const result = evaluateStep(step, {
      header: () => block(this.#header),
      record: () => block(this.#record),
      inputs: () => this.#inputs.map(put),
      tensor: (where) => {
        const { description, root } = this.#tensors.get(keyOf(where))!;
        return { description: put(encodeDescription(description)), root: put(root) };
      },
      path: (which, index, length) => proofOf(this.#tree(which), index).slice(0, length).map(put),
      leaf: (where, index) => {
        const leaf = this.#leaves.get(`${keyOf(where)} ${index}`);
        if (!leaf) throw new Error(`leaf ${index} of ${keyOf(where)} was not foreseen`);
        return put(leaf);
      },
      end: () => undefined,
    });
    return { step, witness: writer.bytes, result };
  }

  #tree(which: ProvenTree): HashTree {
    switch (which.tree) {
      case "records":
        return this.#records;
      case "parameters":
        return this.#parameters;
      case "calls":
        return this.#calls;
      case "call":
        return this.#lists.get(which.call)!;
      case "group":
        return this.#groups.get(keyOf(which.place))!;
      case "tensor":
        return this.#tensors.get(keyOf(which.place))!.tree;
    }
  }
}

/** A leaf of binary32 numbers between a half and two, as weights and activations are. */
function floatsNearOne(random: Random): Uint8Array {
  const leaf = new DataView(new ArrayBuffer(LEAF_BYTES));
  for (let i = 0; i < LEAF_BYTES; i += 4) leaf.setUint32(i, 0x3f000000 + (random.u32() >>> 8), true);
  return new Uint8Array(leaf.buffer);
}
