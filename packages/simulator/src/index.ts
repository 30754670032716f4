// The incentive simulator, as a library.
export * from "./errors.ts";
export * from "./formulas/index.ts";
