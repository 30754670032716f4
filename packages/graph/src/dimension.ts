/**
 * A size known only up to the request's symbols and the call number: a polynomial with integer coefficients over atoms,
 * so that equal sizes written differently are equal. Atoms are symbols, the call number, and quotients, remainders,
 * minima and maxima of dimensions.
 */
import { shape, type Bounds, type ShapeExpression } from "@assay/vm";
import {
  expressionOf,
  formatTerm,
  greatestCommonDivisor,
  growsWithCall,
  keyOf,
  rangeOfTerm,
  sumOf,
  usesCall,
  type Atom,
  type Leaf,
  type Operation,
  type Term,
} from "./dimensionAtoms.ts";
import { check, GraphError } from "./errors.ts";

/** Greatest coefficient: sums and products of two are exact or refused. */
const MAX_COEFFICIENT = Number.MAX_SAFE_INTEGER;
/** Longest text of a dimension: hostile shape arithmetic would double it with every node. */
const MAX_KEY = 512;
/** Bounds of a symbol of which no others are known. */
const ANY: Bounds = { least: 0, greatest: 2 ** 32 - 1 };

export class Dimension {
  /** Terms by the key of their atoms; no coefficient is 0. */
  readonly #terms: ReadonlyMap<string, Term>;
  #range: Bounds | undefined;
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

  /** A symbol of the program, whose value a request chooses within these bounds. */
  static symbol(index: number, bounds: Bounds = ANY): Dimension {
    return ofAtom({ kind: "symbol", index, bounds });
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

  /** Rounded down; what the divisor divides leaves the quotient. By 0 gives 0. */
  div(other: Dimension | number): Dimension {
    const right = Dimension.of(other);
    const exact = this.#dividedExactly(right);
    if (exact !== undefined) return exact;
    const by = right.constant;
    if (by !== undefined && by > 0) return this.#dividedBy(by);
    // What both have and is never 0 is left out.
    for (const factor of right.#factors) {
      const left = factor.least > 0 ? this.#dividedExactly(factor) : undefined;
      if (left !== undefined) return left.div(right.#dividedExactly(factor)!);
    }
    return this.#operation("div", right, (a, b) => Math.floor(a / b));
  }

  /** Rounded up. By 0 gives 0. */
  ceilDiv(other: Dimension | number): Dimension {
    const right = Dimension.of(other);
    const exact = this.#dividedExactly(right);
    if (exact !== undefined) return exact;
    const by = right.constant;
    if (by !== undefined && by > 0) return this.add(by - 1).div(by);
    return this.#operation("ceilDiv", right, (a, b) => Math.ceil(a / b));
  }

  rem(other: Dimension | number): Dimension {
    const right = Dimension.of(other);
    if (this.#dividedExactly(right) !== undefined) return Dimension.constant(0);
    const by = right.constant;
    if (by === undefined || by <= 0) return this.#operation("rem", right, (a, b) => ((a % b) + b) % b);
    const { rest } = this.#split(by);
    const times = rest.#quotientBy(by);
    return times === undefined ? ofAtom({ kind: "rem", left: rest, right }) : rest.sub(times * by);
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

  /** A value that this is never below, as far as can be seen. */
  get least(): number {
    return this.#bounds.least;
  }

  /** A value that this is never above, as far as can be seen. */
  get greatest(): number {
    return this.#bounds.greatest;
  }

  /** Symbols that the value depends on. */
  get symbols(): ReadonlySet<number> {
    const found = new Set<number>();
    for (const { atoms } of this.#terms.values()) {
      for (const atom of atoms) {
        if (atom.kind === "symbol") found.add(atom.index);
        else if ("left" in atom) [atom.left, atom.right].forEach((part) => part.symbols.forEach((i) => found.add(i)));
      }
    }
    return found;
  }

  /** Constants by which something in it is divided with a remainder. */
  get divisors(): ReadonlySet<number> {
    const found = new Set<number>();
    for (const { atoms } of this.#terms.values()) {
      for (const atom of atoms) {
        if (!("left" in atom)) continue;
        const by = atom.kind === "min" || atom.kind === "max" ? undefined : atom.right.constant;
        if (by !== undefined) found.add(by);
        [atom.left, atom.right].forEach((part) => part.divisors.forEach((divisor) => found.add(divisor)));
      }
    }
    return found;
  }

  /** The same value with the call number replaced. */
  atCall(call: Dimension): Dimension {
    return this.#replaced((atom) => (atom.kind === "call" ? call : ofAtom(atom)));
  }

  /** The same value with a symbol replaced. */
  atSymbol(index: number, value: Dimension): Dimension {
    return this.#replaced((atom) => (atom.kind === "symbol" && atom.index === index ? value : ofAtom(atom)));
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

  get #bounds(): Bounds {
    return (this.#range ??= sumOf([...this.#terms.values()].map(rangeOfTerm)));
  }

  /** The quotient by a constant above 0, where the bounds leave one value only. */
  #quotientBy(by: number): number | undefined {
    const least = Math.floor(this.least / by);
    return least === Math.floor(this.greatest / by) ? least : undefined;
  }

  #replaced(leaf: (atom: Leaf) => Dimension): Dimension {
    const value = (atom: Atom): Dimension =>
      "left" in atom ? atom.left.#replaced(leaf)[atom.kind](atom.right.#replaced(leaf)) : leaf(atom);
    let sum = Dimension.constant(0);
    for (const { coefficient, atoms } of this.#terms.values()) {
      sum = sum.add(atoms.reduce((factor, atom) => factor.mul(value(atom)), Dimension.constant(coefficient)));
    }
    return sum;
  }

  /** An operation that has no simpler form; by 0 gives 0. */
  #operation(kind: Operation, right: Dimension, compute: (a: number, b: number) => number): Dimension {
    const [a, b] = [this.constant, right.constant];
    const divides = kind !== "min" && kind !== "max";
    if (a !== undefined && b !== undefined) return Dimension.constant(divides && b === 0 ? 0 : compute(a, b));
    if (!divides && this.equals(right)) return this;
    return ofAtom({ kind, left: this, right });
  }

  /** The atoms of a value of one term. */
  get #factors(): Dimension[] {
    const [term, ...others] = this.#terms.values();
    return term === undefined || others.length > 0 ? [] : term.atoms.map(ofAtom);
  }

  /** The value as `by` · whole + rest, the coefficients of the rest below `by`. */
  #split(by: number): { whole: Dimension; rest: Dimension } {
    const [whole, rest] = [new Map<string, Term>(), new Map<string, Term>()];
    for (const [key, { coefficient, atoms }] of this.#terms) {
      const times = Math.floor(coefficient / by);
      whole.set(key, { coefficient: times, atoms });
      rest.set(key, { coefficient: coefficient - by * times, atoms });
    }
    return { whole: new Dimension(whole), rest: new Dimension(rest) };
  }

  /**
   * The quotient by a constant above 0, in a form of its own: what `by` divides is outside, a quotient inside it is one with
   * it (⌊(⌊a / m⌋ + b) / n⌋ = ⌊(a + m b) / (m n)⌋), and the fraction is reduced.
   */
  #dividedBy(by: number): Dimension {
    const quotients = [...this.#terms.values()].flatMap(({ coefficient, atoms: [first, ...others] }) => {
      const isQuotient = coefficient === 1 && others.length === 0 && first?.kind === "div";
      return isQuotient && first.right.constant !== undefined ? [{ atom: first, inner: first.right.constant }] : [];
    });
    const [only] = quotients;
    if (quotients.length === 1 && only.inner * by <= MAX_COEFFICIENT) {
      const others = this.sub(ofAtom(only.atom));
      return only.atom.left.add(others.mul(only.inner)).div(only.inner * by);
    }
    const { whole, rest } = this.#split(by);
    const times = rest.#quotientBy(by);
    if (times !== undefined) return whole.add(times);
    const common = [...rest.#terms.values()]
      .filter(({ atoms }) => atoms.length > 0)
      .reduce((divisor, { coefficient }) => greatestCommonDivisor(divisor, coefficient), by);
    if (common > 1) return whole.add(rest.#split(common).whole.div(by / common));
    return whole.add(ofAtom({ kind: "div", left: rest, right: Dimension.constant(by) }));
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

function ofAtom(atom: Atom): Dimension {
  return Dimension.fromTerms(new Map([[keyOf(atom), { coefficient: 1, atoms: [atom] }]]));
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

/** Throws SHAPE_MISMATCH unless two sizes are the same; what the symbols must be for that can be read from the error. */
export function checkEqual(a: Dimension | number, b: Dimension | number, reason: string): void {
  const sizes = [Dimension.of(a), Dimension.of(b)] as const;
  if (!sizes[0].equals(sizes[1])) throw new GraphError("SHAPE_MISMATCH", reason, {}, { sizes });
}

/** Throws SHAPE_MISMATCH unless two shapes are the same. */
export function checkSameShape(a: readonly Dimension[], b: readonly Dimension[], reason: string): void {
  check(a.length === b.length, "SHAPE_MISMATCH", reason);
  a.forEach((size, axis) => checkEqual(size, b[axis], reason));
}
