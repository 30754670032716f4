/**
 * A generated file that is committed: written by its generator, or with `--check` compared. Every script in
 * `scripts/generate` ends with it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Writes `text` to a file, or with `--check` on the command line says whether it is stale (exit code 1).
 * @param path From the repository's root.
 * @param generator The script that makes it, from the repository's root.
 */
export function keepSnapshot(path: string, text: string, generator: string): void {
  const file = join(ROOT, path);
  if (!process.argv.includes("--check")) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(path.endsWith(".json") ? `${path}\n${text}` : `wrote ${path}`);
  } else if (contentOf(file) !== text) {
    console.error(`${path} is stale; run: node ${generator}`);
    process.exitCode = 1;
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
