/** For tests: the native library's instruction sets, built when first asked for. */
import { buildNative, NativeBuildInputError } from "./build.ts";
import { nativeLibrary } from "./library.ts";

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
