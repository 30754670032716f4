/** What a dimension is a polynomial of: symbols, the call number, and operations on dimensions; and bounds of their values. */
import { shape, type Bounds, type ShapeExpression } from "@assay/vm";
import type { Dimension } from "./dimension.ts";

export type Operation = "div" | "ceilDiv" | "rem" | "min" | "max";

export type Atom =
  | { readonly kind: "symbol"; readonly index: number; readonly bounds: Bounds }
  | { readonly kind: "call" }
  | { readonly kind: Operation; readonly left: Dimension; readonly right: Dimension };

export type Leaf = Extract<Atom, { readonly kind: "symbol" | "call" }>;

export interface Term {
  readonly coefficient: number;
  /** Factors in the order of their keys; none for the constant term. */
  readonly atoms: readonly Atom[];
}

export function formatTerm(coefficient: number, atoms: string): string {
  if (atoms === "") return String(coefficient);
  return coefficient === 1 ? atoms : `${coefficient}*${atoms}`;
}

export function keyOf(atom: Atom): string {
  if (atom.kind === "symbol") return `s${atom.index}`;
  if (atom.kind === "call") return "call";
  return `${atom.kind}(${atom.left.key},${atom.right.key})`;
}

export function usesCall(atom: Atom): boolean {
  if (atom.kind === "call") return true;
  return "left" in atom && (atom.left.usesCall || atom.right.usesCall);
}

export function growsWithCall(atom: Atom): boolean {
  if (!("left" in atom)) return true;
  if (!atom.left.growsWithCall) return false;
  return atom.kind === "min" || atom.kind === "max" ? atom.right.growsWithCall : !atom.right.usesCall;
}

function rangeOf(atom: Atom): Bounds {
  if (atom.kind === "symbol") return atom.bounds;
  if (atom.kind === "call") return { least: 1, greatest: Infinity };
  const { left, right } = atom;
  if (atom.kind === "min" || atom.kind === "max") {
    const pick = Math[atom.kind];
    return { least: pick(left.least, right.least), greatest: pick(left.greatest, right.greatest) };
  }
  if (left.least < 0 || right.least < 0) return { least: -Infinity, greatest: Infinity };
  if (atom.kind === "rem") return { least: 0, greatest: Math.min(left.greatest, Math.max(0, right.greatest - 1)) };
  const round = atom.kind === "div" ? Math.floor : Math.ceil;
  const least = right.greatest === Infinity ? 0 : round(left.least / Math.max(1, right.greatest));
  // A divisor that may be 0 gives 0.
  return { least: right.least === 0 ? 0 : least, greatest: round(left.greatest / Math.max(1, right.least)) };
}

export function rangeOfTerm({ coefficient, atoms }: Term): Bounds {
  const product = atoms.map(rangeOf).reduce(productOf, { least: 1, greatest: 1 });
  return productOf(product, { least: coefficient, greatest: coefficient });
}

function productOf(a: Bounds, b: Bounds): Bounds {
  const ends = [a.least, a.greatest].flatMap((x) => [b.least, b.greatest].map((y) => (x === 0 || y === 0 ? 0 : x * y)));
  return { least: Math.min(...ends), greatest: Math.max(...ends) };
}

export function sumOf(ranges: readonly Bounds[]): Bounds {
  return ranges.reduce((a, b) => ({ least: a.least + b.least, greatest: a.greatest + b.greatest }), {
    least: 0,
    greatest: 0,
  });
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export function expressionOf(atom: Atom): ShapeExpression {
  if (atom.kind === "symbol") return shape.symbol(atom.index);
  if (atom.kind === "call") return shape.call;
  return shape[atom.kind](atom.left.toExpression(), atom.right.toExpression());
}
