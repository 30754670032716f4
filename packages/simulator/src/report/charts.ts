// Charts as static SVG, drawn by Apache ECharts on this side: a report needs neither network nor script to be read.
import * as echarts from "echarts";
import { gridLevels, labelAt, valueAt } from "../experiment/design.ts";
import type { PointResult } from "../experiment/journal.ts";
import { OUTPUT_INDEX, OUTPUTS } from "../experiment/outputs.ts";
import type { Axis, Experiment } from "../experiment/schema.ts";
import type { Effect, SobolIndex } from "../experiment/sensitivity.ts";
import { estimate, type Estimate, quantile } from "../experiment/statistics.ts";
import { estimateAt, type Finding } from "../experiment/verdict.ts";
import { SERIES } from "../kernel/world.ts";

export interface Chart {
  readonly title: string;
  readonly note: string;
  readonly svg: string;
}

// Okabe and Ito's colours: told apart by all readers.
const PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000"];
export const SAFE = "#8cc8a4";
export const UNSAFE = "#e08a75";
export const UNCLEAR = "#e9dba6";

const WIDTH = 760;

/** Draws an option: equal options give equal bytes. Ids begin with `zr-`, to be made unique where charts stand together. */
export function draw(option: echarts.EChartsCoreOption, height = 380): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    color: PALETTE,
    textStyle: { fontFamily: "system-ui, sans-serif" },
    grid: { left: 90, right: 30, top: 40, bottom: 60, containLabel: false },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // Names and styles for hovering count up through the life of the process; a report is not hovered over.
  return svg
    .replace(/ class="zr\d*-cls-\d+"/g, "")
    .replace(/<style[^]*?<\/style>/g, "")
    .replace(/ ecmeta_[a-z_]+="[^"]*"/g, "")
    .replace(/zr\d+-/g, "zr-");
}

const outputOf = (name: string) => OUTPUTS[OUTPUT_INDEX.get(name)!];
const label = (name: string) => `${name} (${outputOf(name).unit})`;
const round = (x: number, digits = 3) => (Number.isNaN(x) ? "–" : String(Number(x.toPrecision(digits))));
const tick = (value: number) => round(value);
const nameAxis = (name: string, gap = 30) => ({ name, nameLocation: "middle" as const, nameGap: gap });

const axisNumber = (experiment: Experiment, name: string) => experiment.axes.findIndex((axis) => axis.name === name);
const axisTitle = (experiment: Experiment, name: string) => {
  const { unit } = experiment.axes[axisNumber(experiment, name)];
  return unit === "" ? name : `${name} (${unit})`;
};

/** An axis' levels in the order of its values; cases in their own. */
const sortedLevels = (axis: Axis) =>
  gridLevels(axis).sort((a, b) => (axis.cases === undefined ? valueAt(axis, a) - valueAt(axis, b) : 0));

/** Mean over all points that share the levels of the given axes: other axes are averaged over. */
function pooled(
  points: readonly PointResult[],
  axes: readonly number[],
  levels: readonly number[],
  output: string,
): number {
  const column = OUTPUT_INDEX.get(output)!;
  const matching = points.filter((result) => axes.every((axis, i) => result.levels[axis] === levels[i]));
  return estimate(matching.flatMap(({ runs }) => runs.map(({ outputs }) => outputs[column]))).mean;
}

/** The estimate of an output over points, or nothing where it rests on fewer samples than the experiment asks for. */
function enough({ leastReplicates }: Experiment, points: readonly PointResult[], column: number): Estimate {
  const found = estimate(points.flatMap(({ runs }) => runs.map(({ outputs }) => outputs[column])));
  return found.count < leastReplicates ? { ...found, mean: NaN, error: Infinity } : found;
}

/** Says what is not drawn. */
function thinNote({ leastReplicates }: Experiment, estimates: readonly Estimate[]): string {
  const thin = estimates.filter(({ count }) => count < leastReplicates).length;
  if (thin === 0) return "";
  return ` Not drawn at ${thin} of ${estimates.length} places: fewer than ${leastReplicates} samples.`;
}

/** Two axes against an output: cells coloured by the condition where there is one, else by value. */
export function phase(
  experiment: Experiment,
  points: readonly PointResult[],
  findings: readonly Finding[],
  chart: { x: string; y: string; output: string; title?: string },
): Chart {
  const [x, y] = [axisNumber(experiment, chart.x), axisNumber(experiment, chart.y)];
  const xs = sortedLevels(experiment.axes[x]);
  const ys = sortedLevels(experiment.axes[y]);
  const own = findings.filter(({ condition }) => condition.output === chart.output);
  const data = xs.flatMap((a, i) =>
    ys.map((b, j) => {
      const mean = pooled(points, [x, y], [a, b], chart.output);
      const here = own.filter(({ levels }) => levels[x] === a && levels[y] === b).map(({ judgement }) => judgement);
      const code = here.includes("fails") ? 1 : here.length > 0 && here.every((one) => one === "holds") ? 0 : 2;
      const shown = Number.isNaN(mean) ? "-" : mean;
      return {
        value: own.length > 0 ? [i, j, shown, code] : [i, j, shown],
        label: { show: xs.length <= 14, formatter: round(mean), color: "#222", fontSize: 11 },
      };
    }),
  );
  // As wide as the longest word beside the chart.
  const wide = Math.max(35, 6.5 * Math.max(...ys.map((level) => labelAt(experiment.axes[y], level).length)));
  const values = data.map(({ value }) => value[2]).filter((v): v is number => typeof v === "number");
  const svg = draw(
    {
      grid: { left: wide + 55, right: 30, top: 20, bottom: 100 },
      xAxis: {
        type: "category",
        data: xs.map((level) => labelAt(experiment.axes[x], level)),
        ...nameAxis(axisTitle(experiment, chart.x)),
      },
      yAxis: {
        type: "category",
        data: ys.map((level) => labelAt(experiment.axes[y], level)),
        ...nameAxis(axisTitle(experiment, chart.y), wide + 30),
      },
      visualMap:
        own.length > 0
          ? {
              type: "piecewise",
              dimension: 3,
              orient: "horizontal",
              left: "center",
              bottom: 0,
              pieces: [
                { value: 0, label: "holds", color: SAFE },
                { value: 2, label: "not decided", color: UNCLEAR },
                { value: 1, label: "fails", color: UNSAFE },
              ],
            }
          : {
              dimension: 2,
              min: Math.min(...values),
              max: Math.max(...values),
              orient: "horizontal",
              left: "center",
              bottom: 0,
              inRange: { color: ["#f7fbff", "#6baed6", "#08306b"] },
            },
      series: [{ type: "heatmap", data, itemStyle: { borderColor: "#fff", borderWidth: 1 } }],
    },
    150 + 34 * Math.max(5, ys.length),
  );
  const note =
    own.length > 0
      ? `${outputOf(chart.output).meaning}. Green: the condition holds with 95 % confidence; red: it fails; sand: not decided.`
      : outputOf(chart.output).meaning;
  return { title: chart.title ?? `${label(chart.output)} over ${chart.x} and ${chart.y}`, note, svg };
}

/** Outputs along one axis, optionally one line per level of another, with 95 % intervals. */
export function lines(
  experiment: Experiment,
  points: readonly PointResult[],
  chart: { x: string; by?: string; outputs: readonly string[]; title?: string },
): Chart {
  const x = axisNumber(experiment, chart.x);
  const xAxis = experiment.axes[x];
  const levels = sortedLevels(xAxis);
  const by = chart.by === undefined ? undefined : axisNumber(experiment, chart.by);
  const groups = by === undefined ? [undefined] : gridLevels(experiment.axes[by]);
  const numeric = xAxis.cases === undefined;
  const series = chart.outputs.flatMap((output) =>
    groups.map((group) => {
      const column = OUTPUT_INDEX.get(output)!;
      const at = (level: number) => {
        const matching = points.filter(
          (r) => r.levels[x] === level && (group === undefined || r.levels[by!] === group),
        );
        return enough(experiment, matching, column);
      };
      const name =
        [chart.outputs.length > 1 ? output : "", group === undefined ? "" : labelAt(experiment.axes[by!], group)]
          .filter(Boolean)
          .join(" · ") || output;
      return { name, estimates: levels.map(at) };
    }),
  );
  const place = (i: number) => (numeric ? valueAt(xAxis, levels[i]) : i);
  const svg = draw({
    legend: { type: "plain", top: 0, itemGap: 22, show: series.length > 1 },
    grid: { left: 90, right: 30, top: 20 + 22 * Math.ceil(series.length / 5), bottom: 60 },
    xAxis: numeric
      ? {
          type: xAxis.range?.scale === "log" ? "log" : "value",
          min: "dataMin",
          max: "dataMax",
          axisLabel: { formatter: tick },
          ...nameAxis(axisTitle(experiment, chart.x)),
        }
      : {
          type: "category",
          data: levels.map((level) => labelAt(xAxis, level)),
          axisLabel: { interval: 0, rotate: levels.length > 5 ? 20 : 0 },
        },
    yAxis: {
      type: "value",
      scale: true,
      ...nameAxis([...new Set(chart.outputs.map((name) => outputOf(name).unit))].join(", "), 60),
    },
    series: series.flatMap(({ name, estimates }, k) => [
      {
        type: numeric ? "line" : "scatter",
        name,
        symbolSize: numeric ? 6 : 10,
        color: PALETTE[k % PALETTE.length],
        data: estimates.map(({ mean }, i) => [place(i), Number.isNaN(mean) ? "-" : mean]),
      },
      ...bars(
        estimates.map(({ mean, error }, i) => [place(i), mean - error, mean + error]),
        PALETTE[k % PALETTE.length],
      ),
    ]),
  });
  const note = chart.outputs.map((name) => `${name}: ${outputOf(name).meaning}`).join(". ");
  return {
    title: chart.title ?? `${chart.outputs.join(", ")} along ${chart.x}`,
    note: `${note}. Bars: 95 % intervals.${thinNote(
      experiment,
      series.flatMap(({ estimates }) => estimates),
    )}`,
    svg,
  };
}

/** Vertical error bars as a custom series. */
function bars(data: (number | string)[][], color: string): object[] {
  const finite = data.filter((row) => row.every((x) => typeof x !== "number" || Number.isFinite(x)));
  return [
    {
      type: "custom",
      silent: true,
      data: finite,
      encode: { x: 0, y: [1, 2] },
      renderItem: (_params: unknown, api: echarts.CustomSeriesRenderItemAPI) => {
        const [x, low] = api.coord([api.value(0), api.value(1)]);
        const [, high] = api.coord([api.value(0), api.value(2)]);
        const line = (x1: number, y1: number, x2: number, y2: number) => ({
          type: "line",
          shape: { x1, y1, x2, y2 },
          style: { stroke: color, lineWidth: 1.2 },
        });
        return {
          type: "group",
          children: [line(x, low, x, high), line(x - 4, low, x + 4, low), line(x - 4, high, x + 4, high)],
        };
      },
    },
  ];
}

/** One bar per level of an axis, with 95 % intervals. */
export function barChart(
  experiment: Experiment,
  points: readonly PointResult[],
  chart: { x: string; output: string; title?: string },
): Chart {
  const x = axisNumber(experiment, chart.x);
  const axis = experiment.axes[x];
  const column = OUTPUT_INDEX.get(chart.output)!;
  const levels = gridLevels(axis);
  const estimates = levels.map((level) =>
    enough(
      experiment,
      points.filter((r) => r.levels[x] === level),
      column,
    ),
  );
  // Counts and shares are not negative, nor are their intervals.
  const counted = ["count", "share"].includes(outputOf(chart.output).unit);
  const svg = draw({
    grid: { left: 90, right: 30, top: 20, bottom: levels.length > 4 ? 70 : 40 },
    xAxis: {
      type: "category",
      data: levels.map((level) => labelAt(axis, level)),
      axisLabel: { interval: 0, rotate: levels.length > 4 ? 25 : 0 },
    },
    yAxis: {
      type: "value",
      ...(counted ? { min: 0 } : {}),
      ...nameAxis(outputOf(chart.output).unit, 60),
    },
    series: [
      { type: "bar", barMaxWidth: 46, data: estimates.map(({ mean }) => (Number.isNaN(mean) ? "-" : mean)) },
      ...bars(
        estimates.map(({ mean, error }, i) => [i, counted ? Math.max(0, mean - error) : mean - error, mean + error]),
        "#222",
      ),
    ],
  });
  return {
    title: chart.title ?? `${label(chart.output)} by ${chart.x}`,
    note: `${outputOf(chart.output).meaning}. Bars: 95 % intervals.${thinNote(experiment, estimates)}`,
    svg,
  };
}

/** The time series of a point over its replicates: median, and the 5 to 95 % fan; of too few runs, only a note. */
export function fan(
  points: readonly PointResult[],
  chart: { column: string; title?: string },
  leastRuns: number,
): Chart {
  const title = chart.title ?? `${chart.column} over time`;
  if (points[0].runs.length < leastRuns) {
    const note = `Not drawn: ${points[0].runs.length} runs are too few for a band of 5 to 95 %; ${leastRuns} are needed.`;
    return { title, note, svg: "" };
  }
  const column = (SERIES as readonly string[]).indexOf(chart.column);
  const runs = points[0].runs.map(({ series }) => series);
  const length = Math.min(...runs.map((series) => series.length));
  const days = Array.from({ length }, (_, i) => runs[0][i][0]);
  const at = (q: number) =>
    days.map((_, i) =>
      quantile(
        runs.map((series) => series[i][column]).sort((a, b) => a - b),
        q,
      ),
    );
  const [low, lowMiddle, median, highMiddle, high] = [0.05, 0.25, 0.5, 0.75, 0.95].map(at);
  const band = (from: number[], to: number[], name: string, opacity: number) => [
    {
      type: "line",
      name: `${name} from`,
      stack: name,
      symbol: "none",
      lineStyle: { opacity: 0 },
      data: days.map((day, i) => [day, from[i]]),
    },
    {
      type: "line",
      name,
      stack: name,
      symbol: "none",
      lineStyle: { opacity: 0 },
      areaStyle: { color: PALETTE[0], opacity },
      data: days.map((day, i) => [day, to[i] - from[i]]),
    },
  ];
  const svg = draw({
    xAxis: { type: "value", min: "dataMin", max: "dataMax", axisLabel: { formatter: tick }, ...nameAxis("day") },
    yAxis: { type: "value", scale: false, ...nameAxis(chart.column, 60) },
    series: [
      ...band(low, high, "5–95 %", 0.18),
      ...band(lowMiddle, highMiddle, "25–75 %", 0.3),
      {
        type: "line",
        name: "median",
        symbol: "none",
        lineStyle: { width: 2 },
        color: PALETTE[0],
        data: days.map((day, i) => [day, median[i]]),
      },
    ],
  });
  return {
    title,
    note: "Line: median of the runs; dark: 25 to 75 %; light: 5 to 95 %.",
    svg,
  };
}

/** Horizontal bars, the longest first: for Morris and Sobol. */
function tornado(
  names: readonly string[],
  series: { name: string; values: readonly number[]; errors?: readonly number[] }[],
  unit: string,
): string {
  const order = names.map((_, i) => i).sort((a, b) => series[0].values[a] - series[0].values[b]);
  return draw(
    {
      legend: { top: 0, itemGap: 22, show: series.length > 1 },
      grid: { left: 200, right: 90, top: 30, bottom: 50 },
      xAxis: { type: "value", ...nameAxis(unit) },
      yAxis: { type: "category", data: order.map((i) => names[i]) },
      series: series.map(({ name, values, errors }) => ({
        type: "bar",
        name,
        barMaxWidth: 18,
        data: order.map((i) => values[i]),
        label: {
          show: true,
          position: "right",
          formatter: ({ value, dataIndex }: { value: number; dataIndex: number }) =>
            errors === undefined ? round(value) : `${round(value)} ± ${round(errors[order[dataIndex]], 2)}`,
        },
      })),
    },
    110 + 46 * names.length,
  );
}

export function morrisChart(experiment: Experiment, effects: readonly Effect[], output: string): Chart {
  return {
    title: `What moves ${output}: Morris screening`,
    note: "μ*: mean absolute change of the output when the axis moves over its whole range; σ: how much that depends on the other axes.",
    svg: tornado(
      experiment.axes.map(({ name }) => name),
      [
        { name: "μ*", values: effects.map(({ muStar }) => muStar) },
        { name: "σ", values: effects.map(({ sigma }) => sigma) },
      ],
      label(output),
    ),
  };
}

export function sobolChart(experiment: Experiment, indices: readonly SobolIndex[], output: string): Chart {
  return {
    title: `What decides ${output}: Sobol indices`,
    note: "Total: share of the variance that goes with the axis, interactions included; first: with the axis alone. ±: half the 95 % interval.",
    svg: tornado(
      experiment.axes.map(({ name }) => name),
      [
        { name: "total", values: indices.map(({ total }) => total), errors: indices.map((index) => index.totalError) },
        { name: "first", values: indices.map(({ first }) => first), errors: indices.map((index) => index.firstError) },
      ],
      "share of variance",
    ),
  };
}

/** Where everything holds on each axis, for a break-point search: from the start to the break. */
export function rangeChart(rows: readonly { axis: string; share: number; broken: boolean }[]): Chart {
  return {
    title: "How far each axis can go",
    note: "Share of the searched range, from its safe end, over which every condition holds.",
    svg: draw(
      {
        grid: { left: 220, right: 60, top: 10, bottom: 50 },
        xAxis: { type: "value", min: 0, max: 1, ...nameAxis("share of the range") },
        yAxis: { type: "category", data: rows.map(({ axis }) => axis) },
        series: [
          {
            type: "bar",
            barMaxWidth: 22,
            data: rows.map(({ share, broken }) => ({ value: share, itemStyle: { color: broken ? UNSAFE : SAFE } })),
          },
        ],
      },
      90 + 40 * rows.length,
    ),
  };
}

/** Best value found by generation. */
export function convergence(history: readonly { generation: number; best: number }[], output: string): Chart {
  return {
    title: `Cheapest ${output} found, by generation`,
    note: outputOf(output).meaning,
    svg: draw({
      xAxis: { type: "value", min: 0, ...nameAxis("generation") },
      yAxis: { type: "value", scale: true, ...nameAxis(label(output), 60) },
      series: [
        { type: "line", data: history.map(({ generation, best }) => [generation, Number.isNaN(best) ? "-" : best]) },
      ],
    }),
  };
}

export { estimateAt };
