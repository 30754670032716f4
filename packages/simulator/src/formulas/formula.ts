// A closed form: named inputs with units in, named results with units out, and the source it comes from.
import { InputError, type Problem } from "../errors.ts";

/** What a number is allowed to be. `amount` is money in any one unit used throughout a call. */
export type Unit = "amount" | "probability" | "fraction" | "count" | "wholeDepth" | "weeks" | "rate";

export interface Input {
  readonly unit: Unit;
  readonly meaning: string;
  /** The value taken when the key is left out: the neutral one. `null`: the key may be left out altogether. */
  readonly otherwise?: number | null;
}

/** A result is a number, a truth value or a sentence. A bound that does not exist is ±Infinity, printed as a string. */
export type Result = number | boolean | string;

/** The inputs after checking; an optional key that was left out is undefined. */
export type Values = Readonly<Record<string, number>>;

export interface Formula {
  readonly name: string;
  readonly title: string;
  /** The statement as a formula in ASCII. */
  readonly statement: string;
  readonly source: string;
  readonly inputs: Readonly<Record<string, Input>>;
  readonly results: Readonly<Record<string, string>>;
  readonly compute: (values: Values) => Record<string, Result>;
}

/** What `assay simulate formula` prints. */
export interface Evaluation {
  readonly name: string;
  readonly inputs: Record<string, number>;
  readonly results: Record<string, Result>;
  readonly source: string;
}

interface Range {
  readonly holds: (value: number) => boolean;
  readonly rule: string;
  readonly fix: string;
}

const ranges: Record<Unit, Range> = {
  amount: {
    holds: (x) => x >= 0,
    rule: "an amount is not negative",
    fix: "give a number ≥ 0, all amounts of one call in the same unit",
  },
  probability: {
    holds: (x) => x >= 0 && x <= 1,
    rule: "a probability lies in [0, 1]",
    fix: "give a number from 0 to 1; five per cent is 0.05",
  },
  fraction: {
    holds: (x) => x >= 0 && x <= 1,
    rule: "a fraction lies in [0, 1]",
    fix: "give a number from 0 to 1; thirty per cent is 0.3",
  },
  count: {
    holds: (x) => Number.isSafeInteger(x) && x >= 1,
    rule: "a count is a whole number of at least 1",
    fix: "give 1, 2, 3, …",
  },
  wholeDepth: {
    holds: (x) => Number.isSafeInteger(x) && x >= 0 && x <= 73,
    rule: "a depth of that game is a whole number from 0 to 73",
    fix: "give 0 (the root claim) to 73 (the deepest)",
  },
  weeks: {
    holds: (x) => x >= 0,
    rule: "a delay is not negative",
    fix: "give weeks as a number ≥ 0; a day is 0.142857",
  },
  rate: {
    holds: (x) => x >= 0,
    rule: "a rate is not negative",
    fix: "give a number ≥ 0; five per cent a year is 0.05",
  },
};

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

function parse(name: string, key: string, text: string, problems: Problem[]): number {
  const value = decimal.test(text) ? Number(text) : NaN;
  if (Number.isFinite(value)) return value;
  problems.push({
    where: `formula ${name}: ${key}=${text}`,
    rule: "a value is a finite decimal number without a unit",
    fix: `write it like ${key}=0.05 or ${key}=1e18`,
  });
  return NaN;
}

/** The keys with which a formula is called, the optional ones in brackets: `p R S [r=0]`. */
export function signature(formula: Formula): string {
  return Object.entries(formula.inputs)
    .map(([key, { otherwise }]) =>
      otherwise === undefined ? key : otherwise === null ? `[${key}]` : `[${key}=${otherwise}]`,
    )
    .join(" ");
}

/** Checks the inputs (numbers or decimal strings) and computes. Throws InputError naming every wrong key at once. */
export function evaluate(formula: Formula, given: Readonly<Record<string, number | string>>): Evaluation {
  const { name } = formula;
  const problems: Problem[] = [];
  const inputs: Record<string, number> = {};
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(formula.inputs, key)) continue;
    problems.push({
      where: `formula ${name}: ${key}`,
      rule: "unknown key",
      fix: `the keys of ${name} are: ${signature(formula)}`,
    });
  }
  for (const [key, { unit, meaning, otherwise }] of Object.entries(formula.inputs)) {
    const raw = Object.hasOwn(given, key) ? given[key] : undefined;
    if (raw === undefined) {
      if (otherwise === undefined) {
        problems.push({
          where: `formula ${name}: ${key}`,
          rule: `missing key (${meaning})`,
          fix: `add ${key}=…; the keys of ${name} are: ${signature(formula)}`,
        });
      } else if (otherwise !== null) inputs[key] = otherwise;
      continue;
    }
    const value = typeof raw === "number" ? raw : parse(name, key, raw, problems);
    if (typeof raw === "string" && Number.isNaN(value)) continue;
    const { holds, rule, fix } = ranges[unit];
    if (!holds(value)) problems.push({ where: `formula ${name}: ${key}=${raw}`, rule, fix });
    inputs[key] = value;
  }
  if (problems.length > 0) throw new InputError(problems);
  return { name, inputs, results: formula.compute(inputs), source: formula.source };
}

/** JSON has no infinity; a missing bound is written as the string "Infinity", which Number() and float() read back. */
export function evaluationToJson(evaluation: Evaluation): string {
  return JSON.stringify(evaluation, (_key, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );
}

/** A refusal for combinations that leave the formula without a meaning, such as R + S = 0. */
export function undefinedFormula(name: string, where: string, rule: string, fix: string): InputError {
  return InputError.at(`formula ${name}: ${where}`, rule, fix);
}
