/**
 * Where a trace first goes wrong: the first element that differs from an honest trace. A trace's order is that of evaluation,
 * so all that the element is computed from is right, and the chain's verdict on it is the honest value.
 */
import { equalBytes } from "./bytes.ts";
import { bitsOf, isDType } from "./dtype.ts";
import { elementAt, placeOfCell } from "./rowGroup.ts";
import { encodeDescription } from "./tensor.ts";
import type { Trace } from "./trace.ts";
import type { HashTree } from "./tree.ts";

/** A wrong element; at or above the tensor's count it is padding. */
export interface WrongElement {
  readonly call: number;
  readonly position: number;
  readonly element: number;
}

/** The first wrong element of a trace whose tensors hash to its nodes; undefined where it is the honest trace. */
export function firstWrong(honest: Trace, shown: Trace): WrongElement | undefined {
  const { layout } = honest;
  for (let call = 0; call < layout.calls; call++) {
    const places = [honest.callTree(call), shown.callTree(call)] as const;
    if (equalRoots(...places)) continue;
    const position = firstDifferentLeaf(...places)!;
    if (hasWrongDescription(honest, shown, call, position)) return { call, position, element: 0 };
    return layout.groupOf(call, position)
      ? firstWrongInGroup(honest, shown, call, position)
      : wrongElement(honest, shown, call, position);
  }
  return undefined;
}

/** The same in the cells of a row group. */
function firstWrongInGroup(honest: Trace, shown: Trace, call: number, position: number): WrongElement | undefined {
  const { layout } = honest;
  const cell = firstDifferentLeaf(honest.groupTree(call, position), shown.groupTree(call, position));
  if (cell === undefined) return undefined;
  const { node, row } = placeOfCell(layout.description(call, position), cell);
  return wrongElement(honest, shown, call, layout.firstNode(call) + node, row);
}

/** The first element of one tensor, or of one row of it, that differs. A wrong description makes the first element wrong. */
export function wrongElement(
  honest: Trace,
  shown: Trace,
  call: number,
  position: number,
  row = 0,
): WrongElement | undefined {
  const description = honest.description(call, position);
  if (hasWrongDescription(honest, shown, call, position)) return { call, position, element: 0 };
  const leaf = firstDifferentLeaf(honest.tensorTree(call, position), shown.tensorTree(call, position), row);
  if (leaf === undefined || !isDType(description.dtype)) return undefined;
  const ours = honest.leaf(call, position, leaf);
  const theirs = shown.leaf(call, position, leaf);
  const byte = ours.findIndex((value, i) => value !== theirs[i]);
  if (byte < 0) return undefined;
  const bits = bitsOf(description.dtype);
  const inByte = bits === 4 && (ours[byte] & 15) === (theirs[byte] & 15) ? 1 : 0;
  const element = elementAt(description, leaf, Math.floor((byte * 8) / bits) + inByte);
  return { call, position, element };
}

function hasWrongDescription(honest: Trace, shown: Trace, call: number, position: number): boolean {
  const [ours, theirs] = [honest, shown].map((trace) => encodeDescription(trace.description(call, position)));
  return !equalBytes(ours, theirs);
}

function equalRoots(a: HashTree, b: HashTree): boolean {
  return equalBytes(a.node(a.depth, 0), b.node(b.depth, 0));
}

/** Index of the first leaf in which two trees of the same depth differ; `root` where there are several side by side. */
function firstDifferentLeaf(a: HashTree, b: HashTree, root = 0): number | undefined {
  if (equalBytes(a.node(a.depth, root), b.node(b.depth, root))) return undefined;
  let index = root;
  for (let level = a.depth - 1; level >= 0; level--) {
    index *= 2;
    if (equalBytes(a.node(level, index), b.node(level, index))) index++;
  }
  return index;
}
