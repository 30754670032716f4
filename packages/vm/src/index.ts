export * as float32 from "./float32.ts";
export * from "./isa.ts";
