/** The named dimensions of a model, and the types that its inputs declare with them. */
import { isDType, MAX_SYMBOLS, type Bounds, type DType } from "@assay/vm";
import { Dimension } from "./dimension.ts";
import { check, GraphError } from "./errors.ts";
import type { DeclaredValue } from "./onnx/model.ts";

/** Greatest value of a named dimension for which no bounds are given. */
export const DEFAULT_GREATEST_SYMBOL = 1024;

/** Bounds of a named dimension; with `multipleOf` it takes only multiples of that number. */
export type SizeBounds = Bounds & { readonly multipleOf?: number };
/** What may be said of a named dimension: its size, or bounds. */
export type SizeOption = number | SizeBounds;
/** What the model's own operators demand of a dimension of which the options say nothing. */
export type Assumption = SizeOption | { readonly sameAs: string };

/** A symbol of the program: a dimension, or a dimension divided by the number of which it takes only multiples. */
export interface Symbol {
  readonly dimension: string;
  readonly multipleOf: number;
  /** Of the symbol. */
  readonly bounds: Bounds;
}

/** The named dimensions of a model, numbered in the order in which its inputs show them. */
export class Symbols {
  readonly list: Symbol[] = [];
  /** What was assumed of dimensions, by their names. */
  readonly assumptions: Readonly<Record<string, Assumption>>;
  readonly #options: Readonly<Record<string, SizeOption>>;
  readonly #seen = new Set<string>();

  constructor(options: Readonly<Record<string, SizeOption>>, assumptions: Readonly<Record<string, Assumption>>) {
    this.#options = options;
    this.assumptions = assumptions;
  }

  get bounds(): Bounds[] {
    return this.list.map(({ bounds }) => bounds);
  }

  /** Throws BAD_OPTION where the options name a dimension that the model does not have. */
  checkUsed(): void {
    const unknown = Object.keys(this.#options).filter((name) => !this.#seen.has(name));
    check(unknown.length === 0, "BAD_OPTION", `the model has no dimension ${unknown.join(", ")}`);
  }

  /** Throws TOO_LARGE where there are more than a program has. While a graph is lowered there may be: some turn out to be one. */
  checkFew(): void {
    const ninth = this.list.at(MAX_SYMBOLS)?.dimension;
    check(ninth === undefined, "TOO_LARGE", `${ninth} is the ninth named dimension; bind some with options`);
  }

  /** Whether the options say something of the dimension of this name. */
  isGiven(name: string): boolean {
    return Object.hasOwn(this.#options, name);
  }

  /** Whether the dimension of this name is a constant. */
  isFixed(name: string): boolean {
    return typeof this.#said(name) === "number";
  }

  /** The dimension of this name: a constant if the options fix it. */
  dimension(name: string): Dimension {
    this.#seen.add(name);
    const said = this.#said(name) ?? { least: 1, greatest: DEFAULT_GREATEST_SYMBOL };
    if (typeof said === "number") {
      check(Number.isInteger(said) && said >= 0, "BAD_OPTION", `symbol ${name} is ${said}`);
      return Dimension.constant(said);
    }
    if ("sameAs" in said) return this.dimension(said.sameAs);
    const known = this.list.findIndex(({ dimension }) => dimension === name);
    if (known >= 0) return this.size(known);
    this.list.push(symbolOf(name, said));
    return this.size(this.list.length - 1);
  }

  /** The dimension of a symbol, with other bounds of the symbol or of more multiples if given. */
  size(index: number, bounds = this.list[index].bounds, multipleOf = this.list[index].multipleOf): Dimension {
    return Dimension.symbol(index, bounds).mul(multipleOf);
  }

  /** A text with the names of symbols in place of their numbers. */
  named(text: string): string {
    return text.replaceAll(/(?<![\w".])s(\d+)(?![\w".])/g, (number, index: string) => {
      const symbol = this.list.at(Number(index));
      if (symbol === undefined) return number;
      return symbol.multipleOf === 1 ? symbol.dimension : `(${symbolName(symbol)})`;
    });
  }

  #said(name: string): Assumption | undefined {
    if (this.isGiven(name)) return this.#options[name];
    return Object.hasOwn(this.assumptions, name) ? this.assumptions[name] : undefined;
  }
}

/** The name of a symbol, for people. */
export function symbolName({ dimension, multipleOf }: Symbol): string {
  return multipleOf === 1 ? dimension : `${dimension}/${multipleOf}`;
}

function symbolOf(dimension: string, { least, greatest, multipleOf = 1 }: SizeBounds): Symbol {
  const whole = [least, greatest, multipleOf].every(Number.isInteger);
  const valid = whole && least >= 0 && least <= greatest && greatest < 2 ** 32 && multipleOf >= 1;
  check(valid, "BAD_OPTION", `symbol ${dimension} has bounds that are none`);
  const bounds = { least: Math.ceil(least / multipleOf), greatest: Math.floor(greatest / multipleOf) };
  const between = `from ${least} to ${greatest}`;
  check(
    bounds.least <= bounds.greatest,
    "BAD_OPTION",
    `symbol ${dimension} has no multiple of ${multipleOf} ${between}`,
  );
  return { dimension, multipleOf, bounds };
}

/** The type that an input declares. */
export function declaredType(
  value: DeclaredValue,
  dimension: (name: string) => Dimension,
): { dtype: DType; shape: Dimension[] } {
  const place = { node: `input ${JSON.stringify(value.name)}` };
  const { elementType } = value;
  if (!isDType(elementType)) {
    throw new GraphError("TYPE_MISMATCH", `element type ${elementType} is not supported`, place);
  }
  check(value.shape !== undefined, "UNSUPPORTED", "the shape is not declared", place);
  const shape = value.shape.map((size, axis) =>
    typeof size === "number" ? Dimension.constant(size) : dimension(size ?? `${value.name}.${axis}`),
  );
  return { dtype: elementType, shape };
}
