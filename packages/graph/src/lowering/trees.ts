/**
 * Ensembles of decision trees. One node walks every tree for every row: a reduction over the depth whose accumulator is the
 * place in the tree; it gives the leaf. Another sums what the leaves weigh, a sum over the trees for every row and target.
 */
import { DType, makeTensor, storeWord, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import { cast } from "./cast.ts";
import { constantValue, type TensorValue } from "../tensorValue.ts";
import { isNaN } from "./arithmetic.ts";
import { trailingSum } from "./sum.ts";
import { heldThreshold } from "./treeNumbers.ts";

/** How a node compares its feature with its threshold; a leaf compares nothing. */
export const MODES = ["LEAF", "LEQ", "LT", "GTE", "GT", "EQ", "NEQ"] as const;
export type Mode = (typeof MODES)[number];

/** A node of a forest; its children and leaf are indices. */
export interface TreeNode {
  readonly mode: Mode;
  readonly feature: number;
  /** Of any precision: what a float32 is compared with decides the same. */
  readonly threshold: number;
  /** Whether a NaN takes the true branch. */
  readonly missingTracksTrue: boolean;
  readonly whenTrue: number;
  readonly whenFalse: number;
  /** Of a leaf, its row of weights. */
  readonly leaf: number;
}

export interface Forest {
  readonly nodes: readonly TreeNode[];
  readonly roots: readonly number[];
  readonly targets: number;
  /** What each leaf adds to each target. */
  readonly weights: readonly ReadonlyMap<number, number>[];
}

export type Aggregate = "SUM" | "AVERAGE" | "MIN" | "MAX";

/** Most children indices, feature numbers and weights. */
const MOST = 2 ** 24;

/** The input of a model of rows as [rows, features], in binary32. */
export function rowsOf(node: NodeContext, x: TensorValue): TensorValue {
  const one = Dimension.constant(1);
  check(
    x.shape.length === 1 || x.shape.length === 2,
    "SHAPE_MISMATCH",
    "the input is neither a row nor a list of rows",
  );
  const shaped = x.shape.length === 2 ? x : { ...x, shape: [one, ...x.shape] };
  if (x.dtype === DType.FLOAT32) return shaped;
  return node.graph.elementwise(DType.FLOAT32, [shaped], (code, element) =>
    cast(code, x.dtype, DType.FLOAT32, element),
  );
}

/** The leaf of every tree for every row: int32 [rows, trees]. */
export function leavesOf(node: NodeContext, x: TensorValue, forest: Forest): TensorValue {
  const { nodes, roots } = forest;
  const depth = depthOf(forest);
  const features = nodes.reduce((most, own) => Math.max(most, own.mode === "LEAF" ? 0 : own.feature + 1), 0);
  const width = x.shape[1].constant;
  check(
    width === undefined || width >= features,
    "SHAPE_MISMATCH",
    `${width} features, but a tree asks for ${features}`,
  );
  check(nodes.length < MOST && features < MOST, "TOO_LARGE", `${nodes.length} nodes over ${features} features`);
  const modes = [...new Set(nodes.map(({ mode }) => mode))].filter((mode) => mode !== "LEAF");
  const missing = nodes.some(({ missingTracksTrue }) => missingTracksTrue);
  // Bits of a kind: mode below, then the missing flag, then the feature. Of the children: true above, false below; a leaf
  // has its row of weights below.
  const kinds = longs(
    nodes.map(
      ({ mode, feature, missingTracksTrue }) => MODES.indexOf(mode) + (missingTracksTrue ? 8 : 0) + 16 * feature,
    ),
  );
  const children = longs(
    nodes.map(({ mode, leaf, whenTrue, whenFalse }) => (mode === "LEAF" ? leaf : whenTrue * MOST + whenFalse)),
  );
  const thresholds = floats(nodes.map(heldThreshold));
  const starts = longs(roots);
  const low = (code: NodeCode, value: Value) => code.and(value, code.constant(MOST - 1));
  return node.graph.reduce(DType.INT32, [x.shape[0], Dimension.constant(roots.length)], {
    extent: Dimension.constant(depth),
    accumulators: [DType.INT64],
    init: (code) => [code.read(starts, code.index(1))],
    step(code, [at]) {
      const kind = code.read(kinds, at);
      const mode = code.and(kind, code.constant(7));
      const feature = code.ushr(kind, code.constant(4));
      const value = code.read(x, code.iadd(code.times(code.index(0), x.shape[1]), feature));
      let goes = comparison(code, modes, mode, value, code.read(thresholds, at));
      if (missing) {
        const tracks = code.and(code.ushr(kind, code.constant(3)), isNaN(code, value));
        goes = code.or(goes, code.and(tracks, code.constant(1)));
      }
      const pair = code.read(children, at);
      const next = code.select(goes, code.ushr(pair, code.constant(24)), low(code, pair));
      return [code.select(mode, next, at)];
    },
    final: (code, [at]) => low(code, code.read(children, at)),
  });
}

/** The comparison that a mode names; code for the modes that occur. */
function comparison(code: NodeCode, modes: readonly Mode[], mode: Value, x: Value, threshold: Value): Value {
  const apply = (name: Mode): Value => {
    switch (name) {
      case "LEAF":
        return code.constant(0);
      case "LEQ":
        return code.fle(x, threshold);
      case "LT":
        return code.flt(x, threshold);
      case "GTE":
        return code.fle(threshold, x);
      case "GT":
        return code.flt(threshold, x);
      case "EQ":
        return code.feq(x, threshold);
      case "NEQ":
        return code.lnot(code.feq(x, threshold));
    }
  };
  if (modes.length === 0) return code.constant(0);
  const [first, ...others] = modes;
  return others.reduce(
    (rest, name) => code.select(code.ieq(mode, code.constant(MODES.indexOf(name))), apply(name), rest),
    apply(first),
  );
}

/** Steps from a root to the deepest leaf. Throws BAD_ATTRIBUTE where a node leads back to itself. */
function depthOf({ nodes, roots }: Forest): number {
  const depths = new Map<number, number>();
  const open = new Set<number>();
  for (const root of roots) {
    const path = [root];
    while (path.length > 0) {
      const at = path[path.length - 1];
      const own = nodes[at];
      check(own !== undefined, "BAD_ATTRIBUTE", "a node's child does not exist");
      const children = own.mode === "LEAF" ? [] : [own.whenTrue, own.whenFalse];
      const next = children.find((child) => !depths.has(child));
      open.add(at);
      if (next !== undefined) {
        check(!open.has(next), "BAD_ATTRIBUTE", "a tree's node is among its own descendants");
        path.push(next);
        continue;
      }
      depths.set(
        at,
        children.reduce((most, child) => Math.max(most, depths.get(child)! + 1), 0),
      );
      open.delete(at);
      path.pop();
    }
  }
  return Math.max(0, ...roots.map((root) => depths.get(root)!));
}

/** What all trees give together: [rows, targets]. */
export function scoresOf(
  node: NodeContext,
  x: TensorValue,
  forest: Forest,
  aggregate: Aggregate,
  base: readonly number[],
): TensorValue {
  const { targets, roots, weights } = forest;
  check(
    base.length === 0 || base.length === targets,
    "BAD_ATTRIBUTE",
    `${base.length} base values for ${targets} targets`,
  );
  const size = weights.length * targets;
  check(size <= MOST, "TOO_LARGE", `${weights.length} leaves for ${targets} targets`);
  const leaves = leavesOf(node, x, forest);
  const trees = Dimension.constant(roots.length);
  const shape = [x.shape[0], Dimension.constant(targets)];
  const table = floats(weights.flatMap((row) => Array.from({ length: targets }, (_, i) => row.get(i) ?? 0)));
  const bases = base.some((value) => value !== 0) ? floats(base) : undefined;
  const term = (code: NodeCode, place: readonly Value[], r: Value): Value => {
    const leaf = code.read(leaves, code.iadd(code.times(place[0], trees), r));
    return code.read(table, code.iadd(code.times(leaf, targets), place[1]));
  };
  const finish = (code: NodeCode, value: Value): Value => {
    const mean = aggregate === "AVERAGE" ? code.fdiv(value, code.constantFloat(roots.length)) : value;
    return bases === undefined ? mean : code.fadd(mean, code.read(bases, code.index(1)));
  };
  if (aggregate === "SUM" || aggregate === "AVERAGE")
    return trailingSum(node.graph, { dtype: DType.FLOAT32, shape, extent: trees, term, final: finish });
  const full = weights.every((row) => row.size === targets);
  check(full, "UNSUPPORTED", `${aggregate} over leaves that do not weigh for every target`);
  const least = aggregate === "MIN";
  return node.graph.reduce(DType.FLOAT32, shape, {
    extent: trees,
    accumulators: [DType.FLOAT32],
    init: (code) => [code.constantFloat(least ? Infinity : -Infinity)],
    step(code, [best]) {
      const own = term(code, code.coordinates(), code.step());
      return [least ? code.fmin(best, own) : code.fmax(best, own)];
    },
    final: (code, [best]) => finish(code, best),
  });
}

function longs(values: readonly number[]): TensorValue {
  const tensor = makeTensor(DType.INT64, [values.length]);
  values.forEach((value, i) => storeWord(DType.INT64, BigInt(value), tensor.data, i));
  return constantValue(tensor);
}

function floats(values: readonly number[]): TensorValue {
  return constantValue(makeTensor(DType.FLOAT32, [values.length], new Uint8Array(Float32Array.from(values).buffer)));
}
