// `assay simulate run`, `rerun`, `merge`, `list`: experiments from files to results and a report.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { InputError } from "@assay/simulator";
import type { Plan } from "@assay/simulator/experiment/plan";
import type { Outcome, Progress } from "@assay/simulator/experiment/run";

const experimentsFolder = fileURLToPath(new URL("../../../simulator/experiments", import.meta.url));

/** How a run that is not finished ends. */
const INTERRUPTED = 130;

interface Options {
  readonly out?: string;
  readonly workers?: string;
  readonly seed?: string;
  readonly replicates?: string;
  readonly parameters?: string;
  readonly shard?: string;
  readonly json?: boolean;
}

/** A bare name is one of the ready-made experiments. */
function experimentPath(name: string): string {
  return /^[a-z0-9-]+$/.test(name) ? path.join(experimentsFolder, `${name}.json5`) : name;
}

function whole(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw InputError.at(`--${option} ${text}`, `is a whole number of at least ${least}`, "correct the option");
}

function shardOf(text: string | undefined): { index: number; of: number } | undefined {
  if (text === undefined) return undefined;
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index !== undefined && Number(of) >= 1 && Number(index) < Number(of))
    return { index: Number(index), of: Number(of) };
  throw InputError.at(`--shard ${text}`, "is i/n with i from 0 to n - 1", "write it like --shard 0/4");
}

/** A line that is rewritten in place on a terminal, and written now and then elsewhere. */
function progressLine(quiet: boolean): (progress: Progress) => void {
  const started = performance.now();
  let last = started;
  return ({ done, before, total }) => {
    const now = performance.now();
    const { isTTY } = process.stderr;
    if (quiet || now - last < (isTTY ? 200 : 5_000)) return;
    last = now;
    // What an earlier run had finished says nothing of the pace of this one.
    const rate = (done - before) / ((now - started) / 1_000);
    const left = total === undefined ? "" : `, ${spanOf((total - done) / rate)} left`;
    const text = `${done}${total === undefined ? "" : ` of ${total}`} runs, ${rate.toPrecision(2)} a second${left}`;
    process.stderr.write(isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  };
}

/** Seconds as a person says them. */
function spanOf(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6_000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

async function writeResults(outcome: Outcome, out: string): Promise<void> {
  const { columnsOf, toCsv, toJsonLines, toParquet } = await import("@assay/simulator/report/table");
  const { toHtml } = await import("@assay/simulator/report/html");
  const columns = columnsOf(outcome.plan.experiment, outcome.points);
  mkdirSync(out, { recursive: true });
  writeFileSync(path.join(out, "results.csv"), toCsv(columns));
  writeFileSync(path.join(out, "results.jsonl"), toJsonLines(columns));
  writeFileSync(path.join(out, "results.parquet"), toParquet(columns));
  writeFileSync(path.join(out, "report.html"), toHtml(outcome));
}

async function conclude(outcome: Outcome, out: string, json: boolean | undefined): Promise<void> {
  const { verdictOf } = await import("@assay/simulator/experiment/verdict");
  const verdict = verdictOf(outcome);
  if (outcome.complete) await writeResults(outcome, out);
  const { experiment } = outcome.plan;
  if (json) {
    const { breakPoints, optimum, points } = outcome;
    const conditions = verdict.findings.map(({ condition, point, estimate, judgement, margin }) => ({
      output: condition.output,
      says: condition.says,
      point,
      mean: estimate.mean,
      error: estimate.error,
      judgement,
      margin,
    }));
    const safe = verdict.safe ?? null;
    const text = {
      experiment: experiment.name,
      complete: outcome.complete,
      safe,
      verdict: verdict.sentences,
      points: points.length,
      conditions,
      breakPoints,
      optimum,
      out,
    };
    console.log(
      JSON.stringify(text, (_key, x: unknown) => (typeof x === "number" && !Number.isFinite(x) ? String(x) : x)),
    );
  } else {
    console.log(experiment.title);
    for (const sentence of verdict.sentences) console.log(`  ${sentence}`);
    if (outcome.complete) console.log(`  report: ${path.join(out, "report.html")}`);
  }
  if (!outcome.complete) process.exitCode = INTERRUPTED;
}

async function play(plan: Plan, options: Options): Promise<void> {
  const { runExperiment } = await import("@assay/simulator/experiment/run");
  const shard = shardOf(options.shard);
  const out = options.out ?? path.join("simulations", plan.experiment.name);
  const workers = whole("workers", options.workers, 1) ?? availableParallelism();
  let interrupted = false;
  const stop = () => {
    interrupted = true;
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const onProgress = progressLine(options.json === true);
  const outcome = await runExperiment(plan, { workers, out, shard, onProgress, interrupted: () => interrupted });
  process.off("SIGINT", stop).off("SIGTERM", stop);
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  if (shard !== undefined && outcome.complete) {
    const text = `shard ${shard.index}/${shard.of}: ${outcome.points.length} points done; merge with assay simulate merge`;
    console.log(
      options.json ? JSON.stringify({ shard: options.shard, points: outcome.points.length, complete: true }) : text,
    );
    return;
  }
  await conclude(outcome, out, options.json);
}

export function addExperiments(simulate: Command): void {
  const withOptions = (command: Command) =>
    command
      .option("--out <folder>", "where results and journal go (default: simulations/NAME)")
      .option("--workers <n>", "worker threads (default: all cores); results do not depend on it")
      .option("--json", "print one JSON object")
      .exitOverride();

  withOptions(simulate.command("run"))
    .description("run an experiment; an interrupted one goes on where it stopped")
    .argument("<experiment>", "a ready-made experiment's name, or a JSON5 file")
    .option("--parameters <file>", "another parameter file: a name of deployment's, or a path")
    .option("--seed <n>", "another seed")
    .option("--replicates <n>", "another number of runs per point")
    .option("--shard <i/n>", "only every n-th point; merge afterwards")
    .action(async (name: string, options: Options) => {
      const { loadPlan } = await import("@assay/simulator/experiment/plan");
      const overrides = {
        ...(options.seed === undefined ? {} : { seed: whole("seed", options.seed, 0) }),
        ...(options.replicates === undefined ? {} : { replicates: whole("replicates", options.replicates, 1) }),
        ...(options.parameters === undefined ? {} : { parameters: parametersName(options.parameters) }),
      };
      await play(loadPlan(experimentPath(name), overrides), options);
    });

  withOptions(simulate.command("rerun"))
    .description("make a report again from itself, byte for byte")
    .argument("<report>", "a report.html")
    .action(async (report: string, options: Options) => {
      const { planFromReport } = await import("@assay/simulator/report/html");
      const { readText } = await import("@assay/simulator/experiment/schema");
      await play(planFromReport(readText(report), report), options);
    });

  withOptions(simulate.command("merge"))
    .description("put the shards of an experiment together")
    .argument("<experiment>", "as for run")
    .argument("<journals...>", "the shards' journal-i-of-n.jsonl files")
    .option("--parameters <file>", "as for run")
    .option("--seed <n>", "as for run")
    .option("--replicates <n>", "as for run")
    .action(async (name: string, journals: string[], options: Options) => {
      const { loadPlan } = await import("@assay/simulator/experiment/plan");
      const { mergeShards } = await import("@assay/simulator/experiment/run");
      const overrides = {
        ...(options.seed === undefined ? {} : { seed: whole("seed", options.seed, 0) }),
        ...(options.replicates === undefined ? {} : { replicates: whole("replicates", options.replicates, 1) }),
        ...(options.parameters === undefined ? {} : { parameters: parametersName(options.parameters) }),
      };
      const plan = loadPlan(experimentPath(name), overrides);
      const outcome = mergeShards(plan, journals);
      await conclude(outcome, options.out ?? path.join("simulations", plan.experiment.name), options.json);
    });

  simulate
    .command("validate")
    .description("simulation beside closed form, for every formula")
    .option("--out <file>", "the page", path.join("simulations", "validation.html"))
    .option("--parameters <file>", "a name of deployment's, or a path", "default")
    .option("--seed <n>", "the seed", "1")
    .option("--runs <n>", "runs of the kernel a case", "100")
    .option("--json", "print one JSON object")
    .exitOverride()
    .action(async (options: { out: string; parameters: string; seed: string; runs: string; json?: boolean }) => {
      const { validate } = await import("@assay/simulator/validation");
      const { validationToHtml, validationVerdict } = await import("@assay/simulator/report/validation");
      const { loadRules } = await import("@assay/simulator/experiment/plan");
      const [seed, runs] = [whole("seed", options.seed, 0)!, whole("runs", options.runs, 2)!];
      const results = validate(loadRules(parametersName(options.parameters)), seed, runs);
      mkdirSync(path.dirname(options.out), { recursive: true });
      writeFileSync(options.out, validationToHtml(results, seed, runs));
      const { agrees, sentence } = validationVerdict(results);
      const rows = results.map(({ case: { formula, inputs, result, relation }, expected, estimate, deviation }) => ({
        formula,
        inputs,
        result,
        relation: relation ?? "equal",
        expected,
        mean: estimate.mean,
        error: estimate.error,
        deviation,
      }));
      console.log(
        options.json
          ? JSON.stringify({ agrees, sentence, cases: rows, out: options.out })
          : `${sentence}\n  page: ${options.out}`,
      );
      if (!agrees) process.exitCode = 1;
    });

  simulate
    .command("list")
    .description("the ready-made experiments")
    .exitOverride()
    .action(async () => {
      const { parseExperiment } = await import("@assay/simulator/experiment/schema");
      for (const file of readdirSync(experimentsFolder)
        .filter((name) => name.endsWith(".json5"))
        .sort()) {
        const { name, title } = parseExperiment(readFileSync(path.join(experimentsFolder, file), "utf8"), file);
        console.log(`${name.padEnd(28)} ${title}`);
      }
    });
}

/** A path given on the command line is relative to where the command runs, not to the experiment. */
function parametersName(given: string): string {
  return /^[a-z0-9-]+$/.test(given) ? given : path.resolve(given);
}
