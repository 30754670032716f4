// The report: one self-contained HTML file with the verdict in words, charts, tables, and the files from which the same
// report can be made again, bit for bit.
import { labelAt, valueAt } from "../experiment/design.ts";
import { OUTPUT_INDEX, OUTPUTS } from "../experiment/outputs.ts";
import type { Plan } from "../experiment/plan.ts";
import { type Experiment, parseExperiment, parseJson5 } from "../experiment/schema.ts";
import { makePlan } from "../experiment/plan.ts";
import type { Outcome } from "../experiment/run.ts";
import { morrisEffects, sobolIndices } from "../experiment/sensitivity.ts";
import { describePoint, divergenceOf, estimateAt, SOBOL, type Verdict, verdictOf } from "../experiment/verdict.ts";
import { InputError } from "../errors.ts";
import { Stream } from "../random.ts";
import { barChart, type Chart, convergence, fan, lines, morrisChart, phase, rangeChart, sobolChart } from "./charts.ts";

export const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const round = (x: number, digits = 4) =>
  Number.isNaN(x) ? "–" : x === Infinity ? "∞" : String(Number(x.toPrecision(digits)));

export const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;color:#1b1b1b;margin:0 auto;padding:24px;max-width:820px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px}h2{font-size:18px;margin:34px 0 6px}
.lead{color:#555;margin:0 0 18px}.verdict{border-left:6px solid #c9b458;background:#faf7ea;padding:12px 16px}
.verdict.safe{border-color:#3d8f5f;background:#eef7f1}.verdict.unsafe{border-color:#b84a33;background:#fbeeea}
.verdict p{margin:4px 0}.verdict p:first-child{font-weight:600;font-size:17px}
figure{margin:18px 0 26px}figure svg{max-width:100%;height:auto;display:block}figcaption{color:#555;font-size:13px}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;margin:8px 0}
th,td{border-bottom:1px solid #ddd;padding:4px 10px 4px 0;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}thead th{border-bottom:2px solid #999}
.words{text-align:left;white-space:normal;min-width:110px}
.holds{background:#dff0e5}.fails{background:#f6d9d2}.unclear,.few{background:#f5edcf}
pre{background:#f6f6f4;padding:12px;overflow:auto;font-size:12px;max-height:420px}details{margin:10px 0}summary{cursor:pointer}
footer{color:#555;font-size:13px;margin-top:40px;border-top:1px solid #ddd;padding-top:10px}`;

export const figure = ({ title, note, svg }: Chart, index: number) =>
  `<h2>${escaped(title)}</h2><figure>${svg.replaceAll("zr-", `c${index}-`)}<figcaption>${escaped(note)}</figcaption></figure>`;

export function table(
  head: readonly string[],
  rows: readonly (readonly (string | { text: string; mark: string })[])[],
  /** Columns of words, which break into lines. */
  words: readonly string[] = [],
): string {
  const mark = (column: number) => (words.includes(head[column]) ? ' class="words"' : "");
  const cell = (x: string | { text: string; mark: string }, column: number) =>
    typeof x === "string" ? `<td${mark(column)}>${escaped(x)}</td>` : `<td class="${x.mark}">${escaped(x.text)}</td>`;
  return (
    `<div class="wide"><table><thead><tr>${head.map((x, i) => `<th${mark(i)}>${escaped(x)}</th>`).join("")}</tr></thead><tbody>` +
    `${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("")}</tbody></table></div>`
  );
}

function chartsOf(outcome: Outcome, verdict: Verdict): Chart[] {
  const { plan, points, breakPoints, optimum } = outcome;
  const { experiment } = plan;
  const { method, axes } = experiment;
  const charts: Chart[] = [];
  if (divergenceOf(experiment, points) !== undefined) return charts;
  if (method.kind === "morris" && outcome.complete) {
    const ys = points.map((result) => estimateAt(result, method.output).mean);
    charts.push(
      morrisChart(
        experiment,
        morrisEffects(
          points.map(({ levels }) => levels),
          ys,
        ),
        method.output,
      ),
    );
  }
  if (method.kind === "sobol" && outcome.complete) {
    const ys = points.map((result) => estimateAt(result, method.output).mean);
    const stream = new Stream(experiment.seed, SOBOL);
    charts.push(
      sobolChart(
        experiment,
        sobolIndices(ys, axes.length, (n) => stream.below(n)),
        method.output,
      ),
    );
  }
  if (breakPoints !== undefined)
    charts.push(
      rangeChart(
        breakPoints.map(({ axis, breaksAt, holdsAt }, i) => {
          const { from, to, scale } = axes[i].range!;
          const place = (x: number) =>
            scale === "log" ? Math.log(x / from) / Math.log(to / from) : (x - from) / (to - from);
          const share = breaksAt === undefined ? 1 : holdsAt === undefined ? 0 : place(holdsAt);
          return { axis, share, broken: breaksAt !== undefined };
        }),
      ),
    );
  if (optimum !== undefined && method.kind === "optimise") charts.push(convergence(optimum.history, method.minimise));
  if (method.kind !== "grid" || points.length === 0) return charts;
  for (const chart of experiment.charts) {
    if (chart.kind === "phase") charts.push(phase(experiment, points, verdict.findings, chart));
    else if (chart.kind === "lines") charts.push(lines(experiment, points, chart));
    else if (chart.kind === "bars") charts.push(barChart(experiment, points, chart));
    else charts.push(fan(points, chart, experiment.leastReplicates));
  }
  return charts;
}

/** The estimates behind the verdict and the charts, at most this many points. */
const MOST_ROWS = 400;

function estimatesTable(outcome: Outcome, verdict: Verdict): string {
  const { plan, points } = outcome;
  const { experiment } = plan;
  const names = new Set(experiment.conditions.map(({ output }) => output));
  for (const chart of experiment.charts) {
    if (chart.kind === "phase" || chart.kind === "bars") names.add(chart.output);
    if (chart.kind === "lines") chart.outputs.forEach((name) => names.add(name));
  }
  const { method } = experiment;
  if (method.kind === "morris" || method.kind === "sobol") names.add(method.output);
  if (method.kind === "optimise") names.add(method.minimise);
  const shown = [...names];
  const marks = { holds: "holds", fails: "fails", unclear: "unclear", "too few samples": "few" };
  const rows = points.slice(0, MOST_ROWS).map((result) => [
    String(result.point),
    ...experiment.axes.map((axis, i) =>
      axis.cases !== undefined ? labelAt(axis, result.levels[i]) : round(valueAt(axis, result.levels[i])),
    ),
    ...shown.map((name) => {
      const { mean, error, count } = estimateAt(result, name);
      const text = count === 0 ? "no sample" : `${round(mean)} ± ${round(error, 2)}`;
      const own = verdict.findings.filter((f) => f.point === result.point && f.condition.output === name);
      const worst = (["fails", "too few samples", "unclear", "holds"] as const).find((j) =>
        own.some((f) => f.judgement === j),
      );
      return worst === undefined ? text : { text, mark: marks[worst] };
    }),
  ]);
  const more =
    points.length > MOST_ROWS
      ? `<p>The first ${MOST_ROWS} of ${points.length} points; all are in results.csv.</p>`
      : "";
  const legend = shown
    .map((name) => OUTPUTS[OUTPUT_INDEX.get(name)!])
    .map(({ name, unit, meaning }) => `${name} (${unit}): ${meaning}`);
  return (
    `<h2>Estimates</h2><p>Mean of ${experiment.replicates} runs ± half the 95 % interval. ${legend.map(escaped).join("; ")}.</p>` +
    table(
      ["point", ...experiment.axes.map(({ name, unit }) => (unit === "" ? name : `${name}, ${unit}`)), ...shown],
      rows,
    ) +
    more
  );
}

function searchTable({ breakPoints }: Outcome): string {
  if (breakPoints === undefined) return "";
  const rows = breakPoints.map(({ axis, unit, holdsAt, breaksAt, condition, evaluations }) => [
    axis,
    unit,
    holdsAt === undefined ? "–" : round(holdsAt),
    breaksAt === undefined ? "not in the range" : round(breaksAt),
    condition?.says ?? "",
    String(evaluations),
  ]);
  return `<h2>Break points</h2>${table(["axis", "unit", "holds at", "breaks at", "what fails", "points run"], rows)}`;
}

/** What is embedded, and what a report is made again from. */
interface Embedded {
  readonly file: string;
  readonly text: string;
  readonly overrides: Partial<Experiment>;
  readonly parametersFile: string;
  readonly parametersText: string;
}

const baseName = (file: string) => file.replace(/^.*[\\/]/, "");

function embedded({ file, text, experiment, parametersFile, parametersText }: Plan): Embedded {
  const { seed, replicates, parameters } = experiment;
  return {
    file: baseName(file),
    text,
    overrides: { seed, replicates, parameters },
    parametersFile: baseName(parametersFile),
    parametersText,
  };
}

/** The report of a finished experiment. */
export function toHtml(outcome: Outcome): string {
  const { plan } = outcome;
  const { experiment } = plan;
  const verdict = verdictOf(outcome);
  const kind = verdict.safe === undefined ? "" : verdict.safe ? " safe" : " unsafe";
  const data = JSON.stringify(embedded(plan)).replaceAll("<", "\\u003c");
  const { axes, method, replicates, seed } = experiment;
  const varied = axes.length === 0 ? "one base scenario" : axes.map(({ name }) => name).join(", ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(experiment.title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(experiment.title)}</h1><p class="lead">${escaped(experiment.question)}</p>
<section class="verdict${kind}">${verdict.sentences.map((s) => `<p>${escaped(s)}</p>`).join("")}</section>
${chartsOf(outcome, verdict).map(figure).join("\n")}
${searchTable(outcome)}
${method.kind === "grid" || method.kind === "latinHypercube" || method.kind === "monteCarlo" ? estimatesTable(outcome, verdict) : ""}
<h2>How it was made</h2>
<p>Varied: ${escaped(varied)}. Method: ${method.kind}; ${outcome.points.length} points, ${replicates} runs each, seed ${seed}.
Reference point: ${escaped(outcome.points[0] === undefined ? "none" : describePoint(experiment, outcome.points[0].levels))}.</p>
${experiment.caveats.length > 0 ? `<p>What the model leaves out:</p><ul>${experiment.caveats.map((c) => `<li>${escaped(c)}</li>`).join("")}</ul>` : ""}
<details><summary>The experiment file (${escaped(baseName(plan.file))})</summary><pre>${escaped(plan.text)}</pre></details>
<details><summary>The parameter file (${escaped(baseName(plan.parametersFile))})</summary><pre>${escaped(plan.parametersText)}</pre></details>
<footer>Made by <code>assay simulate run</code>. <code>assay simulate rerun report.html</code> makes this file again, byte for byte.</footer>
<script type="application/json" id="plan">${data}</script>
</body></html>
`;
}

function parseEmbedded(json: string, file: string): Embedded {
  try {
    const data = JSON.parse(json) as Embedded;
    if ([data.file, data.text, data.parametersFile, data.parametersText].every((x) => typeof x === "string"))
      return data;
  } catch {
    // Said below.
  }
  throw InputError.at(file, "holds no experiment that can be read", "give a report.html as assay simulate run made it");
}

/** The plan embedded in a report. Throws InputError. */
export function planFromReport(html: string, file: string): Plan {
  const found = /<script type="application\/json" id="plan">([^<]*)<\/script>/.exec(html);
  if (found === null)
    throw InputError.at(file, "holds no experiment", "give a report.html that assay simulate run made");
  const { file: name, text, overrides, parametersFile, parametersText } = parseEmbedded(found[1], file);
  // What the command line had changed is checked as if it stood in the file.
  const given = parseJson5(text, name) as object;
  const { seed, replicates, parameters } = { ...overrides };
  const experiment = parseExperiment(JSON.stringify({ ...given, seed, replicates, parameters }), name);
  return makePlan(name, text, experiment, parametersFile, parametersText);
}
