export * from "./contracts.ts";
export * from "./parameters.ts";
