/** A scattering reduction in C: the loops of `codegen/scatter.ts`, with the lanes of the machine's own vectors. */
import type { KernelPlan } from "../codegen/body.ts";
import { hasVectors, meansAll, type Scatter } from "../codegen/scatter.ts";
import type { Emitter } from "./emitter.ts";
import { storeVector, storeWord } from "./stores.ts";

/** How many places are computed at once: whole vectors, one vector of n lanes, single words. */
type Width = "LANES" | "n" | "1";

/** The steps of one run of places, from the present place to `stop`. */
export function scatterLoop(emitter: Emitter, plan: KernelPlan, scatter: Scatter, out: string): string {
  const widths: readonly Width[] = hasVectors(scatter) ? ["LANES", "n"] : ["1"];
  const [first, extent] = [emitter.name(), emitter.size(plan.extent)];
  return [
    `const uint32_t ${first} = place;`,
    `for (uint32_t step = 0; step < ${extent}; step++) {`,
    `place = ${first};`,
    ...widths.flatMap((width) => placesOfStep(emitter, plan, scatter, width, out)),
    "}",
  ].join("\n");
}

/** A step's places from the present one on. */
function placesOfStep(emitter: Emitter, plan: KernelPlan, scatter: Scatter, width: Width, out: string): string[] {
  const { places, words } = emitter;
  emitter.begin(1, width);
  const condition = words.condition(scatter.meant);
  const before = emitter.cut();
  const store = width === "1" ? storeWord : storeVector;
  const stored = store(emitter, plan, scatter.value, out, `(uint32_t)${words.low(scatter.index)}`);
  const there = [...places.lane, ...places.inner, stored];
  const open = `if (${condition}) {`;
  const inside = meansAll(scatter) ? there : [...before.lane, ...before.inner, open, ...there, "}"];
  const run = [loopOf[width], ...inside, "}"];
  const step = meansAll(scatter) ? [open, ...places.step, ...run, "}"] : [...places.step, ...run];
  return [...before.step, ...step];
}

const loopOf: Readonly<Record<Width, string>> = {
  LANES: "for (; place + LANES <= stop; place += LANES) {",
  n: "for (; place < stop; place += LANES) {\nconst int n = stop - place < LANES ? (int)(stop - place) : LANES;",
  "1": "for (; place < stop; place++) {",
};
