/**
 * The native library as this process sees it: loaded once through koffi, or absent with the reason. Its functions take
 * addresses in a linear memory together with the memory's base in this process.
 */
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { libraryFile } from "./sources.ts";

/** Why there is no native library, and the way round it. */
export interface Absent {
  readonly absent: string;
}

export interface NativeLibrary {
  readonly file: string;
  /** Instruction sets in the library, slowest first: "baseline", "avx2", … */
  readonly sets: readonly InstructionSet[];
  /** Address of a buffer's first byte in this process. */
  readonly address: (buffer: Uint8Array) => number;
  /** Wishes for large pages under these bytes of one mapping, touched or not yet. */
  readonly largePages: (base: number, bytes: number) => void;
  readonly packedBytes: (set: number, kind: number, side: number, depth: number, lanes: number) => number;
  readonly scratchBytes: (set: number, words: Int32Array) => number;
  readonly pack: (set: number, base: number, at: number, side: number, batch: number, to: number) => void;
  readonly contract: (
    set: number,
    base: number,
    at: number,
    b0: number,
    b1: number,
    m0: number,
    m1: number,
    n0: number,
    n1: number,
    scratch: number,
  ) => void;
  /** Steps from the address `steps` on, `native/threads.h`'s `lead`; `signals`: address of those words, or 0. */
  readonly lead: (set: number, base: number, steps: number, count: number, scratch: number, signals: number) => void;
  /** Parts of steps that another thread leads. */
  readonly follow: (set: number, base: number, plan: number, scratch: number, signals: number) => void;
  // Hashing, as native/tree.h says. The views are long enough: nothing checks it; they may be of ordinary or of shared
  // memory.
  readonly hashMessage: (set: number, message: Uint8Array, length: number, to: Uint8Array) => void;
  readonly hashTree: (
    set: number,
    bytes: Uint8Array,
    length: number,
    low: number,
    level: number,
    zeros: Uint8Array,
    to: Uint8Array,
  ) => void;
  readonly hashClimb: (
    set: number,
    nodes: Uint8Array,
    count: number,
    from: number,
    level: number,
    zeros: Uint8Array,
    to: Uint8Array,
  ) => void;
}

export interface InstructionSet {
  readonly index: number;
  readonly name: string;
  /** Whether this machine runs it. */
  readonly runs: boolean;
  /** float32 lanes of a vector, and rows of the largest register tile. */
  readonly lanes: number;
  readonly rows: number;
}

/** What the library must answer to be of these sources' kind. */
const VERSION = 9;

let loaded: NativeLibrary | Absent | undefined;

/** The library, loaded when first asked for; asked again after a failure, it is looked for again. */
export function nativeLibrary(): NativeLibrary | Absent {
  if (loaded === undefined || "absent" in loaded) loaded = load();
  return loaded;
}

function load(): NativeLibrary | Absent {
  const file = libraryFile();
  if (!existsSync(file)) return { absent: "it is not built (`assay engine build-native` builds it)" };
  try {
    return bind(file);
  } catch (error) {
    return { absent: error instanceof Error ? error.message : String(error) };
  }
}

/** The little of koffi that is used: it comes with no types that say what a bound function takes. */
interface Koffi {
  load(file: string): { func(prototype: string): (...args: unknown[]) => unknown };
}

function bind(file: string): NativeLibrary {
  // koffi is an optional dependency: absent on platforms it has no build for.
  const koffi = createRequire(import.meta.url)("koffi") as Koffi;
  const library = koffi.load(file);
  const version = library.func("int32_t assay_version()");
  if (version() !== VERSION) throw new Error(`${file} is of another version (\`assay engine build-native\`)`);
  const number = (prototype: string) => library.func(prototype) as (...args: unknown[]) => number;
  const count = number("int32_t assay_sets()")();
  const name = library.func("const char *assay_set_name(int32_t set)") as (set: number) => string;
  const runs = number("int32_t assay_set_runs(int32_t set)");
  const lanes = number("int32_t assay_lanes(int32_t set)");
  const rows = number("int32_t assay_rows(int32_t set)");
  const sets = Array.from({ length: count }, (_, index) => {
    return { index, name: name(index), runs: runs(index) !== 0, lanes: lanes(index), rows: rows(index) };
  });
  const address = number("uint64_t assay_address(const uint8_t *buffer)");
  const largePages = library.func("void assay_large_pages(uint64_t base, uint64_t bytes)");
  const packedBytes = number(
    "int64_t assay_packed_bytes(int32_t set, int32_t kind, int32_t side, int64_t depth, int64_t lanes)",
  );
  const scratchBytes = number("int64_t assay_scratch_bytes(int32_t set, const int32_t *words)");
  const pack = library.func(
    "void assay_pack(int32_t set, uint64_t base, uint32_t at, int32_t side, int32_t batch, uint32_t to)",
  );
  const contract = library.func(
    "void assay_contract(int32_t set, uint64_t base, uint32_t at, int32_t b0, int32_t b1, int32_t m0, int32_t m1, " +
      "int32_t n0, int32_t n1, uint32_t scratch)",
  );
  const lead = library.func(
    "void assay_lead(int32_t set, uint64_t base, uint32_t steps, int32_t count, uint32_t scratch, uint32_t signals)",
  );
  const follow = library.func(
    "void assay_follow(int32_t set, uint64_t base, int32_t plan, uint32_t scratch, uint32_t signals)",
  );
  const hashMessage = library.func(
    "void assay_hash_message(int32_t set, const uint8_t *message, int64_t length, uint8_t *to)",
  );
  const hashTree = library.func(
    "void assay_hash_tree(int32_t set, const uint8_t *bytes, int64_t length, int32_t low, int32_t level, " +
      "const uint8_t *zeros, uint8_t *to)",
  );
  const hashClimb = library.func(
    "void assay_hash_climb(int32_t set, const uint8_t *nodes, int64_t count, int32_t from, int32_t level, " +
      "const uint8_t *zeros, uint8_t *to)",
  );
  return {
    file,
    sets,
    address: (buffer) => Number(address(buffer)),
    largePages: largePages as NativeLibrary["largePages"],
    packedBytes: (...args) => Number(packedBytes(...args)),
    scratchBytes: (...args) => Number(scratchBytes(...args)),
    pack: pack as NativeLibrary["pack"],
    contract: contract as NativeLibrary["contract"],
    lead: lead as NativeLibrary["lead"],
    follow: follow as NativeLibrary["follow"],
    hashMessage: hashMessage as NativeLibrary["hashMessage"],
    hashTree: hashTree as NativeLibrary["hashTree"],
    hashClimb: hashClimb as NativeLibrary["hashClimb"],
  };
}
