// `assay simulate`: closed forms and experiments on the protocol's incentives.
import type { Command } from "commander";
import { addExperiments } from "./simulate-run.ts";
import { evaluationToJson, formulaNamed, formulas, evaluateFormula, InputError, signature } from "@assay/simulator";
import type { Formula, Result } from "@assay/simulator";

export function addSimulate(program: Command): void {
  const simulate = program
    .command("simulate")
    .description("closed forms and experiments: does honesty pay?")
    .exitOverride();
  addExperiments(simulate);
  simulate
    .command("formula")
    .description("evaluate a closed form")
    .argument("[name]", "F1 … F12 or a derived condition; without it: the list")
    .argument("[inputs...]", "key=value pairs; without them: the formula's own page")
    .option("--json", "print {name, inputs, results, source} on one line")
    .exitOverride()
    .action((name: string | undefined, pairs: string[], { json }: { json?: boolean }) => {
      if (name === undefined) return listFormulas();
      if (pairs.length === 0 && !json) return describe(formulaNamed(name));
      const evaluation = evaluateFormula(name, parsePairs(name, pairs));
      if (json) return console.log(evaluationToJson(evaluation));
      show(formulaNamed(name), evaluation.inputs, evaluation.results);
    });
}

function parsePairs(name: string, pairs: readonly string[]): Record<string, string> {
  formulaNamed(name);
  const inputs: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, at);
    if (at < 1) throw InputError.at(`formula ${name}: ${pair}`, "an input is key=value", "write it like p=0.05");
    if (Object.hasOwn(inputs, key)) throw InputError.at(`formula ${name}: ${key}`, "given twice", "give it once");
    inputs[key] = pair.slice(at + 1);
  }
  return inputs;
}

function listFormulas(): void {
  for (const formula of formulas.values()) {
    console.log(`${formula.name.padEnd(16)} ${formula.title}`);
    console.log(`${"".padEnd(16)} ${signature(formula)}`);
  }
}

function describe(formula: Formula): void {
  console.log(`${formula.name}: ${formula.title}`);
  console.log(`  ${formula.statement}`);
  console.log(`  source: ${formula.source}`);
  console.log(`  usage: assay simulate formula ${formula.name} ${signature(formula)}`);
  for (const [key, { unit, meaning }] of Object.entries(formula.inputs)) console.log(`  ${key}: ${meaning} (${unit})`);
  for (const [key, meaning] of Object.entries(formula.results)) console.log(`  -> ${key}: ${meaning}`);
}

function show(formula: Formula, inputs: Record<string, number>, results: Record<string, Result>): void {
  console.log(`${formula.name}: ${formula.statement}`);
  for (const [key, value] of Object.entries(inputs)) console.log(`  ${key} = ${value}`);
  for (const [key, value] of Object.entries(results)) console.log(`  -> ${key} = ${value}   ${formula.results[key]}`);
  console.log(`  source: ${formula.source}`);
}
