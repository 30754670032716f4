/** The engine's backends; `plain` is the executor in plain JavaScript, which the others fall back to for a node. */
export const BACKENDS = ["wasm", "native", "plain"] as const;
export type Backend = (typeof BACKENDS)[number];
