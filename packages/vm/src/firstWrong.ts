/**
 * Where a trace first goes wrong: the first element, in the order in which elements are computed, that differs from an
 * honest trace. All that it is computed from is right, so the chain's verdict on it is the honest value. In a row group
 * that is not the first in order of position: a tensor may be wrong because a later one of its group was wrong a row
 * earlier.
 */
import { equalBytes } from "./bytes.ts";
import { bitsOf, isDType } from "./dtype.ts";
import { evaluationOrder } from "./interpreter.ts";
import { elementsPerLeaf, encodeDescription } from "./tensor.ts";
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
    if (equalRoots(honest.callTree(call), shown.callTree(call))) continue;
    const first = layout.firstNode(call);
    const flag = first > 0 ? wrongElement(honest, shown, call, 0) : undefined;
    if (flag) return flag;
    for (const { nodes } of evaluationOrder(layout, call)) {
      const wrong = nodes.flatMap(({ node, geometry }) => {
        const found = wrongElement(honest, shown, call, first + node);
        const { count, rows } = geometry.description;
        // Padding depends on nothing.
        return found ? [{ found, row: found.element < count ? Math.floor(found.element / (count / rows)) : -1 }] : [];
      });
      wrong.sort((a, b) => a.row - b.row || a.found.position - b.found.position);
      if (wrong.length > 0) return wrong[0].found;
    }
  }
  return undefined;
}

/** The first element of one tensor that differs. A wrong description makes the first element wrong. */
export function wrongElement(honest: Trace, shown: Trace, call: number, position: number): WrongElement | undefined {
  const description = honest.description(call, position);
  if (!equalBytes(encodeDescription(description), encodeDescription(shown.description(call, position)))) {
    return { call, position, element: 0 };
  }
  const leaf = firstDifferentLeaf(honest.tensorTree(call, position), shown.tensorTree(call, position));
  if (leaf === undefined || !isDType(description.dtype)) return undefined;
  const ours = honest.leaf(call, position, leaf);
  const theirs = shown.leaf(call, position, leaf);
  const byte = ours.findIndex((value, i) => value !== theirs[i]);
  if (byte < 0) return undefined;
  const bits = bitsOf(description.dtype);
  const inByte = bits === 4 && (ours[byte] & 15) === (theirs[byte] & 15) ? 1 : 0;
  const element = leaf * elementsPerLeaf(description.dtype) + Math.floor((byte * 8) / bits) + inByte;
  return { call, position, element };
}

function equalRoots(a: HashTree, b: HashTree): boolean {
  return equalBytes(a.node(a.depth, 0), b.node(b.depth, 0));
}

/** Index of the first leaf in which two trees of the same depth differ. */
function firstDifferentLeaf(a: HashTree, b: HashTree): number | undefined {
  if (equalRoots(a, b)) return undefined;
  let index = 0;
  for (let level = a.depth - 1; level >= 0; level--) {
    index *= 2;
    if (equalBytes(a.node(level, index), b.node(level, index))) index++;
  }
  return index;
}
