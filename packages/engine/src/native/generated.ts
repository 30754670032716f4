/**
 * Kernels that were generated in C, compiled by this machine's compiler: libraries of some kernels each, kept beside the
 * library of contractions and found by the text of a kernel. A list beside each library names its kernels by their texts' hashes.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { compile, findCompiler, FLAGS, SETS } from "./build.ts";
import { BUILD_FOLDER, GENERATED_FOLDER, LIBRARY_SUFFIX, hashOfFolder } from "./sources.ts";

/** -fwrapv: integers wrap. The rest changes no value. */
const GENERATED_FLAGS = ["-w", "-fwrapv", "-fno-strict-aliasing", "-fno-trapping-math", "-Wno-psabi"];

/** Addresses in this process of functions, by hash of text. */
type Known = Map<string, number>;

const bySet = new Map<string, GeneratedLibraries>();

/** Sets whose generated kernels are those of another, for they have no instruction that these would use. */
const SAME: Readonly<Record<string, string>> = { avx512vnni: "avx512" };

/** The libraries of an instruction set, by its name in `build.ts`: one object for all engines of this thread. */
export function generatedLibraries(set: string): GeneratedLibraries {
  const name = SAME[set] ?? set;
  const known = bySet.get(name) ?? new GeneratedLibraries(name);
  bySet.set(name, known);
  return known;
}

/** Libraries of one instruction set. */
export class GeneratedLibraries {
  readonly #set: string;
  readonly #folder: string;
  readonly #known: Known = new Map();
  /** By file name; held, for a library that nobody holds is unloaded. */
  readonly #loaded = new Map<string, unknown>();
  /** Bodies that were looked for and not found, by hash. */
  readonly #wanted = new Map<string, string>();

  constructor(set: string) {
    this.#set = set;
    this.#folder = join(BUILD_FOLDER, `generated-${hashOfFolder(GENERATED_FOLDER)}-${set}`);
  }

  /** Whether generated code can be compiled for this set at all: the slowest has no fused multiply-add. */
  get supported(): boolean {
    return this.#set !== "baseline";
  }

  /**
   * The functions with these bodies: addresses in this process, undefined where one is not compiled.
   *
   * @param compile Compile those that are missing first, with this compiler.
   * @throws NativeBuildInputError where the compiler is missing or fails.
   */
  find(
    bodies: readonly string[],
    { compile, compiler }: { readonly compile: boolean; readonly compiler?: string },
  ): readonly (number | undefined)[] {
    if (!this.supported) return bodies.map(() => undefined);
    const hashes = bodies.map(hashOf);
    if (hashes.some((hash) => !this.#known.has(hash))) this.#load();
    hashes.forEach((hash, i) => {
      if (!this.#known.has(hash)) this.#wanted.set(hash, bodies[i]);
    });
    if (compile) this.compileWanted(compiler);
    return hashes.map((hash) => this.#known.get(hash));
  }

  /**
   * Compiles everything that was looked for and not found.
   *
   * @throws NativeBuildInputError where the compiler is missing or fails.
   */
  compileWanted(compiler?: string): void {
    if (this.#wanted.size === 0) return;
    this.#compile(this.#wanted, compiler);
    this.#wanted.clear();
    this.#load();
  }

  /** Loads the libraries that were made since. */
  #load(): void {
    if (!existsSync(this.#folder)) return;
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith(LIBRARY_SUFFIX) || this.#loaded.has(name)) continue;
      const stem = name.slice(0, -LIBRARY_SUFFIX.length);
      const hashes = readFileSync(join(this.#folder, `${stem}.txt`), "utf8").split("\n");
      const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
      const library = koffi.load(join(this.#folder, name));
      const address = library.func("uint64_t assay_kernel(int32_t index)");
      hashes.forEach((hash, index) => this.#known.set(hash, Number(address(index))));
      this.#loaded.set(name, library);
    }
  }

  #compile(bodies: ReadonlyMap<string, string>, compiler: string | undefined): void {
    const { command } = findCompiler(compiler);
    mkdirSync(this.#folder, { recursive: true });
    const work = mkdtempSync(join(this.#folder, "work-"));
    try {
      const hashes = [...bodies.keys()].sort();
      const stem = hashOf(hashes.join());
      const [source, library, list] = ["kernels.c", `kernels${LIBRARY_SUFFIX}`, "kernels.txt"].map((name) =>
        join(work, name),
      );
      writeFileSync(source, translationUnit(hashes.map((hash) => [hash, bodies.get(hash)!])));
      const flags = SETS[process.arch].find(([name]) => name === this.#set)![1];
      const place = process.platform === "win32" ? [] : ["-fPIC"];
      const include = ["-I", GENERATED_FOLDER];
      compile(command, [
        ...FLAGS,
        ...GENERATED_FLAGS,
        ...place,
        ...flags,
        ...include,
        "-shared",
        source,
        "-o",
        library,
        "-lm",
      ]);
      writeFileSync(list, hashes.join("\n"));
      // The list first: a library that is seen has one.
      renameSync(list, join(this.#folder, `${stem}.txt`));
      renameSync(library, join(this.#folder, `${stem}${LIBRARY_SUFFIX}`));
      removeOutdated(this.#folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
}

/** Removes folders of other headers; what a process still uses may stay (Windows holds it). */
function removeOutdated(kept: string): void {
  const [, hash] = basename(kept).split("-");
  for (const name of readdirSync(BUILD_FOLDER)) {
    if (!name.startsWith("generated-") || name.split("-")[1] === hash) continue;
    try {
      rmSync(join(BUILD_FOLDER, name), { recursive: true, force: true });
    } catch (error) {
      if (process.platform !== "win32") throw error;
    }
  }
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

function translationUnit(functions: readonly (readonly [string, string])[]): string {
  return [
    '#include "generated.h"',
    ...functions.map(([hash, body]) => `KERNEL(k_${hash}) ${body}`),
    "typedef void kernel(uint8_t *restrict, const uint32_t *restrict, uint32_t, uint32_t);",
    `static kernel *const kernels[] = {${functions.map(([hash]) => `k_${hash}`).join(", ")}};`,
    "EXPORT uint64_t assay_kernel(int32_t index) { return (uint64_t)(uintptr_t)kernels[index]; }",
    "",
  ].join("\n");
}
