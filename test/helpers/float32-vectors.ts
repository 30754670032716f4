/**
 * The committed results of a floating-point unit, for machines without a C compiler: for every operation the SHA-256 of
 * its whole stream of operands and of results, and a sample spelled out.
 *
 * `samples.txt.gz` has one line a tuple: operation, operands, result, in hexadecimal.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Random tuples per operation, in the committed vectors and by default in the tests. */
export const CASES = 100_000;
/** Tuples of each operation that are spelled out. */
export const SAMPLES = 500;

export const FOLDER = new URL("../vectors/float32/", import.meta.url);

export interface Digest {
  readonly tuples: number;
  readonly operands: string;
  readonly results: string;
}

export interface Digests {
  /** The machine that computed the results. */
  readonly fpu: string;
  /** SHA-256 of samples.txt, uncompressed. */
  readonly samples: string;
  readonly operations: Readonly<Record<string, Digest>>;
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function readDigests(): Digests {
  return JSON.parse(readFileSync(new URL("digests.json", FOLDER), "utf8"));
}

/** The sample, operation by operation: operands and results, packed. */
export function readSamples(): Map<string, { operands: Buffer; results: Buffer }> {
  const text = gunzipSync(readFileSync(new URL("samples.txt.gz", FOLDER))).toString("utf8");
  if (sha256(text) !== readDigests().samples) throw new Error("samples.txt.gz does not have the SHA-256 committed");
  const lines = new Map<string, { operands: string[]; results: string[] }>();
  for (const line of text.trim().split("\n")) {
    const [name, ...words] = line.split(" ");
    const entry = lines.get(name) ?? { operands: [], results: [] };
    entry.results.push(words.pop()!);
    entry.operands.push(...words);
    lines.set(name, entry);
  }
  const pack = (words: string[]): Buffer => Buffer.from(words.join(""), "hex");
  return new Map(
    [...lines].map(([name, { operands, results }]) => [name, { operands: pack(operands), results: pack(results) }]),
  );
}
