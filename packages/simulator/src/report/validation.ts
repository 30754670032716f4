// The validation page: simulation beside closed form, with confidence intervals, for every formula.
import type * as echarts from "echarts";
import { formulaNamed } from "../formulas/index.ts";
import type { Validated } from "../validation.ts";
import { draw } from "./charts.ts";
import { escaped, figure, STYLE, table } from "./html.ts";

const round = (x: number, digits = 5) => (Number.isFinite(x) ? String(Number(x.toPrecision(digits))) : "–");

/** In words: how many agree, and whether that is what 95 % intervals promise. */
export function validationVerdict(results: readonly Validated[]): { agrees: boolean; sentence: string } {
  const inside = results.filter(({ agrees }) => agrees).length;
  const worst = results.reduce((a, b) => (b.deviation > a.deviation ? b : a));
  const agrees = worst.deviation < 4;
  const where = `${worst.case.formula} ${worst.case.result}, ${round(worst.deviation, 3)} standard errors off`;
  const sentence = agrees
    ? `Simulation and closed forms agree: ${inside} of ${results.length} lie inside their 95 % intervals; the farthest is ${where}.`
    : `Simulation and closed form disagree: ${where}.`;
  return { agrees, sentence };
}

/** Deviations in standard errors, one row each: a forest of intervals around zero. */
function forest(results: readonly Validated[]): string {
  const rows = results.map((one) => {
    const { mean, error } = one.estimate;
    const unit = error / 1.96;
    const place = one.case.relation === "atMost" || unit === 0 ? 0 : (mean - one.expected) / unit;
    return {
      name: `${one.case.formula} ${one.case.result}`,
      place,
      half: unit === 0 || one.case.relation === "atMost" ? 0 : 1.96,
    };
  });
  return draw(
    {
      grid: { left: 170, right: 30, top: 10, bottom: 50 },
      xAxis: {
        type: "value",
        min: -5,
        max: 5,
        name: "simulated less closed form, in standard errors",
        nameLocation: "middle",
        nameGap: 30,
      },
      yAxis: { type: "category", inverse: true, data: rows.map(({ name }) => name), axisLabel: { interval: 0 } },
      series: [
        {
          type: "custom",
          data: rows.map(({ place, half }, i) => [i, place - half, place + half]),
          encode: { x: [1, 2], y: 0 },
          renderItem: (_params: unknown, api: echarts.CustomSeriesRenderItemAPI) => {
            const [x1, y] = api.coord([api.value(1), api.value(0)]);
            const [x2] = api.coord([api.value(2), api.value(0)]);
            return { type: "line", shape: { x1, y1: y, x2, y2: y }, style: { stroke: "#0072B2", lineWidth: 2 } };
          },
        },
        { type: "scatter", symbolSize: 8, color: "#0072B2", data: rows.map(({ place }, i) => [place, i]) },
      ],
    },
    90 + 26 * rows.length,
  );
}

export function validationToHtml(results: readonly Validated[], seed: number, count: number): string {
  const { agrees, sentence } = validationVerdict(results);
  const rows = results.map((one) => {
    const { relation, formula, inputs, result, how } = one.case;
    const given = Object.entries(inputs)
      .map(([key, value]) => `${key}=${round(value)}`)
      .join(" ");
    const text = one.agrees
      ? relation === "atMost"
        ? "bound kept"
        : "inside"
      : relation === "atMost"
        ? "bound broken"
        : "outside";
    return [
      `${formula} ${result}`,
      given,
      `${relation === "atMost" ? "≤ " : ""}${round(one.expected)}`,
      `${round(one.estimate.mean)} ± ${round(one.estimate.error, 2)}`,
      String(one.estimate.count),
      { text, mark: one.agrees ? "holds" : "unclear" },
      how,
    ];
  });
  const sources = [...new Set(results.map(({ case: { formula } }) => formula))]
    .map((name) => formulaNamed(name))
    .map(({ name, statement, source }) => [name, statement, source]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Simulation beside closed form</title><style>${STYLE}</style></head><body>
<h1>Simulation beside closed form</h1>
<p class="lead">Every formula, played: in the kernel where the protocol is concerned, in a small game where another system is.</p>
<section class="verdict${agrees ? " safe" : " unsafe"}"><p>${escaped(sentence)}</p></section>
${figure({ title: "Deviations", note: "Lines: 95 % intervals. Exact cases and bounds stand at zero.", svg: forest(results) }, 0)}
<h2>Cases</h2><p>Seed ${seed}, ${count} runs of the kernel a case. One in twenty intervals is expected to miss.</p>
${table(["formula", "inputs", "closed form", "simulated", "samples", "", "what is played"], rows, ["inputs", "what is played"])}
<h2>Formulas</h2>${table(["name", "statement", "source"], sources, ["statement", "source"])}
<footer>Made by <code>assay simulate validate</code>; the same seed makes the same page.</footer></body></html>
`;
}
