// Results as flat rows: one row per run, in the order of points and replicates. CSV, JSON lines and Parquet hold the same.
import { parquetWriteBuffer } from "hyparquet-writer";
import { labelAt, valueAt } from "../experiment/design.ts";
import type { PointResult } from "../experiment/journal.ts";
import { OUTPUTS } from "../experiment/outputs.ts";
import type { Experiment } from "../experiment/schema.ts";

/** A column of equal-typed values. Numbers may be NaN: no sample. */
export interface Column {
  readonly name: string;
  readonly type: "INT32" | "DOUBLE" | "STRING";
  readonly data: (number | string)[];
}

/** The columns of all runs: point, replicate, one per axis, one per output. */
export function columnsOf(experiment: Experiment, points: readonly PointResult[]): Column[] {
  const each = <T>(value: (result: PointResult, run: number) => T): T[] =>
    points.flatMap((result) => result.runs.map((_, run) => value(result, run)));
  return [
    { name: "point", type: "INT32", data: each(({ point }) => point) },
    { name: "replicate", type: "INT32", data: each((_, run) => run) },
    ...experiment.axes.map((axis, i): Column => ({
      name: axis.name,
      type: axis.cases === undefined ? "DOUBLE" : "STRING",
      data: each(({ levels }) => (axis.cases === undefined ? valueAt(axis, levels[i]) : labelAt(axis, levels[i]))),
    })),
    ...OUTPUTS.map(({ name }, i): Column => ({
      name,
      type: "DOUBLE",
      data: each(({ runs }, run) => runs[run].outputs[i]),
    })),
  ];
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const cell = (value: number | string) =>
  typeof value === "string" ? quoted(value) : Number.isNaN(value) ? "" : String(value);

/** RFC 4180, with a header and LF line ends; no sample is an empty cell. */
export function toCsv(columns: readonly Column[]): string {
  const lines = [columns.map(({ name }) => quoted(name)).join(",")];
  for (let row = 0; row < columns[0].data.length; row++)
    lines.push(columns.map(({ data }) => cell(data[row])).join(","));
  return `${lines.join("\n")}\n`;
}

/** One JSON object per line; no sample is null. */
export function toJsonLines(columns: readonly Column[]): string {
  const lines: string[] = [];
  for (let row = 0; row < columns[0].data.length; row++)
    lines.push(JSON.stringify(Object.fromEntries(columns.map(({ name, data }) => [name, data[row]]))));
  return lines.map((line) => `${line}\n`).join("");
}

/** Parquet, one row group, plain columns; no sample is NaN. */
export function toParquet(columns: readonly Column[]): Uint8Array {
  const columnData = columns.map(({ name, type, data }) => ({ name, type, data: data as unknown[], nullable: false }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
