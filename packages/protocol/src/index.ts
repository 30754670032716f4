export * from "./parameters.ts";
