/** The lies of the story, by name: every liar. */
import { LIARS } from "@assay/dispute/testing/liars";
import type { Liar } from "@assay/dispute/testing/villains";

export const LIES: Readonly<Record<string, Liar>> = Object.fromEntries(LIARS.map((liar) => [liar.name, liar]));

/** What the story tells unless asked for another: its verdict shows one accumulator. */
export const DEFAULT_LIE = "wrong-partial-sum";
