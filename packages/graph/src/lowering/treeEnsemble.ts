/** The attributes in which TreeEnsemble (operator set 5) describes its trees, as a forest. */
import { wordsOf } from "@assay/vm";
import { check } from "../errors.ts";
import type { NodeContext } from "../operator.ts";
import { roundedWeights } from "./treeNumbers.ts";
import type { Forest, Mode, TreeNode } from "./trees.ts";

/** Modes by number; a membership is a chain of equalities. */
const NUMBERED: readonly (Mode | "MEMBER")[] = ["LEQ", "LT", "GTE", "GT", "EQ", "NEQ", "MEMBER"];

/** Reads the forest. Throws `GraphError`. */
export function readEnsemble(node: NodeContext, targets: number): Forest {
  const { attributes } = node;
  const features = attributes.ints("nodes_featureids");
  const splits = attributes.numbers("nodes_splits") ?? [];
  const modes = wordsOf(attributes.tensor("nodes_modes")).map(Number);
  const branches = (["true", "false"] as const).map((name) => ({
    ids: attributes.ints(`nodes_${name}nodeids`),
    leafs: attributes.ints(`nodes_${name}leafs`),
  }));
  const missing = attributes.ints("nodes_missing_value_tracks_true", undefined) ?? [];
  const roots = attributes.ints("tree_roots");
  attributes.numbers("nodes_hitrates");
  const leafTargets = attributes.ints("leaf_targetids");
  const leafWeights = roundedWeights(node, attributes.numbers("leaf_weights") ?? []);
  const members = membersOf(attributes.numbers("membership_values") ?? []);
  const count = features.length;
  const lists = [splits, modes, ...branches.flatMap(({ ids, leafs }) => [ids, leafs])];
  const fits = lists.every(({ length }) => length === count) && (missing.length === 0 || missing.length === count);
  check(fits, "BAD_ATTRIBUTE", "the lists of nodes differ in length");
  check(
    leafTargets.length === leafWeights.length && leafTargets.length > 0,
    "BAD_ATTRIBUTE",
    "the lists of leaves differ in length, or are empty",
  );

  // Nodes in order, then leaves; a membership of n values is n nodes, the last n - 1 behind the leaves.
  const leafStart = count;
  const extra: TreeNode[] = [];
  const target = (branch: (typeof branches)[number], i: number): number => {
    const [id, isLeaf] = [branch.ids[i], branch.leafs[i] === 1];
    check(id >= 0 && id < (isLeaf ? leafTargets.length : count), "BAD_ATTRIBUTE", `a node's child is ${id}`);
    return isLeaf ? leafStart + id : id;
  };
  const inner = features.map((feature, i): TreeNode => {
    const mode = NUMBERED[modes[i]];
    check(mode !== undefined, "BAD_ATTRIBUTE", `a node's mode is ${modes[i]}`);
    check(feature >= 0 && Number.isSafeInteger(feature), "BAD_ATTRIBUTE", `feature ${feature}`);
    const whenTrue = target(branches[0], i);
    const whenFalse = target(branches[1], i);
    const common = { feature, missingTracksTrue: missing[i] === 1, whenTrue, leaf: 0 };
    if (mode !== "MEMBER") return { ...common, mode, threshold: splits[i], whenFalse };
    const values = members.next(i);
    const place = (k: number) => leafStart + leafTargets.length + extra.length + k;
    const chain = values.map((threshold, k): TreeNode => ({
      ...common,
      mode: "EQ",
      threshold,
      whenFalse: k === values.length - 1 ? whenFalse : place(k),
    }));
    extra.push(...chain.slice(1));
    return chain[0];
  });
  const leaves = leafTargets.map((id, leaf): TreeNode => {
    check(id >= 0 && id < targets, "BAD_ATTRIBUTE", `a leaf's target is ${id} of ${targets}`);
    return { mode: "LEAF", feature: 0, threshold: 0, missingTracksTrue: false, whenTrue: 0, whenFalse: 0, leaf };
  });
  roots.forEach((root) => check(root >= 0 && root < count, "BAD_ATTRIBUTE", `a root is ${root}`));
  check(roots.length > 0, "BAD_ATTRIBUTE", "no trees");
  const weights = leafTargets.map((id, leaf) => new Map([[id, leafWeights[leaf]]]));
  return { nodes: [...inner, ...leaves, ...extra], roots, targets, weights };
}

/** The sets of membership nodes, one after the other in order of the nodes, a NaN between them. */
function membersOf(values: readonly number[]): { next(node: number): readonly number[] } {
  const sets: number[][] = [[]];
  for (const value of values) {
    if (Number.isNaN(value)) sets.push([]);
    else sets[sets.length - 1].push(value);
  }
  let used = 0;
  return {
    next(node) {
      const set = sets[used++] ?? [];
      check(set.length > 0, "BAD_ATTRIBUTE", `node ${node} has no membership values`);
      return set;
    },
  };
}
