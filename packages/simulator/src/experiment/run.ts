// Runs an experiment: its points and replicates over worker threads, finished points journalled, searches driven.
import path from "node:path";
import { InputError } from "../errors.ts";
import { designOf, type Point } from "./design.ts";
import { Journal, type PointResult, readJournal } from "./journal.ts";
import { digestOf, partsOf, type Plan, type RunResult } from "./plan.ts";
import { Pool } from "./pool.ts";
import { breakPoints, optimise, type BreakPoint, type Optimum } from "./search.ts";
import type { Task } from "./worker.ts";

export interface Progress {
  readonly done: number;
  /** Of these, the runs that an earlier, interrupted one had finished. */
  readonly before: number;
  /** undefined while a search does not know how many runs it needs. */
  readonly total?: number;
}

export interface RunOptions {
  readonly workers: number;
  /** Folder of the journal and the results; none: nothing is kept. */
  readonly out?: string;
  /** Points p with p mod of = index only. */
  readonly shard?: { readonly index: number; readonly of: number };
  readonly onProgress?: (progress: Progress) => void;
  /** Asked after each finished point: true ends the run early, keeping what is finished. */
  readonly interrupted?: () => boolean;
}

export interface Outcome {
  readonly plan: Plan;
  /** By point number, complete unless interrupted or a shard. */
  readonly points: readonly PointResult[];
  readonly complete: boolean;
  readonly breakPoints?: readonly BreakPoint[];
  readonly optimum?: Optimum;
}

/** Replicates per task: enough work to hide the messages, little enough to spread over workers. */
function taskSize(points: number, replicates: number, workers: number): number {
  return Math.max(1, Math.min(replicates, Math.floor((points * replicates) / (workers * 8))));
}

/** The journal's name in a run's folder. */
export function journalName(shard?: { index: number; of: number }): string {
  return shard === undefined ? "journal.jsonl" : `journal-${shard.index}-of-${shard.of}.jsonl`;
}

export async function runExperiment(plan: Plan, options: RunOptions): Promise<Outcome> {
  const { experiment } = plan;
  // Loaded here too, so that what is wrong with a module is said before workers start.
  await partsOf(plan);
  const design = designOf(experiment);
  const { shard, out, workers } = options;
  if (design === undefined && shard !== undefined)
    throw InputError.at("--shard", `${experiment.method.kind} chooses its points as it goes`, "run it without --shard");
  const shardName = shard === undefined ? "all" : `${shard.index}/${shard.of}`;
  const header = { experiment: experiment.name, digest: digestOf(plan), shard: shardName };
  const journal = out === undefined ? undefined : new Journal(path.join(out, journalName(shard)), header);
  const finished = new Map<number, PointResult>(journal?.finished);
  const pool = new Pool(plan, workers);
  let doneRuns = 0;
  let doneBefore = 0;
  let totalRuns: number | undefined;
  let interrupted = false;

  /** Runs those of the points that are not finished. */
  const evaluateAll = async (numbers: readonly number[], levels: readonly Point[]): Promise<void> => {
    const { replicates } = experiment;
    const missing = numbers.filter((number) => !finished.has(number));
    doneRuns += (numbers.length - missing.length) * replicates;
    doneBefore += (numbers.length - missing.length) * replicates;
    const size = taskSize(missing.length, replicates, workers);
    const tasks: Task[] = [];
    for (const number of missing)
      for (let from = 0; from < replicates; from += size)
        tasks.push({
          task: tasks.length,
          point: levels[numbers.indexOf(number)],
          pointNumber: number,
          from,
          to: Math.min(from + size, replicates),
        });
    const parts = new Map<number, RunResult[][]>();
    await pool.run(tasks, (task, results) => {
      const pieces = parts.get(task.pointNumber) ?? [];
      parts.set(task.pointNumber, pieces);
      pieces[task.from / size] = results;
      doneRuns += results.length;
      options.onProgress?.({ done: doneRuns, before: doneBefore, total: totalRuns });
      if (pieces.flat().length === replicates) {
        const result = { point: task.pointNumber, levels: task.point, runs: pieces.flat() };
        parts.delete(task.pointNumber);
        finished.set(task.pointNumber, result);
        journal?.add(result);
      }
      interrupted ||= options.interrupted?.() ?? false;
      return !interrupted;
    });
  };

  try {
    if (design !== undefined) {
      const numbers = design.map((_, i) => i).filter((i) => shard === undefined || i % shard.of === shard.index);
      totalRuns = numbers.length * experiment.replicates;
      await evaluateAll(
        numbers,
        numbers.map((i) => design[i]),
      );
      return { plan, points: inOrder(finished), complete: numbers.every((i) => finished.has(i)) };
    }
    let used = 0;
    const evaluate = async (points: readonly Point[]): Promise<readonly (readonly RunResult[])[]> => {
      const numbers = points.map((_, i) => used + i);
      used += points.length;
      await evaluateAll(numbers, points);
      if (interrupted) throw new Interrupted();
      return numbers.map((number) => finished.get(number)!.runs);
    };
    if (experiment.method.kind === "optimise") {
      const optimum = await optimise(experiment, evaluate);
      return { plan, points: inOrder(finished), complete: true, optimum };
    }
    const base = experiment.axes.map(() => 0);
    const found = await breakPoints(experiment, base, evaluate);
    return { plan, points: inOrder(finished), complete: true, breakPoints: found };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return { plan, points: inOrder(finished), complete: false };
  } finally {
    await pool.close();
  }
}

class Interrupted extends Error {}

function inOrder(finished: ReadonlyMap<number, PointResult>): PointResult[] {
  return [...finished.values()].sort((a, b) => a.point - b.point);
}

/** Puts the journals of shards together. Throws InputError when they are of another experiment or points are missing. */
export function mergeShards(plan: Plan, files: readonly string[]): Outcome {
  const design = designOf(plan.experiment);
  if (design === undefined) throw InputError.at(plan.file, "a search has no shards", "nothing to merge");
  const finished = new Map<number, PointResult>();
  for (const file of files) {
    const { header, results } = readJournal(file);
    if (header?.digest !== digestOf(plan))
      throw InputError.at(file, "belongs to another experiment, or to other parameters", "give the shards of this one");
    for (const result of results) finished.set(result.point, result);
  }
  const missing = design.map((_, i) => i).filter((i) => !finished.has(i));
  if (missing.length > 0)
    throw InputError.at(
      plan.file,
      `${missing.length} of ${design.length} points are in none of the journals (first: point ${missing[0]})`,
      "give the journals of all shards, each run to its end",
    );
  return { plan, points: inOrder(finished), complete: true };
}
