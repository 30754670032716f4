/**
 * Scalar code as text, one line per constant, instruction and result, with the values of a run beside them if given:
 *
 *   r0 = constant 0x3f800000 (1)
 *   r1 = linear
 *   r2 = load 0, r1
 *   r3 = fadd r2, r0
 *   result r3
 */
import { toNumber } from "./float32.ts";
import { INSTRUCTIONS } from "./isa.ts";
import { low32, unsignedOf, type Word } from "./word.ts";
import type { Section } from "./scalarMachine.ts";

const BY_CODE = new Map(INSTRUCTIONS.map((i) => [i.code, i]));

const hex = (x: number | bigint, digits: number) => `0x${x.toString(16).padStart(digits, "0")}`;

/**
 * The lines of a section.
 * @param registers What `execute` gave for it: each line then ends with the register's value.
 */
export function disassemble(constants: ArrayLike<number>, section: Section, registers?: readonly Word[]): string[] {
  const lines = Array.from(constants, (c, i) => `r${i} = constant ${hex(c >>> 0, 8)} (${toNumber(c)})`);
  for (let at = 0; at + 4 <= section.code.length; at += 4) {
    const register = constants.length + at / 4;
    const text = `r${register} = ${disassembleInstruction(section.code.subarray(at, at + 4))}`;
    lines.push(registers === undefined ? text : `${text}  ; ${show(section.code[at], registers[register])}`);
  }
  for (const result of Array.from(section.results)) lines.push(`result r${result}`);
  return lines;
}

/** One instruction of four bytes, such as `fadd r2, r0`. */
export function disassembleInstruction(bytes: Uint8Array): string {
  const instruction = BY_CODE.get(bytes[0]);
  if (instruction === undefined) return `unknown ${hex(bytes[0], 2)}`;
  const operands = [...instruction.reads].map((letter, k) => (letter === "n" ? `${bytes[1 + k]}` : `r${bytes[1 + k]}`));
  return operands.length === 0 ? instruction.name : `${instruction.name} ${operands.join(", ")}`;
}

/** A word as its instruction writes it: a binary32 as pattern and number, anything else as an integer. */
function show(opcode: number, word: Word): string {
  switch (BY_CODE.get(opcode)?.writes) {
    case "f":
      return `${hex(low32(word), 8)} (${toNumber(low32(word))})`;
    case "u":
      return `${unsignedOf(word)}`;
    default:
      return `${word}`;
  }
}
