/**
 * The native kernels' sources and the library built from them: `native/*.c` of this package become one file in
 * `native/build`, named after a hash of the sources, so that a library never serves other sources than its own.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const SOURCE_FOLDER = fileURLToPath(new URL("../../native", import.meta.url));
export const BUILD_FOLDER = join(SOURCE_FOLDER, "build");

/** What generated kernels include. */
export const GENERATED_FOLDER = join(SOURCE_FOLDER, "generated");

const SUFFIXES: Readonly<Record<string, string>> = { win32: ".dll", darwin: ".dylib" };
export const LIBRARY_SUFFIX = SUFFIXES[process.platform] ?? ".so";

/** Hash of a folder's sources, this script's platform and processor. */
export function hashOfFolder(folder: string): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const names = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
  for (const name of names.sort()) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 16);
}

/** Where the library of these sources stands, once built. */
export function libraryFile(): string {
  return join(BUILD_FOLDER, `kernels-${hashOfFolder(SOURCE_FOLDER)}${LIBRARY_SUFFIX}`);
}

export function isBuilt(): boolean {
  return existsSync(libraryFile());
}
