// The verdict: whether the conditions hold at every point, by what margin, and what breaks first. In words.
import { labelAt, type Point, valueAt } from "./design.ts";
import type { PointResult } from "./journal.ts";
import { OUTPUT_INDEX, OUTPUTS } from "./outputs.ts";
import type { Outcome } from "./run.ts";
import type { Condition, Experiment } from "./schema.ts";
import { Stream } from "../random.ts";
import { morrisEffects, sobolIndices } from "./sensitivity.ts";
import { estimate, type Estimate } from "./statistics.ts";

/** holds: the whole 95 % interval is on the safe side; fails: the whole interval is not; unclear: it straddles the limit. */
export type Judgement = "holds" | "fails" | "unclear" | "too few samples";

export interface Finding {
  readonly condition: Condition;
  readonly point: number;
  readonly levels: Point;
  readonly estimate: Estimate;
  readonly judgement: Judgement;
  /** Distance from the mean to the limit, positive on the safe side, in the output's unit. */
  readonly margin: number;
}

export interface Verdict {
  /** undefined: cannot be said from these samples, or nothing was asked. */
  readonly safe?: boolean;
  readonly sentences: readonly string[];
  readonly findings: readonly Finding[];
}

export function estimateAt(result: PointResult, output: string): Estimate {
  const column = OUTPUT_INDEX.get(output)!;
  return estimate(result.runs.map(({ outputs }) => outputs[column]));
}

function judge(condition: Condition, estimate: Estimate, least: number): Judgement {
  const { mean, error, count } = estimate;
  if (count < Math.min(least, 2) || count < least || Number.isNaN(mean)) return "too few samples";
  const { max, min } = condition;
  // An interval of no width (all samples equal) lies wholly on one side.
  if (max !== undefined) return mean + error <= max ? "holds" : mean - error > max ? "fails" : "unclear";
  return mean - error >= min! ? "holds" : mean + error < min! ? "fails" : "unclear";
}

export function findingsOf(experiment: Experiment, points: readonly PointResult[]): Finding[] {
  return experiment.conditions.flatMap((condition) =>
    points.map((result) => {
      const found = estimateAt(result, condition.output);
      return {
        condition,
        point: result.point,
        levels: result.levels,
        estimate: found,
        judgement: judge(condition, found, experiment.leastReplicates),
        margin: condition.max !== undefined ? condition.max - found.mean : found.mean - condition.min!,
      };
    }),
  );
}

/** "asleep 0.5, gas price 20": the values of a point. */
export function describePoint(experiment: Experiment, levels: Point): string {
  const parts = experiment.axes.map((axis, i) => {
    const label = labelAt(axis, levels[i]);
    return axis.cases !== undefined ? label : `${axis.name} ${label}${axis.unit === "" ? "" : ` ${axis.unit}`}`;
  });
  return parts.length === 0 ? "the base scenario" : parts.join(", ");
}

const unitOf = (name: string) => OUTPUTS[OUTPUT_INDEX.get(name)!].unit;
const round = (x: number) => String(Number(x.toPrecision(4)));
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Steps from the first point, the reference: how far one must go to get there. */
function distance(experiment: Experiment, from: Point, to: Point): number {
  return experiment.axes.reduce((sum, axis, i) => {
    const scale = axis.range === undefined ? 1 : axis.range.steps - 1;
    return sum + Math.abs(to[i] - from[i]) * scale;
  }, 0);
}

/**
 * What diverged: a run in which a number left the range of floating-point numbers, such as a token price that grew
 * without end. Nothing is judged and nothing drawn from such runs.
 */
export function divergenceOf(experiment: Experiment, points: readonly PointResult[]): string | undefined {
  const wild = (x: number) => Math.abs(x) === Infinity;
  const unfinished = OUTPUT_INDEX.get("count.unfinished")!;
  for (const { levels, runs } of points) {
    const bad = runs.filter(
      ({ outputs, series }) => outputs[unfinished] > 0 || outputs.some(wild) || series.some((row) => row.some(wild)),
    );
    if (bad.length === 0) continue;
    const infinite = OUTPUTS.find((_, i) => wild(bad[0].outputs[i]))?.name;
    const what =
      bad[0].outputs[unfinished] > 0
        ? "not everything was decided when time ended, in 136 years"
        : `${infinite ?? "a time series"} is infinite`;
    return (
      `No verdict: ${bad.length} of ${plural(runs.length, "run")} at ${describePoint(experiment, levels)} diverged ` +
      `(${what}). Lower the volatility, the rates or the times.`
    );
  }
  return undefined;
}

/** Judges a finished experiment. Searches are judged by what they found. */
export function verdictOf({ plan, points, complete, breakPoints, optimum }: Outcome): Verdict {
  const { experiment } = plan;
  if (!complete)
    return { sentences: ["Interrupted: no verdict. Run it again with the same folder to finish it."], findings: [] };
  const divergence = divergenceOf(experiment, points);
  if (divergence !== undefined) return { sentences: [divergence], findings: [] };
  if (breakPoints !== undefined) {
    const broken = breakPoints.filter(({ breaksAt }) => breaksAt !== undefined);
    const sentences = breakPoints.map(({ axis, unit, holdsAt, breaksAt, condition }) => {
      const withUnit = (x: number) => `${round(x)}${unit === "" ? "" : ` ${unit}`}`;
      if (breaksAt === undefined) return `${axis}: everything holds over the whole range, to ${withUnit(holdsAt!)}.`;
      if (holdsAt === undefined) return `${axis}: "${condition!.says}" fails already at ${withUnit(breaksAt)}.`;
      return `${axis}: holds at ${withUnit(holdsAt)}; from ${withUnit(breaksAt)} on it is no longer shown that ${condition!.says}.`;
    });
    const summary =
      broken.length === 0
        ? "Safe over every range searched."
        : `Safe at the base, and ${plural(broken.length, "axis").replace("axiss", "axes")} of ${breakPoints.length} can break it.`;
    return {
      safe: broken.every(({ holdsAt }) => holdsAt !== undefined),
      sentences: [summary, ...sentences],
      findings: [],
    };
  }
  if (optimum !== undefined) {
    if (optimum.point === undefined)
      return {
        safe: false,
        sentences: [`No point of ${optimum.evaluations} tried keeps every condition.`],
        findings: [],
      };
    const { point } = optimum;
    const values = experiment.axes.map((axis, i) => `${axis.name} ${round(valueAt(axis, point[i]))}`).join(", ");
    const tight = experiment.conditions.map(({ says }, i) => `${says} (by ${round(optimum.slacks[i])})`).join("; ");
    return {
      safe: true,
      sentences: [`The cheapest point found costs ${round(optimum.value)}: ${values}.`, `There ${tight}.`],
      findings: [],
    };
  }
  const findings = findingsOf(experiment, points);
  const ranking = rankingOf(experiment, points);
  if (ranking !== undefined) return { sentences: ranking, findings };
  if (experiment.conditions.length === 0) return { sentences: ["No condition was asked for."], findings };
  return judgeAll(experiment, points, findings);
}

/** Of a sensitivity analysis: what decides, and what does not. */
function rankingOf({ axes, method, seed }: Experiment, points: readonly PointResult[]): string[] | undefined {
  if (method.kind !== "morris" && method.kind !== "sobol") return undefined;
  const ys = points.map((result) => estimateAt(result, method.output).mean);
  const missing = ys.filter(Number.isNaN).length;
  if (missing > 0)
    return [
      `No verdict: ${method.output} has no sample at ${plural(missing, "point")} of ${points.length}. Raise requests.`,
    ];
  const ranked = (values: readonly number[]) =>
    axes.map(({ name }, i) => ({ name, value: values[i] })).sort((a, b) => b.value - a.value);
  const list = (items: readonly { name: string; value: number }[]) =>
    items.map(({ name, value }) => `${name} (${round(value)})`).join(", ");
  if (method.kind === "morris") {
    const order = ranked(
      morrisEffects(
        points.map(({ levels }) => levels),
        ys,
      ).map(({ muStar }) => muStar),
    );
    const most = order[0].value;
    const little = order.filter(({ value }) => value < most / 10);
    return [
      `${order[0].name} moves ${method.output} most: by ${round(most)} ${unitOf(method.output)} on average over its range.`,
      `In order: ${list(order)}.`,
      little.length === 0 ? "None is negligible." : `Less than a tenth of the first: ${list(little)}.`,
    ];
  }
  const stream = new Stream(seed, SOBOL);
  const indices = sobolIndices(ys, axes.length, (n) => stream.below(n));
  const order = ranked(indices.map(({ total }) => total));
  const alone = indices.reduce((sum, { first }) => sum + first, 0);
  const widest = Math.max(...indices.map(({ totalError }) => totalError));
  const sentences = [
    `${order[0].name} decides most of ${method.output}: ${round(100 * order[0].value)} % of its variance.`,
    `Shares with all interactions: ${list(order)}; single axes alone explain ${round(100 * alone)} %.`,
  ];
  if (widest > 0.1) sentences.push(`Too few samples for more: an index is known to ± ${round(widest)} only.`);
  return sentences;
}

/** Where the resampling of Sobol indices draws from. */
export const SOBOL = 0xfffffffd;

/** Of findings, the safety of those that count, and sentences about all. */
function judgeAll(experiment: Experiment, points: readonly PointResult[], findings: readonly Finding[]): Verdict {
  const [reference] = points;
  const counting =
    experiment.judge === "everywhere" ? findings : findings.filter(({ point }) => point === reference.point);
  const is = (judgement: Judgement) => (finding: Finding) => finding.judgement === judgement;
  const safe = counting.some(is("fails")) ? false : counting.every(is("holds")) ? true : undefined;
  const where =
    experiment.judge === "everywhere" ? `at all ${plural(points.length, "point")}` : "at the reference point";
  const place = experiment.judge === "everywhere" ? "" : ` (${describePoint(experiment, reference.levels)})`;
  const sentences: string[] = [];
  const failingHere = counting.filter(is("fails"));
  const open = counting.filter(({ judgement }) => judgement !== "holds" && judgement !== "fails");
  if (safe) sentences.push(`Safe ${where}${place}: ${experiment.conditions.map(({ says }) => says).join("; ")}.`);
  else if (safe === false)
    sentences.push(
      `Not safe: it is not so that ${say(worstOf(failingHere))}, ${at(experiment, worstOf(failingHere))}.`,
    );
  else sentences.push(undecided(experiment, open));

  const failing = findings.filter(is("fails"));
  const unclear = findings.filter(is("unclear"));
  const thin = findings.filter(is("too few samples"));
  const count = (list: readonly Finding[]) => new Set(list.map(({ point }) => point)).size;
  if (failing.length > 0) {
    const first = failing.reduce((a, b) =>
      distance(experiment, reference.levels, b.levels) < distance(experiment, reference.levels, a.levels) ? b : a,
    );
    const worst = worstOf(failing);
    sentences.push(
      `What breaks first: ${at(experiment, first)}, it is no longer so that ${say(first)}. ` +
        `A condition fails at ${count(failing)} of ${plural(points.length, "point")}.`,
    );
    if (worst.point !== first.point)
      sentences.push(`Worst: ${at(experiment, worst)}, where ${worst.condition.output} is ${number(worst)}.`);
  } else if (points.length > 1)
    sentences.push(`No condition is seen to fail at any of ${plural(points.length, "point")}.`);
  if (unclear.length > 0)
    sentences.push(`Not decided at ${plural(count(unclear), "point")}: the 95 % interval straddles a limit.`);
  if (thin.length > 0)
    sentences.push(`Not judged at ${plural(count(thin), "point")}: fewer than ${experiment.leastReplicates} samples.`);
  const tight = experiment.conditions.map((condition) => {
    const own = counting.filter((finding) => finding.condition === condition && finding.judgement === "holds");
    return own.length === 0 ? "" : `${condition.says} by ${round(worstOf(own).margin)} ${unitOf(condition.output)}`;
  });
  const margins = tight.filter(Boolean).join("; ");
  if (margins !== "") sentences.push(`Margins ${where}: ${margins}.`);
  return { ...(safe === undefined ? {} : { safe }), sentences, findings };
}

const worstOf = (findings: readonly Finding[]) => findings.reduce((a, b) => (b.margin < a.margin ? b : a));
const at = (experiment: Experiment, { levels }: Finding) => `at ${describePoint(experiment, levels)}`;

function undecided(experiment: Experiment, open: readonly Finding[]): string {
  const thin = open.find(({ judgement }) => judgement === "too few samples");
  if (thin !== undefined)
    return (
      `No verdict: ${thin.condition.output} rests on ${plural(thin.estimate.count, "sample")} ${at(experiment, thin)}, ` +
      `fewer than ${experiment.leastReplicates}. Raise replicates or requests.`
    );
  const worst = worstOf(open);
  return (
    `No verdict: the 95 % interval straddles the limit ${at(experiment, worst)} (${worst.condition.output} is ` +
    `${number(worst)}). Raise replicates or requests.`
  );
}

function number({ condition, estimate }: Finding): string {
  return `${round(estimate.mean)} ± ${round(estimate.error)} ${unitOf(condition.output)}`;
}

function say(finding: Finding): string {
  const { condition } = finding;
  const limit = condition.max !== undefined ? `at most ${condition.max}` : `at least ${condition.min}`;
  return `${condition.says} (${condition.output} is ${number(finding)}, limit ${limit})`;
}
