/**
 * Every test, one command: builds the contracts, runs the Solidity tests and the mocha tests, and ends with one line of
 * counts, `N passed, N failed`. Files are dealt to several processes, as many at a time as there are cores (at most four).
 *
 * `npm test -- [file …]` runs only the given mocha files.
 */
import { spawn } from "node:child_process";
import { globSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HARDHAT = join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js");
const MOCHA = join(ROOT, "node_modules", "mocha", "bin", "mocha.js");

interface Outcome {
  readonly name: string;
  readonly code: number;
  /** What killed it, if something did. */
  readonly signal: string | null;
  readonly passed: number;
  readonly failed: number;
  readonly output: string;
}

/** Runs a program of Node's, passing its output through, and counts what it reports. */
function runNode(name: string, args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      process.stdout.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", (code, signal) => {
      const count = (word: string): number =>
        [...output.matchAll(new RegExp(`^\\s+(\\d+) ${word}\\b`, "gm"))].reduce(
          (sum, match) => sum + Number(match[1]),
          0,
        );
      resolve({ name, code: code ?? 1, signal, passed: count("passing"), failed: count("failing"), output });
    });
  });
}

/**
 * Deals files to piles of about equal weight. A file's weight is what its header says (`@weight seconds`), else a guess
 * from its size.
 */
function deal(files: string[], hands: number): string[][] {
  const weigh = (file: string): number => {
    const asked = /@weight (\d+)/.exec(readFileSync(join(ROOT, file), "utf8"));
    return asked === null ? 1 + statSync(join(ROOT, file)).size / 10_000 : Number(asked[1]);
  };
  const piles = Array.from({ length: hands }, () => ({ files: [] as string[], weight: 0 }));
  const heaviestFirst = files
    .map((file) => ({ file, weight: weigh(file) }))
    .sort((a, b) => b.weight - a.weight || (a.file < b.file ? -1 : 1));
  for (const { file, weight } of heaviestFirst) {
    const lightest = piles.reduce((best, pile) => (pile.weight < best.weight ? pile : best));
    lightest.files.push(file);
    lightest.weight += weight;
  }
  return piles.map((pile) => pile.files).filter((pile) => pile.length > 0);
}

/** Runs jobs, as many at a time as there are hands. */
async function inParallel(jobs: readonly (() => Promise<Outcome>)[], hands: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = [...jobs];
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) outcomes.push(await job());
  };
  await Promise.all(Array.from({ length: hands }, work));
  return outcomes;
}

/**
 * Tests that know no chain run under plain mocha, because Hardhat's chai matchers change chai for every test of their
 * process; the others run under Hardhat.
 */
async function runAll(chosen: string[]): Promise<Outcome[]> {
  const build = await runNode("build", [HARDHAT, "build"]);
  if (build.code !== 0) return [build];
  const find = (pattern: string): string[] => globSync(pattern, { cwd: ROOT }).sort();
  const files = chosen.length > 0 ? chosen : [...find("test/**/*.test.ts"), ...find("packages/*/src/**/*.test.ts")];
  const chain = /from "hardhat|\/helpers\//;
  const plain = files.filter((f) => f.startsWith("packages/") && !chain.test(readFileSync(join(ROOT, f), "utf8")));
  const chained = files.filter((file) => !plain.includes(file));
  const cores = Math.min(4, availableParallelism());
  const jobs = deal(chained, 2 * cores).map((pile, i) => () => {
    return runNode(`chain ${i + 1}`, [HARDHAT, "test", "mocha", "--no-compile", ...pile]);
  });
  if (plain.length > 0) jobs.push(() => runNode("packages", [MOCHA, "--timeout", "60000", ...plain]));
  if (chosen.length === 0 && find("test/**/*.t.sol").length > 0)
    jobs.push(() => runNode("solidity", [HARDHAT, "test", "solidity", "--no-compile"]));
  return [build, ...(await inParallel(jobs, cores))];
}

const outcomes = await runAll(process.argv.slice(2));
const notRun = outcomes.flatMap(({ output }) => output.split("\n").filter((line) => line.includes("not run:")));
for (const line of new Set(notRun)) console.log(line.trim());
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
// A process that fails without a failing test of its own counts as one failure.
const failed = outcomes.reduce((sum, { code, failed }) => sum + (code !== 0 && failed === 0 ? 1 : failed), 0);
for (const { name, code, signal } of outcomes)
  if (code !== 0) console.log(`${name}: ${signal === null ? `exit code ${code}` : `killed by ${signal}`}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
