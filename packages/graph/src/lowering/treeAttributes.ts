/** The attributes in which TreeEnsembleClassifier and TreeEnsembleRegressor describe their trees, as a forest. */
import { check } from "../errors.ts";
import type { NodeContext } from "../operator.ts";
import { roundedWeights } from "./treeNumbers.ts";
import { MODES, type Forest, type Mode, type TreeNode } from "./trees.ts";

/** A list of numbers: an attribute of floats, or one whose tensor may hold float64. */
function readFloats(node: NodeContext, name: string): number[] | undefined {
  const plain = node.attributes.floats(name, undefined);
  const wide = node.attributes.numbers(`${name}_as_tensor`);
  if (wide === undefined) return plain;
  check(plain === undefined, "BAD_ATTRIBUTE", `both ${name} and ${name}_as_tensor`);
  check(!wide.some(Number.isNaN), "NAN_WEIGHT", `${name}_as_tensor holds NaN`);
  return wide;
}

/** A list of weights; none if absent. */
export function readWeights(node: NodeContext, name: string): number[] {
  return roundedWeights(node, readFloats(node, name) ?? []);
}

/** Nodes by (tree, number) as the attributes list them; weights by `prefix` (class or target). */
export function readForest(node: NodeContext, prefix: "class" | "target", targets: number): Forest {
  const { attributes } = node;
  const trees = attributes.ints("nodes_treeids");
  const numbers = attributes.ints("nodes_nodeids");
  const features = attributes.ints("nodes_featureids");
  const thresholds = readFloats(node, "nodes_values") ?? [];
  const modes = attributes.strings("nodes_modes");
  const whenTrue = attributes.ints("nodes_truenodeids");
  const whenFalse = attributes.ints("nodes_falsenodeids");
  const missing = attributes.ints("nodes_missing_value_tracks_true", undefined) ?? [];
  readFloats(node, "nodes_hitrates");
  const count = trees.length;
  const lists = [numbers, features, thresholds, modes, whenTrue, whenFalse];
  const fits =
    count > 0 && lists.every(({ length }) => length === count) && (missing.length === 0 || missing.length === count);
  check(fits, "BAD_ATTRIBUTE", "the lists of nodes differ in length, or are empty");

  const places = new Map<string, number>();
  const key = (tree: number, number: number) => `${tree} ${number}`;
  trees.forEach((tree, i) => {
    check(!places.has(key(tree, numbers[i])), "BAD_ATTRIBUTE", `node ${numbers[i]} of tree ${tree} is given twice`);
    places.set(key(tree, numbers[i]), i);
  });
  const placeOf = (tree: number, number: number): number => {
    const place = places.get(key(tree, number));
    check(place !== undefined, "BAD_ATTRIBUTE", `tree ${tree} has no node ${number}`);
    return place;
  };

  const weights: Map<number, number>[] = [];
  const leaves = new Map<number, number>();
  const isChild = new Set<number>();
  const nodes = trees.map((tree, i): TreeNode => {
    const mode = modeOf(modes[i]);
    const inner = mode !== "LEAF";
    check(!inner || (features[i] >= 0 && Number.isSafeInteger(features[i])), "BAD_ATTRIBUTE", `feature ${features[i]}`);
    const children = inner ? [placeOf(tree, whenTrue[i]), placeOf(tree, whenFalse[i])] : [0, 0];
    if (inner) for (const child of children) isChild.add(child);
    else leaves.set(i, weights.push(new Map<number, number>()) - 1);
    return {
      mode,
      feature: inner ? features[i] : 0,
      threshold: inner ? thresholds[i] : 0,
      missingTracksTrue: inner && missing[i] === 1,
      whenTrue: children[0],
      whenFalse: children[1],
      leaf: leaves.get(i) ?? 0,
    };
  });

  const ids = attributes.ints(`${prefix}_ids`);
  const [ownTrees, ownNodes] = [attributes.ints(`${prefix}_treeids`), attributes.ints(`${prefix}_nodeids`)];
  const values = readWeights(node, `${prefix}_weights`);
  const same = [ownTrees, ownNodes, values].every(({ length }) => length === ids.length);
  check(same, "BAD_ATTRIBUTE", "the lists of weights differ in length");
  ids.forEach((id, i) => {
    check(id >= 0 && id < targets, "BAD_ATTRIBUTE", `weights for ${prefix} ${id} of ${targets}`);
    const leaf = leaves.get(placeOf(ownTrees[i], ownNodes[i]));
    check(
      leaf !== undefined,
      "BAD_ATTRIBUTE",
      `node ${ownNodes[i]} of tree ${ownTrees[i]} has a weight, but is no leaf`,
    );
    weights[leaf].set(id, Math.fround((weights[leaf].get(id) ?? 0) + values[i]));
  });

  // A tree begins at the node that is nobody's child.
  const roots = new Map<number, number>();
  trees.forEach((tree, i) => {
    if (isChild.has(i)) return;
    check(!roots.has(tree), "BAD_ATTRIBUTE", `tree ${tree} has two roots`);
    roots.set(tree, i);
  });
  check(roots.size === new Set(trees).size, "BAD_ATTRIBUTE", "a tree has no root");
  return { nodes, roots: [...roots.values()], targets, weights };
}

function modeOf(text: string): Mode {
  const name = text.replace(/^BRANCH_/, "");
  const mode = MODES.find((own) => own === name);
  check(mode !== undefined, "BAD_ATTRIBUTE", `a node's mode is ${JSON.stringify(text)}`);
  return mode;
}
