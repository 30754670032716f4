/**
 * The simulator's speed: agent-steps a second on one core by number of agents, bytes an agent, what a second worker adds,
 * how long the standing sweep takes; beside it, where Python is present, radCAD and Mesa at the simplest comparable model.
 *
 *   npm run bench -- simulator [--quick] [--json]
 *
 * Each figure is the median of five runs, of one with --quick; the load of the machine is printed beside.
 * One agent-step is one agent's decision or one handled timer. Seconds are of processor time, except for the scaling. The mechanism is the full one: all strategies, games with
 * clocks and bonds, prices, learning, delegation, audits and receipts.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { loadParameters } from "../../packages/protocol/src/parameters.ts";
import { Simulation } from "../../packages/simulator/src/kernel/simulation.ts";
import { Stream } from "../../packages/simulator/src/random.ts";
import { compileRules } from "../../packages/simulator/src/rules.ts";
import { type Scenario, type ScenarioInput, scenarioSchema } from "../../packages/simulator/src/scenario.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const rules = compileRules(loadParameters(path.join(ROOT, "packages/deployment/parameters/default.json5")));

/** Everybody and everything, at a number of agents; a request in three days from each requester. */
function crowd(agents: number, requests: number): Scenario {
  const input: ScenarioInput = {
    requests,
    samples: 0,
    durationSeconds: 2 ** 31,
    demand: { requesters: Math.round(agents * 0.75), everySeconds: 259_200, callbackShare: 0.05 },
    providers: {
      count: Math.round(agents * 0.1),
      stakeUsd: 1e9,
      strategies: {
        honest: 82,
        lazy: 2,
        always: 2,
        sometimes: 2,
        unwatched: 2,
        valuable: 2,
        selfChallenging: 2,
        colluding: 2,
        crashing: 2,
        withholding: 2,
      },
    },
    watchers: {
      count: Math.round(agents * 0.08),
      strategies: {
        always: 1,
        sampling: 10,
        profit: 2,
        freeRiding: 2,
        copying: 1,
        griefing: 1,
        committing: 1,
        demanding: 1,
      },
      asleep: 0.2,
    },
    auditors: { count: Math.round(agents * 0.02), strategies: { diligent: 8, lazy: 1, colluding: 1 } },
    delegators: { count: Math.round(agents * 0.05) },
    guardian: { freezeProbability: 0.02 },
    prices: { tokenVolatility: 0.8, gasVolatility: 1 },
    learning: { dynamics: "imitation", populations: ["providers", "watchers", "auditors"] },
    channel: { share: 0.2 },
  };
  return scenarioSchema.parse(input);
}

interface Measured {
  readonly steps: number;
  /** Of processor time: other programs on the machine do not count. */
  readonly seconds: number;
  readonly bytes: number;
}

function measure(scenario: Scenario, seed: number): Measured {
  const sim = new Simulation(rules, scenario, { seed });
  const before = process.cpuUsage();
  sim.run();
  const { user, system } = process.cpuUsage(before);
  return { steps: sim.steps, seconds: (user + system) / 1e6, bytes: sim.bytes() };
}

/** 1 where an unsigned word is below a limit, else 0, without a branch. */
const under = (word: number, limit: number) => ((word >>> 1) - limit) >>> 31;

/**
 * The simplest model, as scripts/bench/simulator.py has it for the others, with this simulator's numbers and arrays: every
 * agent decides at random whether to cheat, is audited at random, and its balance changes.
 */
function simplest(agents: number, steps: number): number {
  const stream = new Stream(1);
  const balances = new Float64Array(agents);
  const words = new Uint32Array(agents);
  // One uniform number decides both: it cheats below the first limit, and is caught below the second.
  const [cheats, caught] = [Math.round(0.1 * 2 ** 31), Math.round(0.1 * 0.05 * 2 ** 31)];
  const payoffs = Float64Array.of(0.5, 1, -38);
  const before = process.cpuUsage();
  for (let step = 0; step < steps; step++) {
    stream.fill(words);
    for (let i = 0; i < agents; i++) balances[i] += payoffs[under(words[i], cheats) + under(words[i], caught)];
  }
  const { user, system } = process.cpuUsage(before);
  // What an agent earns a step on average, within five standard errors: the model was played, not optimised away.
  const mean = balances.reduce((sum, x) => sum + x, 0) / (agents * steps);
  if (!(Math.abs(mean - 0.355) < (5 * 2.75) / Math.sqrt(agents * steps)))
    throw new Error(`the simplest model pays ${mean}`);
  return (agents * steps) / ((user + system) / 1e6);
}

/** What each worker does for the scaling figure: runs of the default population. */
function job(runs: number, offset: number): number {
  let steps = 0;
  const scenario = scenarioSchema.parse({ requests: 10_000, samples: 0 });
  for (let i = 0; i < runs; i++)
    steps += new Simulation(rules, scenario, { seed: 1, replicate: offset + i }).run().steps;
  return steps;
}

/** Seconds that `count` workers take for as many runs each, on the clock and of processor time. */
async function workersTake(count: number, runs: number): Promise<{ clock: number; processor: number }> {
  const workers = Array.from(
    { length: count },
    (_, i) => new Worker(new URL(import.meta.url), { workerData: { runs, offset: i * runs } }),
  );
  const said = (worker: Worker) =>
    new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  await Promise.all(workers.map(said));
  const begin = performance.now();
  const before = process.cpuUsage();
  await Promise.all(workers.map((worker) => (worker.postMessage("go"), said(worker))));
  const clock = (performance.now() - begin) / 1_000;
  const { user, system } = process.cpuUsage(before);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return { clock, processor: (user + system) / 1e6 };
}

const median = (xs: readonly number[]) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];

/** Installs radCAD and Mesa of pinned versions into an ignored folder and times them; a string says why not. */
function others(seconds: number): { python: string; [name: string]: unknown } | string {
  const run = (command: string, args: string[]) => spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (run("python3", ["--version"]).status !== 0) return "not run: no Python";
  const folder = path.join(ROOT, ".toolchain", "simulator-bench");
  const python = path.join(folder, "bin", "python");
  if (!existsSync(python)) {
    console.error(`bench: installing radCAD and Mesa into ${path.relative(ROOT, folder)}`);
    if (run("python3", ["-m", "venv", folder]).status !== 0) return "not run: python3 -m venv does not work";
  }
  const requirements = path.join(ROOT, "scripts/bench/simulator.requirements.txt");
  const installed = run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  if (installed.status !== 0) return `not run: pip: ${installed.stderr.trim().split("\n").at(-1)}`;
  const timed = run(python, [path.join(ROOT, "scripts/bench/simulator.py"), String(seconds), "100,10000"]);
  if (timed.status !== 0) return `not run: ${timed.stderr.trim().split("\n").at(-1)}`;
  return JSON.parse(timed.stdout);
}

async function main(): Promise<void> {
  const quick = process.argv.includes("--quick");
  const json = process.argv.includes("--json");
  const say = (line: string) => json || console.log(line);
  const million = (x: number) => `${(x / 1e6).toFixed(1)} million`;

  // What is compiled while it runs is compiled before it is timed.
  measure(crowd(100, 200_000), 0);
  const times = quick ? 1 : 5;
  const repeated = <T>(play: (round: number) => T): T[] => Array.from({ length: times }, (_, i) => play(i + 1));
  say(`load ${loadavg()[0].toFixed(1)} on ${availableParallelism()} cores; medians of ${times}`);

  const speeds = [100, 10_000, 1_000_000].map((agents) => {
    const requests = quick ? 200_000 : 1_000_000;
    const measured = repeated((seed) => measure(crowd(agents, requests), seed));
    const rates = measured.map(({ steps, seconds }) => steps / seconds);
    const [rate, best] = [median(rates), Math.max(...rates)];
    const bytes = Math.max(...measured.map(({ bytes }) => bytes));
    say(
      `${agents.toLocaleString("en").padStart(9)} agents: ${million(rate)} agent-steps a second of one core ` +
        `(best ${million(best)}), ${(bytes / agents).toFixed(0)} bytes an agent`,
    );
    return { agents, rate, best, bytesPerAgent: bytes / agents };
  });

  const runs = quick ? 40 : 200;
  const ones: Awaited<ReturnType<typeof workersTake>>[] = [];
  const twos: typeof ones = [];
  for (let round = 0; round < times; round++) {
    ones.push(await workersTake(1, runs));
    twos.push(await workersTake(2, runs));
  }
  const scaling = median(ones.map((one, i) => (2 * one.clock) / twos[i].clock));
  const scalingProcessor = median(ones.map((one, i) => (4 * one.processor) / twos[i].processor));
  const sweepSeconds = (100_000 / runs) * (median(twos.map(({ clock }) => clock)) / 2);
  const sweepProcessor = (100_000 / runs) * (median(twos.map(({ processor }) => processor)) / 2);
  say(
    `two workers do ${scaling.toFixed(2)} × the work of one by the clock; by processor time, which other programs ` +
      `disturb less, ${scalingProcessor.toFixed(2)} ×`,
  );
  say(
    `1,000 points × 100 seeds × 10,000 requests with the default population: ` +
      `${(sweepProcessor / 60).toFixed(1)} minutes of processor time, by the clock now ` +
      `${(sweepSeconds / 60).toFixed(1)} minutes (from ${runs} of the 100,000 runs a worker)`,
  );

  const compared = others(quick ? 1 : 3);
  if (typeof compared === "string") say(compared);
  else {
    say(`Python ${compared.python}, the simplest comparable model:`);
    for (const name of ["Mesa", "radCAD"]) {
      const { version, rates } = compared[name] as { version: string; rates: Record<string, number> };
      for (const [agents, rate] of Object.entries(rates)) {
        const full = speeds.find((speed) => speed.agents === Number(agents))!.rate;
        const steps = Math.round((quick ? 5e7 : 3e8) / Number(agents));
        const own = median(repeated(() => simplest(Number(agents), steps)));
        say(
          `  ${name} ${version}, ${Number(agents).toLocaleString("en")} agents: ${million(rate)} agent-steps a second; ` +
            `the same here: ${million(own)}, ${(own / rate).toFixed(0)} ×; the full mechanism: ${(full / rate).toFixed(0)} ×`,
        );
      }
    }
  }
  if (json)
    console.log(JSON.stringify({ speeds, scaling, scalingProcessor, sweepSeconds, sweepProcessor, others: compared }));
}

if (isMainThread) await main();
else {
  const { runs, offset } = workerData as { runs: number; offset: number };
  job(3, offset);
  parentPort!.once("message", () => {
    parentPort!.postMessage(job(runs, offset));
  });
  parentPort!.postMessage("ready");
}
