export * from "./isa.ts";
