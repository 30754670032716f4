/** Floats as the memory holds them: every NaN the one. Written into a plan's module, for what comes from outside. */
import { NAN } from "@assay/vm/float32";
import { block, br, brIf, f32, f32x4, get, i32, loop, select, set, v128, when } from "../wasm/code.ts";
import type { ModuleWriter } from "../wasm/module.ts";
import { canonicalVector, LANES } from "./emitter.ts";

/** Name of the function: address of the first float, address of the end. */
export const CANONICAL_FLOATS = "canonicalFloats";

/** Vectors that are looked at together: only where one has a NaN are they stored. */
const VECTORS = 4;

/** Adds `canonicalFloats(at, end)`. */
export function writeCanonicalFloats(module: ModuleWriter): void {
  const writer = module.function(CANONICAL_FLOATS, ["i32", "i32"], []);
  const [at, end] = [0, 1];
  const bytes = 4 * LANES * VECTORS;
  const offsets = Array.from({ length: VECTORS }, (_, i) => 4 * LANES * i);
  const vectors = offsets.map((offset) => v128.load(get(at), offset));
  const odd = vectors.map((vector) => f32x4.ne(vector, vector)).reduce((all, one) => v128.or(all, one));
  const value = f32.load(get(at));
  writer.body = [
    block(
      loop(
        brIf(1, i32.gt_u(i32.add(get(at), i32.const(bytes)), get(end))),
        when(
          v128.any_true(odd),
          vectors.map((vector, i) => v128.store(get(at), canonicalVector(vector), offsets[i])),
        ),
        set(at, i32.add(get(at), i32.const(bytes))),
        br(0),
      ),
    ),
    block(
      loop(
        brIf(1, i32.ge_u(get(at), get(end))),
        i32.store(get(at), select(f32.eq(value, value), i32.load(get(at)), i32.const(NAN))),
        set(at, i32.add(get(at), i32.const(4))),
        br(0),
      ),
    ),
  ];
}
