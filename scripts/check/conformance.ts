/**
 * ONNX's own backend node tests through the importer and the reference interpreter: how many pass, fail, are refused, and
 * why, by operator and in all.
 *
 *   node scripts/check/conformance.ts [--install] [--write | --check] [--json] [--list] [filter]
 *
 * The tests come with the `onnx` package of Python, which --install puts into .venv/conformance with pip, at the version
 * in conformance.requirements.txt. --write puts the counts into snapshots/conformance.json, --check fails where that file is
 * stale; a test that fails or is refused without being listed there is a change. --list prints each test that did not pass.
 * A test whose inputs decide shapes is imported again with its integer inputs, then all, as constants, and counted apart.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { runTests, type Outcome, type TestResult } from "../helpers/conformance.ts";
import { findSuite } from "../helpers/onnxSuite.ts";

const SNAPSHOT = new URL("../../snapshots/conformance.json", import.meta.url);

const options = process.argv.slice(2);
const has = (name: string) => options.includes(name);
const filter = options.find((option) => !option.startsWith("--")) ?? "";
const suite = findSuite(has("--install"));
if (suite === undefined) {
  console.error("the onnx package is not there; node scripts/check/conformance.ts --install fetches it with pip");
  process.exit(2);
}

type Counts = Record<Outcome, number> & { beyond?: number };

const results = runTests(suite.tests, filter);
const inScope = results.filter(({ beyond }) => beyond === undefined);

function countOutcomes(tests: readonly TestResult[]): Counts {
  const counts: Counts = { passed: 0, bound: 0, failed: 0, refused: 0 };
  for (const { outcome } of tests) counts[outcome]++;
  return counts;
}

function grouped<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  const groups = Map.groupBy(items, key);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

const reasons = (outcome: Outcome): Record<string, string> =>
  Object.fromEntries(inScope.filter((test) => test.outcome === outcome).map(({ name, reason }) => [name, reason]));

const counts = countOutcomes(inScope);
const good = counts.passed + counts.bound;
const report = {
  onnx: suite.version,
  tests: results.length,
  inScope: { tests: inScope.length, ...counts, percentPassed: Math.floor((1e4 * good) / inScope.length) / 100 },
  beyondScope: Object.fromEntries(
    grouped(
      results.filter(({ beyond }) => beyond !== undefined),
      ({ beyond }) => beyond!,
    ).map(([reason, tests]) => [reason, tests.length]),
  ),
  failed: reasons("failed"),
  refused: reasons("refused"),
  operators: Object.fromEntries(
    grouped(results, ({ operator }) => operator).map(([operator, tests]) => {
      const own = tests.filter(({ beyond }) => beyond === undefined);
      return [operator, { ...countOutcomes(own), beyondScope: tests.length - own.length }];
    }),
  ),
  opsets: suite.opsets,
};

const file = fileURLToPath(SNAPSHOT);
const text = await format(JSON.stringify(report), { ...(await resolveConfig(file)), filepath: file });
if (has("--json")) console.log(text);
else {
  if (has("--list")) {
    for (const { name, outcome, reason, beyond } of results) {
      if (outcome === "failed" || outcome === "refused")
        console.log(
          `${outcome.padEnd(8)} ${name}: ${reason}${beyond === undefined ? "" : ` (out of scope: ${beyond})`}`,
        );
    }
  }
  console.log(`${results.length} tests, ${inScope.length} in scope`);
  for (const [reason, number] of Object.entries(report.beyondScope)) console.log(`  out of scope: ${number} ${reason}`);
  console.log(
    `in scope: ${counts.passed} passed, ${counts.bound} more with inputs bound, ${counts.failed} failed, ` +
      `${counts.refused} refused; ${report.inScope.percentPassed} % pass`,
  );
}

if (has("--write")) writeFileSync(SNAPSHOT, text);
if (has("--check") && readFileSync(SNAPSHOT, "utf8") !== text) {
  console.error("snapshots/conformance.json is stale; run: node scripts/check/conformance.ts --write");
  process.exit(1);
}
