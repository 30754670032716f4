export * from "./abi.ts";
export * from "./contracts.ts";
export * from "./decode.ts";
export * from "./orders.ts";
export * from "./parameters.ts";
