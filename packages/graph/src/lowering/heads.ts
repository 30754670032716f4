/**
 * Queries, keys and values as attention reads them: by batch, head, position and column, however the heads lie in memory.
 */
import type { DType, Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import { constantSize, type NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { concatenated } from "./concatenated.ts";

export interface Heads {
  readonly dtype: DType;
  readonly batch: Dimension;
  readonly heads: number;
  readonly positions: Dimension;
  /** Columns of a head. */
  readonly size: Dimension;
  read(code: NodeCode, batch: Value, head: Value, position: Value, column: Value): Value;
}

/** [batch, heads, positions, size]. */
export function byHead(node: NodeContext, tensor: TensorValue, what: string): Heads {
  node.rank(tensor, 4, what);
  const [batch, heads, positions, size] = tensor.shape;
  return {
    dtype: tensor.dtype,
    batch,
    heads: constantSize(heads, `the number of heads of ${what}`),
    positions,
    size,
    read: (code, ...place) => code.read(tensor, code.linearIndex(tensor.shape, place)),
  };
}

/** [batch, positions, heads · size], or with more columns, of which those from `offset` on are read. */
export function byPosition(
  node: NodeContext,
  tensor: TensorValue,
  heads: number,
  what: string,
  columns = tensor.shape[2],
  offset: Dimension | number = 0,
): Heads {
  node.rank(tensor, 3, what);
  check(Number.isInteger(heads) && heads >= 1, "BAD_ATTRIBUTE", `${what} has ${heads} heads`);
  node.equalSizes(columns.rem(heads), 0, `columns of ${what} in ${heads} heads`);
  const [batch, positions] = tensor.shape;
  const size = columns.div(heads);
  return {
    dtype: tensor.dtype,
    batch,
    heads,
    positions,
    size,
    read(code, b, h, p, column) {
      const within = code.plus(code.iadd(code.times(h, size), column), offset);
      return code.read(tensor, code.linearIndex(tensor.shape, [b, p, within]));
    },
  };
}

/** The heads as a tensor [batch, heads, positions, size]. */
export function heads4(graph: Graph, value: Heads): TensorValue {
  const shape = [value.batch, Dimension.constant(value.heads), value.positions, value.size];
  return graph.map(value.dtype, shape, (code) => {
    const [b, h, p, column] = code.coordinates();
    return value.read(code, b, h, p, column);
  });
}

/** Past heads [batch, heads, positions, size] and those of this call as one, and as a tensor where that is needed. */
export function appended(
  node: NodeContext,
  current: Heads,
  past: TensorValue | undefined,
  needed: boolean,
): [Heads, TensorValue | undefined] {
  if (past === undefined) return [current, needed ? heads4(node.graph, current) : undefined];
  const now = heads4(node.graph, current);
  node.rank(past, 4, "a past");
  [0, 1, 3].forEach((axis) => node.equalSizes(past.shape[axis], now.shape[axis], `axis ${axis} of a past`));
  const present = concatenated(node.graph, 2, [past, now]);
  return [byHead(node, present, "a present"), present];
}

/** The heads plus a bias of one value per head and column: element head · size + column of `bias`, from `offset` on. */
export function plusBias(heads: Heads, bias: TensorValue | undefined, offset: Dimension | number): Heads {
  if (bias === undefined) return heads;
  return {
    ...heads,
    read(code, b, h, p, column) {
      const at = code.plus(code.iadd(code.times(h, heads.size), column), offset);
      return code.fadd(heads.read(code, b, h, p, column), code.read(bias, at));
    },
  };
}
