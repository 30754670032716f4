// An experiment with everything it stands on: its text, the parameter file's text, and how a point becomes a run. A plan
// is plain data, so that it crosses to workers, and its texts go into the report, from which it can be run again.
import { fileURLToPath, pathToFileURL } from "node:url";
import { createHash } from "node:crypto";
import path from "node:path";
import { ParametersError, parseParameters } from "@assay/protocol/parameters";
import { InputError } from "../errors.ts";
import { deployed, type Mechanism } from "../kernel/mechanism.ts";
import { Simulation } from "../kernel/simulation.ts";
import { builtIn, sharesOf, type Strategies } from "../kernel/strategies.ts";
import { compileRules, type Rules } from "../rules.ts";
import { type Scenario, scenarioSchema } from "../scenario.ts";
import { type Point, valueAt } from "./design.ts";
import { OUTPUTS } from "./outputs.ts";
import { fixFor } from "./units.ts";
import { type Experiment, parseExperiment, parseJson5, problemsOf, readText } from "./schema.ts";

/** What is needed to run an experiment anywhere. */
export interface Plan {
  readonly file: string;
  readonly text: string;
  readonly parametersFile: string;
  readonly parametersText: string;
  readonly experiment: Experiment;
}

const parametersFolder = fileURLToPath(new URL("../../../deployment/parameters", import.meta.url));

/** The parameter file an experiment names: a bare name is one of deployment's. */
export function parametersPath(name: string, from: string): string {
  return /^[a-z0-9-]+$/.test(name)
    ? path.join(parametersFolder, `${name}.json5`)
    : path.resolve(path.dirname(from), name);
}

/** Reads and checks an experiment file and its parameter file. Throws InputError. */
export function loadPlan(
  file: string,
  overrides: Partial<Pick<Experiment, "seed" | "replicates" | "parameters">> = {},
): Plan {
  const text = readText(file);
  const experiment = { ...parseExperiment(text, file), ...overrides };
  const parametersFile = parametersPath(experiment.parameters, file);
  return makePlan(file, text, experiment, parametersFile, readText(parametersFile));
}

/** The rules of a parameter file: a name of deployment's, or a path. Throws InputError. */
export function loadRules(name: string): Rules {
  const file = parametersPath(name, path.resolve("x"));
  return checkedRules(parseJson5(readText(file), file), file);
}

export function makePlan(
  file: string,
  text: string,
  experiment: Experiment,
  parametersFile: string,
  parametersText: string,
): Plan {
  const plan = { file, text, parametersFile, parametersText, experiment };
  // Every case and both ends of every axis must make a run that the rules allow.
  const setup = new Setup(plan);
  if (experiment.modules.length === 0) checkStrategies(setup.at(firstOf(experiment)).scenario, builtIn, file);
  const middle = experiment.axes.map((axis) => (axis.range === undefined ? 0 : 0.5));
  setup.at(middle);
  experiment.axes.forEach((axis, i) => {
    const levels = axis.range === undefined ? (axis.values ?? axis.cases)!.map((_, level) => level) : [0, 1];
    for (const level of levels) setup.at(middle.map((other, k) => (k === i ? level : other)));
  });
  return plan;
}

const firstOf = (experiment: Experiment): Point => experiment.axes.map(() => 0);

/** Throws InputError where a scenario names a strategy that is not there. */
export function checkStrategies(
  { providers, watchers, auditors }: Scenario,
  strategies: Strategies,
  file: string,
): void {
  sharesOf(providers.strategies, strategies.providers, `${file}: scenario.providers.strategies`);
  sharesOf(watchers.strategies, strategies.watchers, `${file}: scenario.watchers.strategies`);
  sharesOf(auditors.strategies, strategies.auditors, `${file}: scenario.auditors.strategies`);
}

/** Two plans with equal digests have equal results. */
export function digestOf(plan: Plan): string {
  const parts = [plan.experiment, plan.parametersText, OUTPUTS.map(({ name }) => name)];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

type Tree = { [key: string]: unknown };

/** Makes rules and scenario of points. */
export class Setup {
  readonly plan: Plan;
  readonly #parameters: unknown;

  constructor(plan: Plan) {
    this.plan = plan;
    this.#parameters = parseJson5(plan.parametersText, plan.parametersFile);
  }

  /** The rules and the scenario at a point. Throws InputError with file, path, rule and fix. */
  at(point: Point): { rules: Rules; scenario: Scenario } {
    const { experiment, file, parametersFile } = this.plan;
    const changes = new Map<string, unknown>(Object.entries(experiment.set));
    experiment.axes.forEach((axis, i) => {
      if (axis.cases === undefined) changes.set(axis.path!, valueAt(axis, point[i]));
      else for (const [place, value] of Object.entries(axis.cases[point[i]].set)) changes.set(place, value);
    });
    const tree: Tree = {
      parameters: structuredClone(this.#parameters),
      scenario: structuredClone(experiment.scenario),
      rules: {},
    };
    for (const [place, value] of changes) assign(tree, place.split("."), value, file);
    const rules = this.#rules(tree, file, parametersFile);
    const scenario = scenarioSchema.safeParse(tree.scenario);
    if (!scenario.success) {
      const problems = problemsOf(file, scenario.error);
      throw new InputError(
        problems.map((problem) => ({ ...problem, where: problem.where.replace(": ", ": scenario.") })),
      );
    }
    return { rules, scenario: scenario.data };
  }

  #rules(tree: Tree, file: string, parametersFile: string): Rules {
    const rules = checkedRules(tree.parameters, parametersFile);
    for (const [key, value] of Object.entries(tree.rules as Tree)) {
      if (!Object.hasOwn(rules, key))
        throw InputError.at(`${file}: rules.${key}`, "unknown rule", `the rules are: ${Object.keys(rules).join(", ")}`);
      if (typeof value !== "number" || !(value >= 0))
        throw InputError.at(`${file}: rules.${key}`, "a rule is a number, not negative", "correct the value");
      if (key.endsWith("Seconds") && !(value <= 2 ** 31 - 1 && Number.isInteger(value)))
        throw InputError.at(`${file}: rules.${key}`, "seconds are whole, at most 2147483647", fixFor(key));
      if (key === "auditProbability" && value > 1)
        throw InputError.at(`${file}: rules.${key}`, "a probability lies in [0, 1]", "give a number from 0 to 1");
    }
    const changed = { ...rules, ...(tree.rules as Partial<Rules>) };
    if (changed.slashBurnBps + changed.slashChallengerBps + changed.slashGasBps > 10_000)
      throw InputError.at(`${file}: rules`, "the shares of a slash exceed the whole", "lower slashBurnBps or another");
    return changed;
  }
}

/** Parameters as rules. Throws InputError where the contracts would refuse them. */
function checkedRules(parameters: unknown, file: string): Rules {
  try {
    return compileRules(parseParameters(parameters, file));
  } catch (error) {
    if (!(error instanceof ParametersError)) throw error;
    throw new InputError(
      error.problems.map((problem) => {
        const colon = problem.indexOf(": ");
        const [path, rule] = [problem.slice(0, colon), problem.slice(colon + 2)];
        return {
          where: `${file}: ${path}`,
          rule: `the contracts would refuse it: ${rule}`,
          fix: refusedFix(path, rule),
        };
      }),
    );
  }
}

/** What to do about a parameter that the contracts would refuse. */
function refusedFix(path: string, rule: string): string {
  const corrected = /expected/.test(rule) ? fixFor(path.split(".").at(-1)!) : "do as the rule says";
  return `${corrected}; values that the contracts refuse can be studied by a rules.… path in an experiment`;
}

function assign(tree: Tree, keys: readonly string[], value: unknown, file: string): void {
  let node = tree;
  keys.slice(0, -1).forEach((key, depth) => {
    node[key] ??= {};
    if (typeof node[key] !== "object" || node[key] === null)
      throw InputError.at(
        `${file}: ${keys.join(".")}`,
        `${keys.slice(0, depth + 1).join(".")} is no group`,
        "correct the path",
      );
    node = node[key] as Tree;
  });
  const last = keys[keys.length - 1];
  const place = keys.join(".");
  if (keys[0] === "parameters" && !Object.hasOwn(node, last))
    throw InputError.at(`${file}: ${place}`, "the parameter file has no such place", "correct the path");
  // Amounts stand as decimal strings.
  node[last] =
    typeof node[last] === "string" && typeof value === "number" ? BigInt(Math.round(value)).toString() : value;
}

/** What a plan plays with: the built-in strategies and mechanism, and what its modules export beside or instead. */
export interface Parts {
  readonly strategies: Strategies;
  readonly mechanism: Mechanism;
}

/** A module may export lists `providers`, `watchers`, `auditors` of strategies, and one `mechanism`. */
type Module = Partial<Strategies> & { readonly mechanism?: Mechanism };

/** Loads a plan's modules. Throws InputError for one that cannot be loaded, and for strategies that are nowhere. */
export async function partsOf(plan: Plan): Promise<Parts> {
  const providers = [...builtIn.providers];
  const watchers = [...builtIn.watchers];
  const auditors = [...builtIn.auditors];
  let mechanism = deployed;
  for (const module of plan.experiment.modules) {
    const url = pathToFileURL(path.resolve(path.dirname(plan.file), module)).href;
    let exported: Module;
    try {
      exported = (await import(url)) as Module;
    } catch (error) {
      const rule = `${module} cannot be loaded (${(error as Error).message})`;
      throw InputError.at(`${plan.file}: modules`, rule, "give a path relative to the experiment file");
    }
    providers.push(...(exported.providers ?? []));
    watchers.push(...(exported.watchers ?? []));
    auditors.push(...(exported.auditors ?? []));
    mechanism = exported.mechanism ?? mechanism;
  }
  const strategies = { providers, watchers, auditors };
  checkStrategies(new Setup(plan).at(firstOf(plan.experiment)).scenario, strategies, plan.file);
  return { strategies, mechanism };
}

/** What a run leaves: the outputs in their order, and the time series. */
export interface RunResult {
  readonly outputs: number[];
  readonly series: number[][];
}

/** Runs replicates [from, to) of a point. */
export function runPoint(
  setup: Setup,
  parts: Parts,
  point: Point,
  pointNumber: number,
  from: number,
  to: number,
): RunResult[] {
  const { rules, scenario } = setup.at(point);
  const { seed, commonRandomNumbers, charts } = setup.plan.experiment;
  const wantsSeries = charts.some(({ kind }) => kind === "fan");
  const results: RunResult[] = [];
  for (let replicate = from; replicate < to; replicate++) {
    const place = { seed, point: commonRandomNumbers ? 0 : pointNumber, replicate };
    const sim = new Simulation(rules, scenario, place, parts).run();
    results.push({ outputs: OUTPUTS.map(({ read }) => read(sim)), series: wantsSeries ? sim.series : [] });
  }
  return results;
}
