export * as float32 from "./float32.ts";
export * from "./assembler.ts";
export * from "./disassembler.ts";
export * from "./isa.ts";
export * from "./opcodes.ts";
export * from "./scalarMachine.ts";
export * from "./word.ts";
