/** For tests: the native library's instruction sets, built when first asked for, and a contraction computed by all of them. */
import { expect } from "chai";
import type { Random } from "@assay/vm/testing/random";
import { SIDE, type Contraction, type ContractionKernels, type Region } from "../contraction.ts";
import { oracle } from "../kernels/oracle.ts";
import { compute, sums, withPacked, type Heap } from "../kernels/testing.ts";
import { buildNative, NativeBuildInputError } from "./build.ts";
import { nativeKernels } from "./kernels.ts";
import { nativeLibrary } from "./library.ts";

/** A multiple of every set's panel. */
const PANEL = 32;

/** The sets this machine runs; a reason where there is no library. */
export function availableSets(): readonly string[] | string {
  try {
    buildNative();
  } catch (error) {
    if (error instanceof NativeBuildInputError) return error.message;
    throw error;
  }
  const library = nativeLibrary();
  return "absent" in library ? library.absent : library.sets.filter((set) => set.runs).map((set) => set.name);
}

/** For `before`: the sets this machine runs; skips the suite where there is no library. */
export function setsOrSkip(context: Mocha.Context): readonly string[] {
  context.timeout(300_000);
  const available = availableSets();
  if (typeof available === "string") {
    console.log(`      not run: ${available}`);
    context.skip();
  }
  return available;
}

export function kernelsOf(heap: Heap, set: string): ContractionKernels {
  const kernels = nativeKernels(heap.memory, { set });
  if ("absent" in kernels) throw new Error(kernels.absent);
  return kernels;
}

/** Every way of computing it, by every set: as it is, packed on either side and both, whole and in odd regions. */
export function checkContraction(
  sets: readonly string[],
  heap: Heap,
  c: Contraction,
  random: Random,
  say: object,
): void {
  const want = sums(heap, c, (_, b, m, n) => oracle(heap.view(), c, b, m, n));
  const part: Region = {
    batches: random.between(1, c.batches),
    rows: random.between(1, c.rows),
    columns: PANEL * random.between(1, Math.ceil(c.columns / PANEL)),
  };
  for (const set of sets) {
    const kernels = kernelsOf(heap, set);
    for (const sides of [[], [SIDE.ROWS], [SIDE.COLUMNS], [SIDE.ROWS, SIDE.COLUMNS]]) {
      const packed = withPacked(heap, kernels, c, sides);
      for (const region of [kernels.region(packed), part])
        same(
          compute(heap, kernels, packed, region),
          want,
          c,
          `${set}: ${JSON.stringify({ ...say, packed: sides, region })}`,
        );
    }
  }
}

/** Equality of all sums, told by the first that differs. */
export function same(got: readonly number[], want: readonly number[], c: Contraction, say: string): void {
  const at = want.findIndex((bits, i) => got[i] !== bits);
  if (at < 0) return;
  const [b, rest] = [Math.floor(at / (c.rows * c.columns)), at % (c.rows * c.columns)];
  const place = `batch ${b}, row ${Math.floor(rest / c.columns)}, column ${rest % c.columns}`;
  expect.fail(`${say}\n${place}: ${got[at].toString(16)}, not ${want[at].toString(16)}`);
}
