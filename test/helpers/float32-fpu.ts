/**
 * The machine's own floating-point unit, reached through a C program (`scripts/generate/float32-vectors.c`) that is
 * compiled on first use where there is a C compiler.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SOURCE = new URL("../../scripts/generate/float32-vectors.c", import.meta.url).pathname;
/** No fusing, no excess precision, no reordering of what depends on the rounding mode. */
const FLAGS = ["-std=c11", "-O1", "-ffp-contract=off", "-frounding-math", "-Wall", "-Wextra", "-Werror"];

/** Packed operands of the operation to packed results. */
export type Fpu = (operation: string, operands: Uint8Array) => Uint8Array;

/** The compiled program, or undefined where there is no C compiler; `close` removes it. */
export function openFpu(): { fpu: Fpu; close: () => void } | undefined {
  const compiler = process.env.CC ?? "cc";
  try {
    execFileSync(compiler, ["--version"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "float32-"));
  const program = join(folder, "float32-vectors");
  execFileSync(compiler, [...FLAGS, "-o", program, SOURCE, "-lm"], { stdio: ["ignore", "inherit", "inherit"] });
  return {
    fpu: (operation, operands) => execFileSync(program, [operation], { input: operands, maxBuffer: 2 ** 30 }),
    close: () => rmSync(folder, { recursive: true }),
  };
}
