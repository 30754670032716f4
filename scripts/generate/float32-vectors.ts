/**
 * Writes test/vectors/float32 with this machine's floating-point unit (needs a C compiler).
 *
 * Usage: node scripts/generate/float32-vectors.ts [--check]
 * With --check nothing is written: exit code 1 if the files differ from what this machine computes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { gunzipSync, gzipSync } from "node:zlib";
import { cases } from "../../test/helpers/float32-cases.ts";
import { openFpu } from "../../test/helpers/float32-fpu.ts";
import { OPERATIONS } from "../../test/helpers/float32-operations.ts";
import { CASES, type Digest, FOLDER, readDigests, SAMPLES, sha256 } from "../../test/helpers/float32-vectors.ts";

const opened = openFpu();
if (opened === undefined) {
  console.log("not run: no C compiler");
  process.exit(0);
}
const { fpu, close } = opened;

const operations: Record<string, Digest> = {};
const lines: string[] = [];
for (const operation of OPERATIONS) {
  const { name, arity, operandBytes, resultBytes } = operation;
  const operands = cases(operation, CASES);
  const results = fpu(name, operands);
  const tuples = results.length / resultBytes;
  operations[name] = { tuples, operands: sha256(operands), results: sha256(results) };
  const word = (bytes: Uint8Array, place: number, size: number): string =>
    Buffer.from(bytes.subarray(place * size, (place + 1) * size)).toString("hex");
  for (let i = 0; i < SAMPLES; ++i) {
    const tuple = Math.floor((i * tuples) / SAMPLES);
    const read = Array.from({ length: arity }, (_, j) => word(operands, tuple * arity + j, operandBytes));
    lines.push([name, ...read, word(results, tuple, resultBytes)].join(" "));
  }
}
close();

const samples = lines.join("\n") + "\n";
const text = new URL("samples.txt.gz", FOLDER);
if (process.argv.includes("--check")) {
  const committed = readDigests();
  const same =
    JSON.stringify(committed.operations) === JSON.stringify(operations) &&
    gunzipSync(readFileSync(text)).toString("utf8") === samples;
  console.log(same ? "test/vectors/float32 is what this machine computes" : "test/vectors/float32 is stale");
  process.exitCode = same ? 0 : 1;
} else {
  mkdirSync(FOLDER, { recursive: true });
  const digests = { fpu: `${cpus()[0].model}, ${process.arch}`, samples: sha256(samples), operations };
  writeFileSync(new URL("digests.json", FOLDER), JSON.stringify(digests, null, 2) + "\n");
  writeFileSync(text, gzipSync(samples, { level: 9 }));
}
