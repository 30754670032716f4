/**
 * In which WebAssembly type each node of a graph is kept. Index arithmetic mostly fits 32 bits, and where only the low 32
 * bits of a word are ever looked at (a float's pattern, an integer about to be wrapped) 32 bits are enough too.
 */
import { OPCODE } from "@assay/vm/opcodes";
import { CONST, type Node } from "./graph.ts";

/**
 * - `float`: an f32;
 * - `signed`, `unsigned`: an i32 whose word is that integer, extended;
 * - `low`: an i32 that holds the low half of a word whose high half nobody needs;
 * - `wide`: an i64.
 */
export type Representation = "float" | "signed" | "unsigned" | "low" | "wide";

const MIN32 = -(2 ** 31);
const MAX32 = 2 ** 31 - 1;
const MAXU32 = 2 ** 32 - 1;

/** Instructions whose low half of the result depends on the low halves of their operands alone. */
export const RING = new Set<number>([
  ...[OPCODE.iadd, OPCODE.isub, OPCODE.imul, OPCODE.ineg, OPCODE.not, OPCODE.and, OPCODE.or, OPCODE.xor],
]);

const READS_LOW = new Set<number>([
  ...[OPCODE.fadd, OPCODE.fsub, OPCODE.fmul, OPCODE.fdiv, OPCODE.ffma, OPCODE.fsqrt, OPCODE.fmin, OPCODE.fmax],
  ...[OPCODE.fneg, OPCODE.fabs, OPCODE.ffloor, OPCODE.fceil, OPCODE.ftrunc, OPCODE.frint, OPCODE.fcanon],
  ...[OPCODE.feq, OPCODE.flt, OPCODE.fle, OPCODE.pair, OPCODE.htof, OPCODE.ftoh, OPCODE.btof, OPCODE.ftob],
  ...[OPCODE.wrapi8, OPCODE.wrapi16, OPCODE.wrapi32, OPCODE.wrapu8, OPCODE.wrapu16, OPCODE.wrapu32],
  ...Object.values(OPCODE).filter((op) => op >= OPCODE.ftoi8 && op <= OPCODE.ftou64),
]);

/** Whether a left shift is by a constant below 32, so that the low half stays a matter of the low half. */
export const isShortShift = (node: Node): boolean =>
  node.op === OPCODE.shl && node.args[1].op === CONST && node.args[1].low >= 0 && node.args[1].high < 32;

/** The integer representation that the bounds allow. */
export function byBounds({ low, high }: Node): "signed" | "unsigned" | "wide" {
  if (low >= MIN32 && high <= MAX32) return "signed";
  return low >= 0 && high <= MAXU32 ? "unsigned" : "wide";
}

/**
 * Representations of everything that `roots` need. A root of which all 64 bits are wanted stands in `whole`.
 */
export function representations(roots: readonly Node[], whole: ReadonlySet<Node>): Map<Node, Representation> {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    node.args.forEach(visit);
    order.push(node);
  };
  roots.forEach(visit);
  const needsWhole = new Set<Node>(whole);
  const result = new Map<Node, Representation>();
  for (const node of order.reverse()) {
    const representation = represent(node, needsWhole.has(node));
    result.set(node, representation);
    node.args.forEach((arg, k) => {
      if (readsWhole(node, k, representation)) needsWhole.add(arg);
    });
  }
  return result;
}

function represent(node: Node, whole: boolean): Representation {
  if (node.float) return "float";
  const bounded = byBounds(node);
  if (bounded !== "wide" || whole) return bounded;
  const low = RING.has(node.op) || node.op === OPCODE.select || isShortShift(node) || node.op === OPCODE.pair;
  return low ? "low" : "wide";
}

/** Whether the instruction looks at more than the low half of operand k. */
function readsWhole(node: Node, k: number, representation: Representation): boolean {
  if (READS_LOW.has(node.op)) return false;
  const narrow = representation !== "wide";
  if (RING.has(node.op) && narrow) return false;
  if (node.op === OPCODE.select && k > 0 && narrow) return false;
  if (isShortShift(node) && k === 0 && narrow) return false;
  return true;
}
