/**
 * Row groups in a trace. The tensors of a group of two or more nodes are computed together, row by row, and so they stand in
 * the trace: every row of every tensor, a *cell*, is a small tree over its elements, and the cells lie in one tree, row by
 * row and in a row by node, which is the order of evaluation. That tree stands in the place of the group's last node; the
 * places of the others hold none (`NO_CELLS`). Rows and nodes are padded to powers of two.
 *
 * The leaves of a tensor in a group are counted through its padded rows: those of row r begin at r · 2^depth of a cell.
 */
import { bitsOf, isDType } from "./dtype.ts";
import type { Hash } from "./hash.ts";
import { elementsPerLeaf, isGrouped, leavesOf, membersOf, widthOf, type Description } from "./tensor.ts";
import { depthOf, zeroHash } from "./tree.ts";

/** What stands for the cells in the places of a group's nodes but the last, and for a cell that no node fills. */
export const NO_CELLS: Hash = zeroHash(0);

/** Levels of the tree of cells. */
export function cellsDepth(group: Description): number {
  return depthOf(group.rows) + depthOf(membersOf(group));
}

/** Cells of a row group's list before its rows are padded, and of at least one row. */
export function cellCount(group: Description): number {
  return Math.max(1, group.rows) * 2 ** depthOf(membersOf(group));
}

/** The cell of row `row` of node `node`. */
export function cellOf(group: Description, node: number, row: number): number {
  return row * 2 ** depthOf(membersOf(group)) + (node - group.groupStart);
}

/** Node and row of a cell; beyond the group's where it is padding. */
export function placeOfCell(group: Description, cell: number): { readonly node: number; readonly row: number } {
  const width = 2 ** depthOf(membersOf(group));
  return { node: group.groupStart + (cell % width), row: Math.floor(cell / width) };
}

/** Levels of the tree over a tensor's elements, or over those of one of its rows (`widthOf`). */
export function elementsDepth(description: Description): number {
  return depthOf(leavesOf(description));
}

/** Where an element stands: the leaf, and its place in it. */
export interface ElementPlace {
  readonly leaf: number;
  readonly inLeaf: number;
}

/** Where element `element` of a tensor of known type stands. */
export function leafOfElement(description: Description, element: number): ElementPlace {
  const { dtype } = description;
  const each = isDType(dtype) ? elementsPerLeaf(dtype) : 1;
  const { row, column } = rowOf(description, element);
  return { leaf: row * 2 ** elementsDepth(description) + Math.floor(column / each), inLeaf: column % each };
}

/** The element at a place in a leaf, row-major; at or above the tensor's count where the place is padding. */
export function elementAt(description: Description, leaf: number, inLeaf: number): number {
  const { dtype, count } = description;
  const each = isDType(dtype) ? elementsPerLeaf(dtype) : 1;
  if (!isGrouped(description)) return leaf * each + inLeaf;
  const width = widthOf(description);
  const leaves = 2 ** elementsDepth(description);
  const column = (leaf % leaves) * each + inLeaf;
  return column < width ? Math.floor(leaf / leaves) * width + column : count;
}

/** Row of a tensor in a group, and the place in it; row 0 of any other. */
export function rowOf(description: Description, element: number): { readonly row: number; readonly column: number } {
  const width = widthOf(description);
  if (width === 0 || element < width) return { row: 0, column: element };
  return { row: Math.floor(element / width), column: element % width };
}

/** The bytes of row `row`; views of `data` where rows begin and end with a byte. Zeros at the end may be missing. */
export function rowBytes(data: Uint8Array, description: Description, row: number): Uint8Array {
  const { dtype } = description;
  if (!isDType(dtype)) return new Uint8Array(0);
  const bits = bitsOf(dtype) * widthOf(description);
  const start = (row * bits) / 8;
  if (bits % 8 === 0) return data.subarray(start, start + bits / 8);
  // Rows of an odd number of 4-bit elements.
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  for (let i = 0; i < bits / 4; i++) {
    const at = row * (bits / 4) + i;
    const nibble = ((data[at >> 1] ?? 0) >> (4 * (at % 2))) & 15;
    bytes[i >> 1] |= nibble << (4 * (i % 2));
  }
  return bytes;
}
