// Searches whose next point depends on the last: where a condition breaks, and the cheapest point that keeps all. Every
// point is judged with the same random numbers, so that differences are due to the point and not to luck.
import { Stream } from "../random.ts";
import { latinHypercube, type Point, valueAt } from "./design.ts";
import { estimate } from "./statistics.ts";
import { OUTPUT_INDEX } from "./outputs.ts";
import type { RunResult } from "./plan.ts";
import type { Condition, Experiment } from "./schema.ts";

/** Runs all replicates of points, in order. */
export type Evaluate = (points: readonly Point[]) => Promise<readonly (readonly RunResult[])[]>;

/** How far a condition holds: the confidence bound's distance to its limit, negative where it fails. */
export function slack(condition: Condition, runs: readonly RunResult[]): number {
  const { mean, error } = estimate(runs.map(({ outputs }) => outputs[OUTPUT_INDEX.get(condition.output)!]));
  return condition.max !== undefined ? condition.max - (mean + error) : mean - error - condition.min!;
}

export interface BreakPoint {
  readonly axis: string;
  readonly unit: string;
  /** The last value found to hold and the first found to break; undefined where there is no such value in the range. */
  readonly holdsAt?: number;
  readonly breaksAt?: number;
  /** The condition that fails first. */
  readonly condition?: Condition;
  readonly evaluations: number;
}

/**
 * For each axis, others at the base, the value at which the first condition fails: the range is scanned from the end at
 * which everything holds, then the first failing interval is halved. Everything is taken to hold at the axis' start.
 */
export async function breakPoints(experiment: Experiment, base: Point, evaluate: Evaluate): Promise<BreakPoint[]> {
  const { axes, conditions, method } = experiment;
  const tolerance = method.kind === "breakPoint" ? method.tolerance : 0.01;
  const found: BreakPoint[] = [];
  for (let i = 0; i < axes.length; i++) {
    const axis = axes[i];
    const { name, unit, range } = axis;
    const at = (level: number): Point => base.map((other, k) => (k === i ? level : other));
    const failing = (runs: readonly RunResult[]) => conditions.find((condition) => !(slack(condition, runs) >= 0));
    const steps = range!.steps;
    const levels = Array.from({ length: steps }, (_, k) => k / (steps - 1));
    const scan = await evaluate(levels.map(at));
    let evaluations = levels.length;
    const first = scan.findIndex((runs) => failing(runs) !== undefined);
    const values = { axis: name, unit };
    if (first < 0) {
      found.push({ ...values, holdsAt: valueAt(axis, 1), evaluations });
      continue;
    }
    let condition = failing(scan[first]);
    let high = levels[first];
    if (first === 0) {
      found.push({ ...values, breaksAt: valueAt(axis, 0), condition, evaluations });
      continue;
    }
    let low = levels[first - 1];
    while (high - low > tolerance) {
      const middle = (low + high) / 2;
      const [runs] = await evaluate([at(middle)]);
      evaluations++;
      const failed = failing(runs);
      if (failed === undefined) low = middle;
      else {
        high = middle;
        condition = failed;
      }
    }
    found.push({ ...values, holdsAt: valueAt(axis, low), breaksAt: valueAt(axis, high), condition, evaluations });
  }
  return found;
}

export interface Optimum {
  /** The best point that keeps every condition; undefined when none was found. */
  readonly point?: Point;
  readonly value: number;
  /** How far each condition holds there. */
  readonly slacks: readonly number[];
  readonly history: readonly { readonly generation: number; readonly best: number; readonly feasible: number }[];
  readonly evaluations: number;
}

interface Member {
  readonly point: Point;
  readonly value: number;
  readonly slacks: readonly number[];
  /** Sum of the conditions' failures: 0 where all hold. */
  readonly violation: number;
}

/** Deb's rule: what keeps the conditions beats what does not; then less violation; then the lower value. */
function better(a: Member, b: Member): boolean {
  if (a.violation !== b.violation) return a.violation < b.violation;
  return a.value <= b.value;
}

/** Differential evolution (Storn, Price, 1997) under Deb's rule for constraints. */
export async function optimise(experiment: Experiment, evaluate: Evaluate): Promise<Optimum> {
  const { axes, conditions, method, seed } = experiment;
  if (method.kind !== "optimise") throw new Error("not an optimisation");
  const stream = new Stream(seed, 0xfffffffe);
  const column = OUTPUT_INDEX.get(method.minimise)!;
  let evaluations = 0;
  const judge = async (points: readonly Point[]): Promise<Member[]> => {
    evaluations += points.length;
    return (await evaluate(points)).map((runs, i) => {
      const slacks = conditions.map((condition) => slack(condition, runs));
      const violation = slacks.reduce((sum, x) => sum + (x >= 0 ? 0 : Number.isNaN(x) ? Infinity : -x), 0);
      const { mean } = estimate(runs.map(({ outputs }) => outputs[column]));
      return { point: points[i], value: Number.isNaN(mean) ? Infinity : mean, slacks, violation };
    });
  };
  let members = await judge(latinHypercube(axes.length, method.population, stream));
  const history: { generation: number; best: number; feasible: number }[] = [];
  const note = (generation: number) => {
    const best = members.reduce((a, b) => (better(a, b) ? a : b));
    const feasible = members.filter(({ violation }) => violation === 0).length;
    history.push({ generation, best: best.violation === 0 ? best.value : NaN, feasible });
    return best;
  };
  note(0);
  for (let generation = 1; generation <= method.generations; generation++) {
    const trials = members.map(({ point }) => {
      const pick = () => members[stream.below(members.length)].point;
      const [a, b, c] = [pick(), pick(), pick()];
      const kept = stream.below(axes.length);
      return point.map((level, k) => {
        if (k !== kept && !stream.chance(0.9)) return level;
        const moved = a[k] + 0.7 * (b[k] - c[k]);
        // What leaves the range is reflected into it.
        return Math.abs((((moved % 2) + 2) % 2 > 1 ? 2 : 0) - (((moved % 2) + 2) % 2));
      });
    });
    const judged = await judge(trials);
    members = members.map((member, i) => (better(judged[i], member) ? judged[i] : member));
    note(generation);
  }
  const best = members.reduce((a, b) => (better(a, b) ? a : b));
  return {
    ...(best.violation === 0 ? { point: best.point } : {}),
    value: best.value,
    slacks: best.slacks,
    history,
    evaluations,
  };
}
