/**
 * What disputes would cost with other leaves: the sources with the leaf's size replaced, in a folder of their own, and the
 * dispute bench run there. A block stays at 1,024 bytes. (Leaves of 64 bytes could be taken for inner nodes: they are
 * measured here, and would need a tag to be used.)
 *
 *     node scripts/bench/leaf-size.ts [--arity 32] [--json]
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keccak, toHex } from "../../packages/vm/src/hash.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OURS = 128;
const SIZES = [64, 128, 256];

const { values } = parseArgs({
  options: { arity: { type: "string", default: "32" }, json: { type: "boolean", default: false } },
});

type Replacement = readonly [file: string, from: string, to: string];

/** Everything that knows how long a leaf is. */
function replacements(bytes: number): Replacement[] {
  const log2 = Math.log2(bytes);
  const zero = toHex(keccak(new Uint8Array(bytes)));
  return [
    ["contracts/vm/Tree.sol", "calldatacopy(free, place, 128)", `calldatacopy(free, place, ${bytes})`],
    ["contracts/vm/Tree.sol", "keccak256(free, 128)", `keccak256(free, ${bytes})`],
    ["contracts/vm/Witness.sol", "LEAF_BYTES = 128", `LEAF_BYTES = ${bytes}`],
    ["contracts/vm/TensorDescription.sol", "sub(8, add(", `sub(${log2 + 1}, add(`],
    ["contracts/dispute/Block.sol", "LOG2 = 3", `LOG2 = ${10 - log2}`],
    ["contracts/dispute/Block.sol", "LEAF_BYTES = 128", `LEAF_BYTES = ${bytes}`],
    ["contracts/dispute/Block.sol", "log2 < 8", `log2 < ${log2 + 1}`],
    ["contracts/dispute/Descent.sol", "shr(2, leaves.length)", `shr(${log2 - 5}, leaves.length)`],
    ["contracts/dispute/Descent.sol", "shl(2, i)), 128)", `shl(${log2 - 5}, i)), ${bytes})`],
    ["contracts/dispute/Descent.sol", toHex(keccak(new Uint8Array(OURS))), zero],
    ["contracts/dispute/Withheld.sol", "_length(128, ", `_length(${bytes}, `],
    ["packages/vm/src/tree.ts", "LEAF_BYTES = 128", `LEAF_BYTES = ${bytes}`],
    ["packages/dispute/src/layout.ts", "BLOCK_LOG2 = 3", `BLOCK_LOG2 = ${10 - log2}`],
  ];
}

/** The repository with another leaf size, in a folder that git ignores. Throws where a source no longer reads as here. */
function makeVariant(bytes: number): string {
  const folder = join(ROOT, "cache", `leaf-${bytes}`);
  rmSync(folder, { recursive: true, force: true });
  const files = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
  for (const file of files.filter((name) => existsSync(join(ROOT, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const modules of globSync("packages/*/node_modules", { cwd: ROOT }))
    cpSync(join(ROOT, modules), join(folder, modules), { recursive: true, verbatimSymlinks: true });
  for (const [file, from, to] of bytes === OURS ? [] : replacements(bytes)) {
    const text = readFileSync(join(folder, file), "utf8");
    if (!text.includes(from)) throw new Error(`${file} does not contain "${from}": mend scripts/bench/leaf-size.ts`);
    writeFileSync(join(folder, file), text.replaceAll(from, to));
  }
  return folder;
}

const rows = SIZES.flatMap((bytes) => {
  console.error(`leaf of ${bytes} bytes: compiling and playing`);
  const folder = makeVariant(bytes);
  const hardhat = join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js");
  execFileSync(process.execPath, [hardhat, "build"], { cwd: folder, stdio: "ignore" });
  const command = ["scripts/bench/dispute.ts", "--arity", values.arity, "--toy", "--json"];
  const output = execFileSync(process.execPath, command, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 26 });
  rmSync(folder, { recursive: true, force: true });
  const measured = JSON.parse(output.trim().split("\n").at(-1)!) as { rows: Record<string, unknown>[] };
  return measured.rows.map((row) => ({ leaf: bytes, ...row }) as Record<string, unknown>);
});

if (values.json) console.log(JSON.stringify(rows));
else {
  console.log("leaf  place                     arity   transactions         gas   last proof");
  for (const { leaf, place, arity, transactions, gas, proof } of rows) {
    const cells = [
      `${arity}`.padStart(5),
      `${transactions}`.padStart(14),
      Number(gas).toLocaleString("en").padStart(11),
    ];
    console.log(
      `${`${leaf}`.padEnd(5)} ${`${place}`.padEnd(24)} ${cells.join(" ")} ${Number(proof).toLocaleString("en").padStart(12)}`,
    );
  }
}
