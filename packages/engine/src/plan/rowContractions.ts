/**
 * Contractions inside row groups, as recurrences have them: in every row sums of products of a factor that the row decides
 * and weights that are the same in all. The first factor is computed by a kernel of its own, a member of the group before the
 * node, so that it may be anything; the weights are packed once.
 */
import { DType, type NodeRecord, type Request } from "@assay/vm";
import { MAX_RANK } from "@assay/vm/record";
import { fixed, GraphBuilder, OUTER } from "../codegen/graph.ts";
import { KIND } from "../contraction.ts";
import { computedFactor, type ComputedFactor } from "./computedFactor.ts";
import { sharesOutput } from "./kernels.ts";
import type { LinearMemory } from "./memory.ts";
import type { PlannedGroup, PlannedList, PlannedNode } from "./nodes.ts";
import { operandPlans, type Surroundings } from "./operands.ts";
import {
  coordinatesOf,
  factorOf,
  LEAST_PRODUCTS,
  productOf,
  space,
  tables,
  type MatchedContraction,
  type Product,
} from "./recognise.ts";

/**
 * Most bytes of the tensor of a factor that is larger than the node's own: it holds the elements of all rows, which else would
 * nowhere be kept, and of a long depth over many rows they would not fit.
 */
const MOST_FACTOR_BYTES = 2 ** 26;

/** A node of a row group as a contraction in each of its rows. */
export interface RowContraction {
  /** That of one row; its rows are operand `operands.length` of the node, which `factor` computes. */
  readonly match: MatchedContraction;
  readonly factor: PlannedNode;
}

/** The row contractions of a list, by node, and the list's groups with the factors in them. */
export interface RowContractions {
  readonly found: ReadonlyMap<PlannedNode, RowContraction>;
  readonly groups: readonly PlannedGroup[];
}

/** Looks for contractions in a list's row groups; their factors are given places in the memory. */
export function rowContractions(
  list: PlannedList,
  surroundings: Surroundings,
  request: Request,
  memory: LinearMemory,
): RowContractions {
  const found = new Map<PlannedNode, RowContraction>();
  const groups = list.groups.map((group): PlannedGroup => {
    if (!group.rowByRow) return group;
    const nodes = group.nodes.flatMap((node) => {
      const one = recogniseRows(node, surroundings, request, memory);
      if (one === undefined) return [node];
      found.set(node, one);
      return [one.factor, node];
    });
    return { ...group, nodes };
  });
  return { found, groups };
}

function recogniseRows(
  node: PlannedNode,
  surroundings: Surroundings,
  { symbols, calls }: Request,
  memory: LinearMemory,
): RowContraction | undefined {
  const { record, dimensions, count, extent } = node;
  if (record?.kind !== "reduce" || !sharesOutput(node) || dimensions.length < 2 || dimensions.length >= MAX_RANK) {
    return undefined;
  }
  if (!dimensions.every(({ constant }) => constant !== undefined)) return undefined;
  const sizes = dimensions.map(({ constant }) => constant!);
  const depth = extent.constant ?? 0;
  if (count.most === 0 || (count.most / sizes[0]) * depth < LEAST_PRODUCTS) return undefined;
  const operands = operandPlans(node, surroundings);
  const { constants, accumulators } = record;
  const graph = new GraphBuilder({
    ...{ dimensions, count, extent, operands, constants, accumulators, symbols, calls },
    rank: sizes.length,
    inner: sizes.length,
  });
  const product = productOf(graph, record);
  if (product?.kind !== KIND.FLOAT32) return undefined;
  const places = { node, record, sizes, depth, graph, product };
  const shape = shapeOf(places, 0) ?? shapeOf(places, 1);
  if (shape === undefined || shape.bytes > Math.max(MOST_FACTOR_BYTES, node.bytes)) return undefined;
  const factor = computedFactor(record, graph, shape.rowFactor, sizes, depth, (d) => !shape.columnDims.includes(d));
  if (factor === undefined) return undefined;
  return { match: shape.match, factor: factorNode(node, factor, memory) };
}

interface Places {
  readonly node: PlannedNode;
  readonly record: NodeRecord;
  readonly sizes: readonly number[];
  readonly depth: number;
  readonly graph: GraphBuilder;
  readonly product: Product;
}

/** The contraction of one row if factor `which` of the product is the weights, the other what the row decides. */
function shapeOf({ record, sizes, depth, graph, product }: Places, which: 0 | 1) {
  const rowFactor = product.factors[1 - which];
  const weights = factorOf(graph, product.factors[which], product.kind);
  const plan = weights && graph.scope.operands[weights.slot];
  if (weights === undefined || plan?.kind !== "tensor" || plan.parameter === undefined) return undefined;
  if (weights.guards.length > 0) return undefined;
  const ofRows = (d: number): boolean => (rowFactor.depends & OUTER & (1 << d)) !== 0;
  const ofColumns = (d: number): boolean => (coordinatesOf(weights) & (1 << d)) !== 0;
  const real = sizes.flatMap((size, d) => (d === 0 || size === 1 ? [] : [d]));
  const columnDims: number[] = [];
  for (const d of [...real].reverse()) {
    if (!ofColumns(d) || ofRows(d)) break;
    columnDims.unshift(d);
  }
  const rowDims = real.filter((d) => !columnDims.includes(d));
  if (columnDims.length === 0 || ofColumns(0) || rowDims.some(ofColumns)) return undefined;
  const columns = space(sizes, columnDims);
  const columnFactor = tables(weights, space(sizes, []), columns, depth);
  if (columnFactor === undefined) return undefined;
  const rows = space(sizes, rowDims).count;
  const steps = (length: number, step: number) => Int32Array.from({ length }, (_, i) => i * step);
  const match: MatchedContraction = {
    kind: product.kind,
    depth,
    rows,
    columns: columns.count,
    batches: 1,
    blocked: product.blocked,
    outBatch: Int32Array.of(0),
    outRow: steps(rows, columns.count),
    rowFactor: {
      slot: record.operands.length,
      dtype: DType.FLOAT32,
      batch: Int32Array.of(0),
      lane: steps(rows, depth),
      depth: steps(depth, 1),
      guards: [],
      zero: undefined,
    },
    columnFactor,
  };
  const bytes = 4 * sizes[0] * rows * depth;
  return { match, rowFactor, bytes, columnDims };
}

/** The member of the group that computes a factor. */
function factorNode(node: PlannedNode, { record, sizes }: ComputedFactor, memory: LinearMemory): PlannedNode {
  const count = sizes.reduce((product, size) => product * size, 1);
  const { list, index, rows, group } = node;
  return {
    ...{ list, index, record, rows, group },
    name: `${node.name}Factor`,
    dtype: DType.FLOAT32,
    dimensions: sizes.map(fixed),
    count: fixed(count),
    extent: fixed(0),
    bytes: 4 * count,
    address: fixed(memory.take(4 * count + 64)),
  };
}
