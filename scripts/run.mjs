#!/usr/bin/env node
/**
 * The door for a machine that has only Node and npm: finds or fetches a new enough Node and the pinned pnpm, installs the
 * dependencies under them, and runs a verb (`node scripts/run.mjs start|test|… [arguments]`). No dependency of its own.
 *
 * What it fetches lies in `.toolchain/`, which git ignores. The second time it does nothing but run the verb.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TOOLCHAIN = join(ROOT, ".toolchain");
/** Compiled modules, so that a start neither strips types nor compiles again; Node does without where it cannot write. */
const COMPILE_CACHE = join(ROOT, "cache", "node");
const NODE_VERSION = "24.21.0";
/** The first Node that runs TypeScript as it is. */
const MINIMUM_NODE = [22, 18];
const PNPM_VERSION = "12.21.0";
const WINDOWS = process.platform === "win32";

/** What V8 holds of new objects, MB: with its 16 a model of 500 MB took 16 MB more, and no less time (`bench import`). */
const FRUGAL = "--max-semi-space-size=2";

/** What each verb runs, once everything is installed: Node's arguments, from those that follow the verb. */
const VERBS = {
  start: (rest) => [FRUGAL, "packages/cli/src/main.ts", "story", ...rest],
  test: (rest) => ["scripts/test.ts", ...rest],
  ci: (rest) => ["scripts/ci.ts", ...rest],
  assay: (rest) => [FRUGAL, "packages/cli/src/main.ts", ...rest],
  bench: (rest) => [FRUGAL, ...scriptIn("bench", rest)],
  check: (rest) => scriptIn("check", rest),
  generate: (rest) => scriptIn("generate", rest),
};

/**
 * A script of a folder by its name: `npm run bench -- dispute` runs scripts/bench/dispute.ts. With --help it prints what
 * stands at the script's head; `npm run bench -- --help` says what there is.
 */
function scriptIn(folder, [name, ...rest]) {
  const scripts = readdirSync(join(ROOT, "scripts", folder)).filter((file) => file.endsWith(".ts"));
  const names = scripts.map((file) => file.slice(0, -3)).filter((script) => usageOf(folder, script) !== undefined);
  if (name === "--help") print(`npm run ${folder} -- NAME [--help] [options]\n\nNAME is one of ${names.join(", ")}.`);
  if (!names.includes(name)) fail(`no ${folder} "${name ?? ""}"`, `There are: ${names.join(", ")}.`);
  if (rest.includes("--help")) print(usageOf(folder, name));
  return [`scripts/${folder}/${name}.ts`, ...rest];
}

/** What a script says of itself and how it is called; undefined of a module that others use. */
function usageOf(folder, script) {
  const [, head] = /^\/\*\*([^]*?)\*\//.exec(readFileSync(join(ROOT, "scripts", folder, `${script}.ts`), "utf8")) ?? [];
  const lines = head?.split("\n").map((line) => line.replace(/^ \* ?/, ""));
  return /\b(npm run|node scripts\/)/.test(head ?? "") ? lines.join("\n").trim() : undefined;
}

function print(text) {
  process.stdout.write(`${text}\n`);
  process.exit(0);
}

const say = (text) => process.stderr.write(`setup: ${text}\n`);

function fail(what, todo) {
  process.stderr.write(`setup failed: ${what}\n  ${todo}\n`);
  process.exit(1);
}

function atLeast(version, minimum) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
}

function versionOf(command) {
  try {
    const stdio = ["ignore", "pipe", "ignore"];
    return execFileSync(command, ["--version"], { encoding: "utf8", stdio, shell: WINDOWS, cwd: TOOLCHAIN }).trim();
  } catch {
    return undefined;
  }
}

/** Puts npm packages into `.toolchain`, unless that very set is there. */
function fetchTools(packages) {
  const stamp = join(TOOLCHAIN, "installed.txt");
  const wanted = packages.join(" ");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say(`fetching ${wanted} from npm into .toolchain (once; half a minute)`);
  const flags = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error", "--prefix", TOOLCHAIN];
  const command = ["install", ...flags, ...packages];
  const result = spawnSync("npm", command, { stdio: ["ignore", 2, 2], shell: WINDOWS, cwd: TOOLCHAIN });
  if (result.status !== 0) fail("npm could not install the tools", "Is the npm registry reachable? Then try again.");
  writeFileSync(stamp, wanted);
}

/** The environment under which everything else runs: Node and pnpm first on the path. */
function prepareTools() {
  mkdirSync(TOOLCHAIN, { recursive: true });
  // A folder of its own for npm, so that it looks at no package.json above.
  writeFileSync(join(TOOLCHAIN, "package.json"), '{ "private": true }\n');
  const packages = [];
  const ownNode = atLeast(process.version, MINIMUM_NODE);
  if (!ownNode) packages.push(`node@${NODE_VERSION}`);
  if (versionOf("pnpm") !== PNPM_VERSION) packages.push(`pnpm@${PNPM_VERSION}`);
  if (!ownNode && !existsSync(join(TOOLCHAIN, "installed.txt")))
    say(`this machine's Node ${process.version} is older than ${MINIMUM_NODE.join(".")}: a newer one is fetched`);
  if (packages.length > 0) fetchTools(packages);
  const modules = join(TOOLCHAIN, "node_modules");
  const bins = ownNode ? [join(modules, ".bin")] : [join(modules, "node", "bin"), join(modules, ".bin")];
  const node = ownNode ? process.execPath : join(bins[0], WINDOWS ? "node.exe" : "node");
  const PATH = [...bins, process.env.PATH].join(delimiter);
  return { node, environment: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, PATH } };
}

/** Installs the workspace's dependencies, unless the lock file and the Node they were installed under are unchanged. */
function installDependencies({ node, environment }) {
  const stamp = join(ROOT, "node_modules", ".assay-installed");
  const lock = readFileSync(join(ROOT, "pnpm-lock.yaml"));
  const state = createHash("sha256")
    .update(lock)
    .update(versionOf(node) ?? "")
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === state) return;
  say("installing the dependencies with pnpm (once; a minute or so)");
  const env = { ...environment, CI: "true" };
  const options = { cwd: ROOT, env, stdio: ["ignore", 2, 2], shell: WINDOWS };
  const result = spawnSync("pnpm", ["install", "--frozen-lockfile"], options);
  if (result.status !== 0) fail("pnpm could not install the dependencies", "Read its output above, then try again.");
  writeFileSync(stamp, state);
}

/** Compiles the contracts, unless none changed since. What `test` runs does so itself. */
function compileContracts({ node, environment }) {
  const stamp = join(ROOT, "cache", "assay-compiled.txt");
  const hash = createHash("sha256");
  for (const path of ["hardhat.config.ts", ...readdirSync(join(ROOT, "contracts"), { recursive: true }).sort()]) {
    const file = path.endsWith(".sol") ? join(ROOT, "contracts", path) : join(ROOT, path);
    if (path.endsWith(".sol") || path.endsWith(".ts")) hash.update(path).update(readFileSync(file));
  }
  const state = hash.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === state) return;
  say("compiling the contracts (once; a minute or so)");
  const hardhat = join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js");
  const result = spawnSync(node, [hardhat, "build"], { cwd: ROOT, env: environment, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) fail("the contracts do not compile", "Read the compiler's output above.");
  mkdirSync(join(ROOT, "cache"), { recursive: true });
  writeFileSync(stamp, state);
}

const [verb, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(VERBS, verb ?? "")) fail(`no verb "${verb ?? ""}"`, `Verbs: ${Object.keys(VERBS).join(", ")}.`);
const command = VERBS[verb](rest);
const tools = prepareTools();
installDependencies(tools);
if (verb !== "test" && verb !== "ci") compileContracts(tools);
const run = spawnSync(tools.node, command, { cwd: ROOT, env: tools.environment, stdio: "inherit" });
process.exit(run.status ?? 1);
