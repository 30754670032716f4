/** The held-out images of the digit model: models/digits/heldout.csv, 64 pixels and a label per line. */
import { readFileSync } from "node:fs";

export interface HeldOut {
  /** 64 pixels from 0 to 16, row by row. */
  readonly images: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** The first `count` images; all if it is not given. */
export function readHeldOut(count = Infinity): HeldOut {
  const text = readFileSync(new URL("../../../../models/digits/heldout.csv", import.meta.url), "utf8");
  const rows = text
    .trim()
    .split("\n")
    .slice(0, count)
    .map((line) => line.split(",").map(Number));
  return { images: rows.map((row) => row.slice(0, 64)), labels: rows.map((row) => row[64]) };
}
