/**
 * Where a game stands in a trace: the list it descends and the path taken so far. Packed: list from bit 93, height from
 * 87, call from 64, node from 40, block below. Twin of Position.sol.
 */
import type { Layout } from "@assay/vm/layout";
import { cellOf, elementsDepth } from "@assay/vm/rowGroup";
import type { TracePart } from "@assay/vm/trace";
import { depthOf } from "@assay/vm/tree";
import { BLOCK_LOG2, callDepth } from "./layout.ts";

/**
 * What the pinned node is: a node of the list of calls, of a call's list, the commitment of a tensor, that of a row group, a
 * node of the list of its cells, a node of a tensor's tree or a cell's.
 */
export const LISTS = ["calls", "nodes", "tensor", "group", "cells", "blocks"] as const;
export type List = (typeof LISTS)[number];

export interface Position {
  readonly list: List;
  /** Levels left above the list's items, which in a tensor are blocks of leaves; of a commitment, of the tree it hides. */
  readonly height: number;
  /** Bits chosen so far; complete once the list's height is 0; 0 in lists not yet reached. */
  readonly call: number;
  readonly node: number;
  /** Of a row group's list the cell; in a cell the block, its row above the bits of the cell's blocks. */
  readonly block: number;
}

/** The position as one number. */
export function packPosition(position: Position): bigint {
  return (
    (BigInt(LISTS.indexOf(position.list)) << 93n) |
    (BigInt(position.height) << 87n) |
    (BigInt(position.call) << 64n) |
    (BigInt(position.node) << 40n) |
    BigInt(position.block)
  );
}

/** The position in a number. */
export function unpackPosition(word: bigint): Position {
  return {
    list: LISTS[Number(word >> 93n)],
    height: Number((word >> 87n) & 0x3fn),
    call: Number((word >> 64n) & 0x7fffffn),
    node: Number((word >> 40n) & 0xffffffn),
    block: Number(word & 0xffffffffffn),
  };
}

/** Whether the pinned node is a commitment, behind which a root is hidden. */
export function hidesRoot({ list }: Pick<Position, "list">): boolean {
  return list === "tensor" || list === "group";
}

/** Call, node and block alone, as one number: the name of a block of the trace. */
export function placeOf(position: Pick<Position, "call" | "node" | "block">): bigint {
  return (BigInt(position.call) << 64n) | (BigInt(position.node) << 40n) | BigInt(position.block);
}

/** A node of a trace: the tree it is in, its level above that tree's leaves, its index among the nodes of its level. */
export interface Node {
  readonly part: TracePart;
  readonly level: number;
  readonly index: number;
}

/**
 * The node that a game stands on; of a commitment, the root that it hides. `depth` is that of the tensor's tree, or of its
 * cells.
 */
export function nodeAt({ list, height, call, node, block }: Position, depth: number): Node {
  if (list === "calls") return { part: { part: "calls" }, level: height, index: call };
  if (list === "nodes") return { part: { part: "call", call }, level: height, index: node };
  if (list === "group" || list === "cells") {
    return { part: { part: "group", call, position: node }, level: height, index: block };
  }
  const level = height + Math.min(BLOCK_LOG2, depth);
  return { part: { part: "tensor", call, position: node }, level, index: block };
}

/** The item of a list that the tree of a node hangs in; undefined of the list of calls. */
export function hookOf({ part, level, index }: Node, layout: Layout): Node | undefined {
  if (part.part === "calls") return undefined;
  const { call } = part;
  if (part.part === "call") return { part: { part: "calls" }, level: 0, index: call };
  const group = part.part === "tensor" ? layout.groupOf(call, part.position) : undefined;
  if (!group) return { part: { part: "call", call }, level: 0, index: part.position };
  const { description, node, last } = group;
  const row = Math.floor(index / 2 ** (elementsDepth(description) - level));
  return { part: { part: "group", call, position: last }, level: 0, index: cellOf(description, node, row) };
}

/** Where a trace root stands: in the list of calls, or in the only call's list. */
export function topPosition(calls: number, header: Uint8Array): Position {
  const height = depthOf(calls);
  const start = { call: 0, node: 0, block: 0 };
  return height > 0
    ? { list: "calls", height, ...start }
    : { list: "nodes", height: callDepth(header, 0, 1), ...start };
}
