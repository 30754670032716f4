/**
 * What must hold of the sizes of a model that says too little of them: its operators add, join or reshape tensors whose
 * sizes agree only for some values of its dimensions. The least is assumed with which they agree, and told in the report.
 */
import type { Bounds } from "@assay/vm";
import { Dimension } from "./dimension.ts";
import type { GraphError } from "./errors.ts";
import { DEFAULT_GREATEST_SYMBOL, type Assumption, type Symbols } from "./symbols.ts";

type Assumptions = Readonly<Record<string, Assumption>>;

/**
 * What makes the two sizes of an error equal: two dimensions that are one, or a dimension that takes only multiples of a
 * number, only sizes within bounds, or one size. Undefined where nothing does, or only what the options exclude.
 */
export function assumptionFor({ sizes }: GraphError, symbols: Symbols): Assumptions | undefined {
  if (sizes === undefined) return undefined;
  const [size] = sizes;
  const difference = size.sub(sizes[1]);
  const involved = [...difference.symbols];
  // Nothing is equal to nothing, but no model is made for that.
  const agree = (index: number, value: Dimension) =>
    difference.atSymbol(index, value).equals(0) && !size.atSymbol(index, value).equals(0);
  for (const rule of [another, multiples, bounded, solution]) {
    for (const index of involved.sort((a, b) => b - a)) {
      if (symbols.isGiven(symbols.list[index].dimension)) continue;
      const question = { index, symbols, involved, difference, agree: agree.bind(null, index) };
      const assumption = rule(question);
      if (assumption !== undefined) return { [symbols.list[index].dimension]: assumption };
    }
  }
  return undefined;
}

/** Assumptions as sentences, one for all dimensions of which the same is assumed. */
export function describeAssumptions(assumptions: Assumptions): string[] {
  const names = new Map<string, string[]>();
  for (const [name, assumption] of Object.entries(assumptions)) {
    const size = sizeText(assumption);
    names.set(size, [...(names.get(size) ?? []), name]);
  }
  return [...names].map(([size, [first, ...others]]) => {
    const dimensions =
      others.length === 0 ? `dimension ${first} is` : `dimensions ${[first, ...others].join(", ")} are`;
    return `${dimensions} ${size}: the model's sizes agree only so`;
  });
}

function sizeText(assumption: Assumption): string {
  if (typeof assumption === "number") return String(assumption);
  if ("sameAs" in assumption) return assumption.sameAs;
  const { least, greatest, multipleOf = 1 } = assumption;
  const bounds = `${least} to ${greatest}`;
  return multipleOf === 1 ? bounds : `a multiple of ${multipleOf}, ${bounds}`;
}

/** What a rule may ask. */
interface Question {
  /** The symbol in question. */
  readonly index: number;
  readonly symbols: Symbols;
  /** Symbols on which the difference of the sizes depends. */
  readonly involved: readonly number[];
  /** Of the two sizes. */
  readonly difference: Dimension;
  /** Whether the sizes agree where the symbol has this value. */
  readonly agree: (value: Dimension) => boolean;
}
type Rule = (question: Question) => Assumption | undefined;

/** The dimension of an earlier symbol. */
const another: Rule = ({ index, symbols, involved, agree }) => {
  const same = involved.find((other) => other < index && agree(symbols.size(other)));
  return same === undefined || symbols.list[index].multipleOf > 1
    ? undefined
    : { sameAs: symbols.list[same].dimension };
};

/** Multiples of a number by which the sizes are divided. */
const multiples: Rule = ({ index, symbols, difference, agree }) => {
  const { bounds, multipleOf } = symbols.list[index];
  for (const divisor of [...difference.divisors].sort((a, b) => a - b)) {
    const narrower = { least: Math.ceil(bounds.least / divisor), greatest: Math.floor(bounds.greatest / divisor) };
    if (divisor < 2 || narrower.least > narrower.greatest) continue;
    if (agree(Dimension.symbol(index, narrower).mul(divisor))) return sizesOf(narrower, multipleOf * divisor);
  }
  return undefined;
};

/** Bounds, or one size. */
const bounded: Rule = ({ index, symbols, agree }) => {
  const { bounds, multipleOf } = symbols.list[index];
  const count = Math.min(bounds.greatest - bounds.least + 1, DEFAULT_GREATEST_SYMBOL);
  const values = Array.from({ length: count }, (_, i) => bounds.least + i);
  const fitting = values.filter((value) => agree(Dimension.constant(value)));
  const [least, greatest] = [fitting[0], fitting.at(-1)];
  if (least === undefined || greatest === undefined || greatest - least !== fitting.length - 1) return undefined;
  if (least === greatest) return least * multipleOf;
  return agree(Dimension.symbol(index, { least, greatest })) ? sizesOf({ least, greatest }, multipleOf) : undefined;
};

/** One size beyond the bounds that are assumed of every dimension. */
const solution: Rule = ({ index, symbols, difference, agree }) => {
  const at = (value: number) => difference.atSymbol(index, Dimension.constant(value)).constant ?? NaN;
  const value = -at(0) / (at(1) - at(0));
  const isSize = Number.isSafeInteger(value) && value > 0 && value < 2 ** 32;
  return isSize && agree(Dimension.constant(value)) ? value * symbols.list[index].multipleOf : undefined;
};

function sizesOf({ least, greatest }: Bounds, multipleOf: number): Assumption {
  return { least: least * multipleOf, greatest: greatest * multipleOf, ...(multipleOf > 1 && { multipleOf }) };
}
