/**
 * A size known only up to the request's symbols and the call number: a polynomial with integer coefficients over atoms,
 * so that equal sizes written differently are equal. Atoms are symbols, the call number, and quotients, remainders,
 * minima and maxima of dimensions.
 */
import { shape, type ShapeExpression } from "@assay/vm";
import { check } from "./errors.ts";

/** Greatest coefficient: sums and products of two are exact or refused. */
const MAX_COEFFICIENT = Number.MAX_SAFE_INTEGER;
/** Longest text of a dimension: hostile shape arithmetic would double it with every node. */
const MAX_KEY = 512;

type Operation = "div" | "ceilDiv" | "rem" | "min" | "max";

type Atom =
  | { readonly kind: "symbol"; readonly index: number }
  | { readonly kind: "call" }
  | { readonly kind: Operation; readonly left: Dimension; readonly right: Dimension };

interface Term {
  readonly coefficient: number;
  /** Factors in the order of their keys; none for the constant term. */
  readonly atoms: readonly Atom[];
}

export class Dimension {
  /** Terms by the key of their atoms; no coefficient is 0. */
  readonly #terms: ReadonlyMap<string, Term>;
  /** A text that equal dimensions share. */
  readonly key: string;

  private constructor(terms: ReadonlyMap<string, Term>) {
    const sorted = [...terms].filter(([, term]) => term.coefficient !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
    this.#terms = new Map(sorted);
    this.key = sorted.map(([key, { coefficient }]) => formatTerm(coefficient, key)).join("+") || "0";
    const exact = sorted.every(([, { coefficient }]) => Math.abs(coefficient) <= MAX_COEFFICIENT);
    check(exact && this.key.length <= MAX_KEY, "TOO_LARGE", "shape arithmetic goes beyond what a program can hold");
  }

  static constant(value: number): Dimension {
    return new Dimension(new Map([["", { coefficient: value, atoms: [] }]]));
  }

  static symbol(index: number): Dimension {
    return ofAtom({ kind: "symbol", index });
  }

  /** The number of the call being computed. */
  static call(): Dimension {
    return ofAtom({ kind: "call" });
  }

  static of(value: Dimension | number): Dimension {
    return typeof value === "number" ? Dimension.constant(value) : value;
  }

  /** @internal */
  static fromTerms(terms: ReadonlyMap<string, Term>): Dimension {
    return new Dimension(terms);
  }

  /** The value, where it depends on nothing. */
  get constant(): number | undefined {
    if (this.#terms.size === 0) return 0;
    if (this.#terms.size > 1) return undefined;
    return this.#terms.get("")?.coefficient;
  }

  equals(other: Dimension | number): boolean {
    return this.key === Dimension.of(other).key;
  }

  add(other: Dimension | number): Dimension {
    const terms = new Map(this.#terms);
    for (const [key, term] of Dimension.of(other).#terms) {
      terms.set(key, { ...term, coefficient: (terms.get(key)?.coefficient ?? 0) + term.coefficient });
    }
    return new Dimension(terms);
  }

  sub(other: Dimension | number): Dimension {
    return this.add(Dimension.of(other).mul(-1));
  }

  mul(other: Dimension | number): Dimension {
    const terms = new Map<string, Term>();
    const right = Dimension.of(other);
    for (const a of this.#terms.values()) {
      for (const b of right.#terms.values()) {
        const atoms = [...a.atoms, ...b.atoms].sort((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1));
        const key = atoms.map(keyOf).join("*");
        const coefficient = (terms.get(key)?.coefficient ?? 0) + a.coefficient * b.coefficient;
        terms.set(key, { coefficient, atoms });
      }
    }
    return new Dimension(terms);
  }

  /** Rounded down; exact quotients by a single term cancel. By 0 gives 0. */
  div(other: Dimension | number): Dimension {
    const right = Dimension.of(other);
    return this.#dividedExactly(right) ?? this.#operation("div", right, (a, b) => (b === 0 ? 0 : Math.floor(a / b)));
  }

  /** Rounded up. By 0 gives 0. */
  ceilDiv(other: Dimension | number): Dimension {
    const right = Dimension.of(other);
    return this.#dividedExactly(right) ?? this.#operation("ceilDiv", right, (a, b) => (b === 0 ? 0 : Math.ceil(a / b)));
  }

  rem(other: Dimension | number): Dimension {
    const right = Dimension.of(other);
    if (this.#dividedExactly(right) !== undefined) return Dimension.constant(0);
    return this.#operation("rem", right, (a, b) => (b === 0 ? 0 : ((a % b) + b) % b));
  }

  /** The lesser; one of the two where it can be seen which. */
  min(other: Dimension | number): Dimension {
    const right = Dimension.of(other);
    if (right.sub(this).least >= 0) return this;
    return this.sub(right).least >= 0 ? right : this.#operation("min", right, Math.min);
  }

  /** The greater; one of the two where it can be seen which. */
  max(other: Dimension | number): Dimension {
    const right = Dimension.of(other);
    if (this.sub(right).least >= 0) return this;
    return right.sub(this).least >= 0 ? right : this.#operation("max", right, Math.max);
  }

  /** Whether the dimension depends on the call number. */
  get usesCall(): boolean {
    return [...this.#terms.values()].some(({ atoms }) => atoms.some(usesCall));
  }

  /** Whether a later call never makes the value less, as far as can be seen. */
  get growsWithCall(): boolean {
    return [...this.#terms.values()].every(({ coefficient, atoms }) => {
      if (!atoms.some(usesCall)) return true;
      return coefficient > 0 && atoms.every(growsWithCall);
    });
  }

  /** A value that this is never below: symbols are 0 or more, and where the call number counts it is 1 or more. */
  get least(): number {
    let sum = 0;
    for (const { coefficient, atoms } of this.#terms.values()) {
      if (atoms.length > 0 && (coefficient < 0 || atoms.some((atom) => leastOf(atom) < 0))) return -Infinity;
      sum += atoms.reduce((product, atom) => product * leastOf(atom), coefficient);
    }
    return sum;
  }

  /** Greatest value, given the greatest of each symbol and of the call number (an upper bound, not always reached). */
  greatest(symbols: readonly number[], call: number): number {
    let sum = 0;
    for (const { coefficient, atoms } of this.#terms.values()) {
      if (coefficient < 0) continue;
      sum += atoms.reduce((product, atom) => product * greatestOf(atom, symbols, call), coefficient);
    }
    return sum;
  }

  /** The same value with the call number replaced. */
  atCall(call: Dimension): Dimension {
    let sum = Dimension.constant(0);
    for (const { coefficient, atoms } of this.#terms.values()) {
      const product = atoms.reduce((factor, atom) => factor.mul(atCall(atom, call)), Dimension.constant(coefficient));
      sum = sum.add(product);
    }
    return sum;
  }

  /** As a shape expression; negative terms are subtracted from the others, and the result is not below 0. */
  toExpression(): ShapeExpression {
    let positive: ShapeExpression | undefined;
    let negative: ShapeExpression | undefined;
    for (const { coefficient, atoms } of this.#terms.values()) {
      let product: ShapeExpression = shape.constant(Math.abs(coefficient));
      for (const atom of atoms) product = shape.mul(expressionOf(atom), product);
      if (coefficient > 0) positive = positive === undefined ? product : shape.add(product, positive);
      else negative = negative === undefined ? product : shape.add(product, negative);
    }
    const sum = positive ?? shape.constant(0);
    return negative === undefined ? sum : shape.sub(sum, negative);
  }

  toString(): string {
    return this.key;
  }

  #operation(kind: Operation, right: Dimension, compute: (a: number, b: number) => number): Dimension {
    const [a, b] = [this.constant, right.constant];
    if (a !== undefined && b !== undefined) return Dimension.constant(compute(a, b));
    if ((kind === "min" || kind === "max") && this.equals(right)) return this;
    return ofAtom({ kind, left: this, right });
  }

  /** The quotient where a single term divides every term of this one, or this is a multiple; undefined elsewhere. */
  #dividedExactly(divisor: Dimension): Dimension | undefined {
    const [by, ...others] = divisor.#terms.values();
    if (by === undefined) return undefined;
    if (others.length > 0) {
      // A multiple by a single term is one that a term of this one gives when divided by the divisor's first.
      const quotients = [...this.#terms].map(([key, term]) =>
        new Dimension(new Map([[key, term]])).#dividedExactly(
          new Dimension(new Map([[by.atoms.map(keyOf).join("*"), by]])),
        ),
      );
      return quotients.find((quotient) => quotient !== undefined && quotient.mul(divisor).equals(this));
    }
    const terms = new Map<string, Term>();
    for (const { coefficient, atoms } of this.#terms.values()) {
      if (coefficient % by.coefficient !== 0) return undefined;
      const left = [...atoms];
      for (const factor of by.atoms) {
        const place = left.findIndex((atom) => keyOf(atom) === keyOf(factor));
        if (place < 0) return undefined;
        left.splice(place, 1);
      }
      terms.set(left.map(keyOf).join("*"), { coefficient: coefficient / by.coefficient, atoms: left });
    }
    return new Dimension(terms);
  }
}

function formatTerm(coefficient: number, atoms: string): string {
  if (atoms === "") return String(coefficient);
  return coefficient === 1 ? atoms : `${coefficient}*${atoms}`;
}

function ofAtom(atom: Atom): Dimension {
  return Dimension.fromTerms(new Map([[keyOf(atom), { coefficient: 1, atoms: [atom] }]]));
}

function keyOf(atom: Atom): string {
  if (atom.kind === "symbol") return `s${atom.index}`;
  if (atom.kind === "call") return "call";
  return `${atom.kind}(${atom.left.key},${atom.right.key})`;
}

function usesCall(atom: Atom): boolean {
  if (atom.kind === "call") return true;
  return "left" in atom && (atom.left.usesCall || atom.right.usesCall);
}

function growsWithCall(atom: Atom): boolean {
  if (!("left" in atom)) return true;
  if (!atom.left.growsWithCall) return false;
  return atom.kind === "min" || atom.kind === "max" ? atom.right.growsWithCall : !atom.right.usesCall;
}

/** A value that an atom is never below; -∞ if it may be negative. */
function leastOf(atom: Atom): number {
  if (atom.kind === "symbol") return 0;
  if (atom.kind === "call") return 1;
  const [left, right] = [atom.left.least, atom.right.least];
  if (atom.kind === "max") return Math.max(left, right);
  if (atom.kind === "min") return Math.min(left, right);
  return left >= 0 && right >= 0 ? 0 : -Infinity;
}

function greatestOf(atom: Atom, symbols: readonly number[], call: number): number {
  if (atom.kind === "symbol") return symbols[atom.index] ?? 0;
  if (atom.kind === "call") return call;
  const left = atom.left.greatest(symbols, call);
  if (atom.kind === "div") return Math.floor(left / (atom.right.constant ?? 1));
  if (atom.kind === "ceilDiv") return Math.ceil(left / (atom.right.constant ?? 1));
  const right = atom.right.greatest(symbols, call);
  if (atom.kind === "rem") return Math.min(left, Math.max(0, right - 1));
  return atom.kind === "min" ? Math.min(left, right) : Math.max(left, right);
}

function atCall(atom: Atom, call: Dimension): Dimension {
  if (atom.kind === "call") return call;
  if (atom.kind === "symbol") return Dimension.symbol(atom.index);
  return atom.left.atCall(call)[atom.kind](atom.right.atCall(call));
}

function expressionOf(atom: Atom): ShapeExpression {
  if (atom.kind === "symbol") return shape.symbol(atom.index);
  if (atom.kind === "call") return shape.call;
  return shape[atom.kind](atom.left.toExpression(), atom.right.toExpression());
}

/** Number of elements of a shape. */
export function countOf(shape: readonly Dimension[]): Dimension {
  return shape.reduce((product, size) => product.mul(size), Dimension.constant(1));
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly Dimension[], b: readonly Dimension[]): boolean {
  return a.length === b.length && a.every((size, i) => size.equals(b[i]));
}

/** A shape as text, for messages. */
export function formatShape(shape: readonly Dimension[]): string {
  return `[${shape.join(", ")}]`;
}
