/** Two things timed in turn, so that what else the machine does falls on both. */
import { setTimeout as sleep } from "node:timers/promises";

/** What a comparison found. Times are milliseconds of one inference. */
export interface Comparison {
  readonly oursMs: number;
  readonly theirsMs: number;
  /** Speed of ours relative to theirs, 1 = equal and higher = faster: the median of the pairs. */
  readonly ratio: number;
  readonly leastRatio: number;
  /** The same ratio of processor time, all threads together: what it would be were the machine not shared. */
  readonly cpuRatio: number;
  readonly oursCpuMs: number;
  readonly pairs: number;
}

type Run = () => unknown;

/** A sample takes at least this long: short inferences are repeated. */
const LEAST_SAMPLE_MS = 10;
/** Threads of the one that has just run spin for a while, waiting for more, and would take a core from the other's. */
const PAUSE_MS = 60;

/** Times `pairs` pairs of samples after warming both up; who goes first alternates. */
export async function comparePairs(ours: Run, theirs: Run, pairs: number): Promise<Comparison> {
  await sample(ours, 2);
  await sample(theirs, 2);
  const once = Math.min((await sample(ours, 1)).ms, (await sample(theirs, 1)).ms);
  const repeats = Math.max(1, Math.ceil(LEAST_SAMPLE_MS / Math.max(once, 0.01)));
  const [mine, others]: [Sample[], Sample[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    const order = [
      [ours, mine],
      [theirs, others],
    ] as const;
    for (const [run, times] of pair % 2 === 0 ? order : [order[1], order[0]]) {
      await sleep(PAUSE_MS);
      // Its own threads have gone to sleep meanwhile: one run wakes them.
      await sample(run, 1);
      times.push(await sample(run, repeats));
    }
  }
  const ratios = mine.map(({ ms }, i) => others[i].ms / ms);
  return {
    oursMs: median(mine.map(({ ms }) => ms)),
    theirsMs: median(others.map(({ ms }) => ms)),
    ratio: median(ratios),
    leastRatio: Math.min(...ratios),
    oursCpuMs: median(mine.map(({ cpuMs }) => cpuMs)),
    cpuRatio: median(mine.map(({ cpuMs }, i) => others[i].cpuMs / cpuMs)),
    pairs,
  };
}

/** Milliseconds of one run: by the clock, and of processor time. */
export interface Sample {
  readonly ms: number;
  readonly cpuMs: number;
}

/** One run's time, the mean of `repeats`. */
export async function sample(run: Run, repeats: number): Promise<Sample> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  for (let i = 0; i < repeats; i++) {
    const result = run();
    // Only onnxruntime's runs are promises: ours do not pay for a turn of the event loop.
    if (result instanceof Promise) await result;
  }
  const ms = (performance.now() - begun) / repeats;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000 / repeats };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
