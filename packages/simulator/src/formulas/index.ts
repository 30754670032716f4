// Every closed form by name.
import { InputError } from "../errors.ts";
import { derived } from "./derived.ts";
import { evaluate, type Evaluation, type Formula } from "./formula.ts";
import { published } from "./published.ts";

export * from "./formula.ts";

export const formulas: ReadonlyMap<string, Formula> = new Map([...published, ...derived].map((f) => [f.name, f]));

/** The formula of that name. Throws InputError listing the names. */
export function formulaNamed(name: string): Formula {
  const formula = formulas.get(name);
  if (formula !== undefined) return formula;
  throw InputError.at(`formula ${name}`, "unknown formula", `the formulas are: ${[...formulas.keys()].join(", ")}`);
}

/** Evaluates a formula by name; inputs are numbers or decimal strings by ASCII key. */
export function evaluateFormula(name: string, inputs: Readonly<Record<string, number | string>>): Evaluation {
  return evaluate(formulaNamed(name), inputs);
}
