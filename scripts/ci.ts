/**
 * What a change must pass: installs the tools a user may lack, runs the users' own `npm test`, then format, lint, types,
 * generated files and snapshots. A test that says `not run:` fails here, because here every tool is present.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Check {
  readonly name: string;
  readonly command: string[];
}

function shell(command: string[]): { code: number; output: string } {
  const result = spawnSync(command[0], command.slice(1), { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}`;
  return { code: result.status ?? 1, output };
}

const has = (program: string): boolean => shell([program, "--version"]).code === 0;

/** The tools some tests use when they are there: a C compiler, a browser, Python with virtual environments. */
function installTools(): void {
  const venv = shell(["python3", "-c", "import venv, ensurepip"]).code === 0;
  const missing = [
    ...(has("cc") ? [] : ["gcc", "libc6-dev"]),
    ...(has("chromium") ? [] : ["chromium"]),
    ...(venv ? [] : ["python3", "python3-venv"]),
  ];
  if (missing.length === 0) return;
  console.log(`ci: installing ${missing.join(" ")}`);
  shell(["apt-get", "update"]);
  const { code, output } = shell(["apt-get", "install", "-y", "--no-install-recommends", ...missing]);
  if (code !== 0) console.log(output);
}

/** The optional native kernels, so that their tests run. */
function buildNative(): void {
  const { code, output } = shell([process.execPath, join(ROOT, "packages/cli/src/main.ts"), "engine", "build-native"]);
  if (code !== 0) console.log(output);
}

installTools();
buildNative();

const test = spawnSync("npm", ["test"], {
  cwd: ROOT,
  encoding: "utf8",
  maxBuffer: 1 << 28,
  stdio: ["ignore", "pipe", 2],
});
console.log(test.stdout);
const counts = /(\d+) passed, (\d+) failed\s*$/.exec(test.stdout);
let passed = Number(counts?.[1] ?? 0);
let failed = counts === null || test.status !== 0 ? Math.max(1, Number(counts?.[2] ?? 1)) : 0;

const node = process.execPath;
const tool = (name: string, ...args: string[]): string[] => ["pnpm", "exec", name, ...args];
const checks: Check[] = [
  { name: "format", command: tool("prettier", "--check", ".") },
  { name: "lint TypeScript", command: tool("eslint", ".") },
  { name: "lint Solidity", command: tool("solhint", "--max-warnings", "0", "contracts/**/*.sol") },
  { name: "types", command: tool("tsc", "-p", ".") },
  ...globSync("scripts/generate/*.ts", { cwd: ROOT })
    .sort()
    .map((script) => ({ name: `${script} is fresh`, command: [node, join(ROOT, script), "--check"] })),
  { name: "accuracy of the models", command: [node, join(ROOT, "scripts/check/accuracy.ts")] },
  {
    name: "ONNX's own tests end as snapshots/conformance.json says",
    command: [node, join(ROOT, "scripts/check/conformance.ts"), "--install", "--check"],
  },
  { name: "error of the functions, every 1,021st input", command: [node, join(ROOT, "scripts/check/ulp.ts")] },
];

for (const { name, command } of checks) {
  const { code, output } = shell(command);
  console.log(`${code === 0 ? "ok    " : "FAILED"}  ${name}`);
  if (code === 0) passed += 1;
  else {
    failed += 1;
    console.log(output);
  }
}

const notRun = test.stdout.split("\n").filter((line) => line.trim().startsWith("not run:"));
if (notRun.length > 0) {
  failed += notRun.length;
  for (const line of notRun) console.log(`FAILED  ${line}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
