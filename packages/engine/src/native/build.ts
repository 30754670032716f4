/**
 * Builds the native library: every instruction set's kernels with the machine's own compiler, nothing downloaded. Done
 * already for these sources, it does nothing.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { BUILD_FOLDER, libraryFile, SOURCE_FOLDER } from "./sources.ts";

/** The native library cannot be built: the reason, and what to do. */
export class NativeBuildInputError extends Error {
  override readonly name = "NativeBuildInputError";
}

export interface BuildOptions {
  /** The C compiler; absent: the first of cc, gcc, clang that there is. */
  readonly compiler?: string;
  /** Told of each step. */
  readonly onStep?: (line: string) => void;
}

export interface Built {
  readonly file: string;
  /** What the compiler calls itself; absent where the library was there already. */
  readonly compiler?: string;
}

/** Compilers tried, in this order. */
const COMPILERS = ["cc", "gcc", "clang"];

/**
 * -ffp-contract=off: a product and a sum written apart stay apart. No option that gives up IEEE-754 (-ffast-math and its
 * parts) may stand here.
 */
export const FLAGS = ["-std=gnu11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden", "-Wall"];
const AVX512 = [
  "-DASSAY_AVX512",
  "-mavx2",
  "-mfma",
  "-mavx512f",
  "-mavx512bw",
  "-mavx512dq",
  "-mavx512vl",
  "-mbmi",
  "-mbmi2",
];

/** What is compiled from kernels.c by processor: name of the set, flags. library.c knows the same names. */
export const SETS: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>> = {
  x64: [
    ["baseline", []],
    ["avx2", ["-DASSAY_AVX2", "-mavx2", "-mfma"]],
    ["avx512", AVX512],
    ["avx512vnni", [...AVX512, "-DASSAY_VNNI", "-mavx512vnni"]],
  ],
  arm64: [
    ["baseline", []],
    ["neon", ["-DASSAY_NEON"]],
  ],
};

/**
 * Builds the library of these sources, unless it is there.
 *
 * @throws NativeBuildInputError without a working compiler.
 */
export function buildNative({ compiler, onStep = () => undefined }: BuildOptions = {}): Built {
  const file = libraryFile();
  if (existsSync(file)) return { file };
  const { command, title } = findCompiler(compiler);
  mkdirSync(BUILD_FOLDER, { recursive: true });
  const work = mkdtempSync(join(BUILD_FOLDER, "work-"));
  try {
    const place = process.platform === "win32" ? FLAGS : [...FLAGS, "-fPIC"];
    const objects = [join(work, "library.o")];
    compile(command, [...place, "-c", "library.c", "-o", objects[0]]);
    for (const [name, flags] of SETS[process.arch] ?? [["baseline", []]]) {
      onStep(`compiling ${name}`);
      const object = join(work, `${name}.o`);
      const names = [`-DASSAY_KERNELS=assay_${name}`, `-DASSAY_NAME="${name}"`];
      compile(command, [...place, ...names, ...flags, "-c", "kernels.c", "-o", object]);
      objects.push(object);
    }
    const library = join(work, basename(file));
    compile(command, ["-shared", ...objects, "-o", library]);
    // Renamed when whole: a process that looks meanwhile finds no library or all of it.
    renameSync(library, file);
    removeOthers(basename(file));
  } finally {
    rmSync(work, { recursive: true });
  }
  return { file, compiler: title };
}

/** Removes libraries of other sources; one that a process still uses may stay (Windows holds it). */
function removeOthers(kept: string): void {
  for (const name of readdirSync(BUILD_FOLDER)) {
    if (!name.startsWith("kernels-") || name === kept) continue;
    try {
      rmSync(join(BUILD_FOLDER, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      if (process.platform !== "win32") throw error;
    }
  }
}

export function findCompiler(wanted: string | undefined): { command: string; title: string } {
  for (const command of wanted === undefined ? COMPILERS : [wanted]) {
    const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
    if (status === 0) return { command, title: stdout.split("\n")[0] };
  }
  const tried = wanted ?? COMPILERS.join(", ");
  throw new NativeBuildInputError(
    `no C compiler (tried ${tried}): install gcc or clang, or name one with --compiler; without it WebAssembly is used`,
  );
}

export function compile(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", cwd: SOURCE_FOLDER });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim();
  throw new NativeBuildInputError(
    `${command} failed; without the native library WebAssembly is used. It said:\n${reason}`,
  );
}
