export * from "./disputes.ts";
export * from "./inferences.ts";
