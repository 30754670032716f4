// The journal of a run: one JSON line per finished point, appended as points finish, so that an interrupted run loses at
// most the points it was in. The first line says which experiment and which shard it belongs to.
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import path from "node:path";
import { InputError } from "../errors.ts";
import type { Point } from "./design.ts";
import type { RunResult } from "./plan.ts";

/** All replicates of one point. */
export interface PointResult {
  readonly point: number;
  readonly levels: Point;
  readonly runs: readonly RunResult[];
}

interface Header {
  readonly experiment: string;
  readonly digest: string;
  readonly shard: string;
}

// JSON has no NaN and no infinity, so they are written as strings.
const write = (value: unknown) =>
  JSON.stringify(value, (_key, x: unknown) => (typeof x === "number" && !Number.isFinite(x) ? `#${x}` : x));
const parse = (text: string) =>
  JSON.parse(text, (_key, x: unknown) =>
    typeof x === "string" && /^#-?(NaN|Infinity)$/.test(x) ? Number(x.slice(1)) : x,
  );

const noJournal = (file: string, why: string) =>
  InputError.at(file, `is no journal (${why})`, "remove it, and run the experiment again");

/** A journal's line. Throws InputError. */
function read(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw noJournal(file, (error as Error).message);
  }
}

/** A finished point's line. Throws InputError. */
function readResult(text: string, file: string): PointResult {
  const result = read(text, file) as Partial<PointResult> | null;
  const whole =
    Number.isSafeInteger(result?.point) &&
    Array.isArray(result?.levels) &&
    Array.isArray(result?.runs) &&
    result.runs.every((run) => Array.isArray(run?.outputs) && Array.isArray(run.series));
  if (!whole) throw noJournal(file, "a line is no point");
  return result as PointResult;
}

export class Journal {
  readonly file: string;
  readonly finished = new Map<number, PointResult>();

  /** Opens a journal and reads what is finished. A last line cut short by an interruption is dropped. */
  constructor(file: string, header: Header) {
    this.file = file;
    if (!existsSync(file)) {
      mkdirSync(path.dirname(file), { recursive: true });
      appendFileSync(file, `${write(header)}\n`);
      return;
    }
    const text = readFileSync(file, "utf8");
    const end = text.lastIndexOf("\n") + 1;
    if (end < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, end)));
    const [first, ...lines] = text.slice(0, end).split("\n").filter(Boolean);
    const found = first === undefined ? undefined : (read(first, file) as Header);
    if (found?.digest !== header.digest || found.shard !== header.shard)
      throw InputError.at(
        file,
        `holds another run (${found?.experiment ?? "nothing"}, shard ${found?.shard ?? "?"}, or other parameters)`,
        "give another --out folder, or remove this one",
      );
    for (const line of lines) {
      const result = readResult(line, file);
      this.finished.set(result.point, result);
    }
  }

  add(result: PointResult): void {
    this.finished.set(result.point, result);
    appendFileSync(this.file, `${write(result)}\n`);
  }
}

/** The finished points of a journal file, with its header: for merging shards. */
export function readJournal(file: string): { header: Header; results: PointResult[] } {
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch (error) {
    throw InputError.at(file, `cannot be read (${(error as Error).message})`, "give the journal of a shard");
  }
  const [first, ...rest] = lines;
  if (first === undefined) throw noJournal(file, "it is empty");
  return { header: read(first, file) as Header, results: rest.map((line) => readResult(line, file)) };
}
