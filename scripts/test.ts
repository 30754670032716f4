/**
 * Every test, one command: builds the contracts, runs the Solidity tests and the mocha tests, and ends with one line of
 * counts, `N passed, N failed`. Mocha files are dealt to as many processes as there are cores (at most four), because
 * most of the time goes into the in-process chain.
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

interface Outcome {
  readonly name: string;
  readonly code: number;
  readonly passed: number;
  readonly failed: number;
  readonly output: string;
}

/** Runs `hardhat …`, passing its output through, and counts what it reports. */
function hardhat(name: string, args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [HARDHAT, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      process.stdout.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", (code) => {
      const count = (word: string): number =>
        [...output.matchAll(new RegExp(`^\\s+(\\d+) ${word}\\b`, "gm"))].reduce(
          (sum, match) => sum + Number(match[1]),
          0,
        );
      resolve({ name, code: code ?? 1, passed: count("passing"), failed: count("failing"), output });
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

async function runAll(chosen: string[]): Promise<Outcome[]> {
  const build = await hardhat("build", ["build"]);
  if (build.code !== 0) return [build];
  const outcomes = [build];
  if (chosen.length === 0 && globSync("test/**/*.t.sol", { cwd: ROOT }).length > 0)
    outcomes.push(await hardhat("solidity", ["test", "solidity", "--no-compile"]));
  const files =
    chosen.length > 0 ? chosen : globSync(["test/**/*.test.ts", "packages/*/src/**/*.test.ts"], { cwd: ROOT }).sort();
  const piles = deal(files, Math.min(4, availableParallelism()));
  const mocha = piles.map((pile, i) => hardhat(`mocha ${i + 1}`, ["test", "mocha", "--no-compile", ...pile]));
  return [...outcomes, ...(await Promise.all(mocha))];
}

const outcomes = await runAll(process.argv.slice(2));
const notRun = outcomes.flatMap(({ output }) => output.split("\n").filter((line) => line.includes("not run:")));
for (const line of new Set(notRun)) console.log(line.trim());
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
// A process that fails without a failing test of its own counts as one failure.
const failed = outcomes.reduce((sum, { code, failed }) => sum + (code !== 0 && failed === 0 ? 1 : failed), 0);
for (const { name, code } of outcomes) if (code !== 0) console.log(`${name}: exit code ${code}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
