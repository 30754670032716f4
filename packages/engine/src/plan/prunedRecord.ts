/** A record's code without what its results do not need, so that what is the same has the same code and operands. */
import { type MapRecord } from "@assay/vm";
import { INSTRUCTIONS } from "@assay/vm/isa";
import { OPCODE } from "@assay/vm/opcodes";

const NO_OPERAND = 255;
const READS = new Map(INSTRUCTIONS.map(({ code, reads }) => [code, reads]));

/** Code with each register that it reads replaced; `at` is the instruction's own register. */
export function withRegisters(
  code: Uint8Array,
  first: number,
  replaced: (register: number, at: number) => number,
): Uint8Array {
  const own = code.slice();
  for (let at = 0; at < own.length; at += 4) {
    const reads = READS.get(own[at]) ?? "";
    for (let i = 0; i < reads.length; i++) {
      if (reads[i] !== "n") own[at + 1 + i] = replaced(own[at + 1 + i], first + at / 4);
    }
  }
  return own;
}

/** The same elements by no more constants, instructions and operands than they need. */
export function prunedRecord(record: MapRecord): MapRecord {
  const { constants, operands, value } = record;
  const first = constants.length;
  const needed = new Set(Array.from(value.results));
  for (let at = value.code.length - 4; at >= 0; at -= 4) {
    const register = first + at / 4;
    if (!needed.has(register)) continue;
    withRegisters(value.code.slice(at, at + 4), register, (read) => {
      needed.add(read);
      return read;
    });
  }
  const registers = [...needed].filter((register) => register < first + value.code.length / 4).sort((a, b) => a - b);
  const kept = registers.filter((register) => register >= first);
  const code = Uint8Array.from(
    kept.flatMap((register) => [...value.code.subarray(4 * (register - first), 4 * (register - first + 1))]),
  );
  const number = new Map(registers.map((register, i) => [register, i]));
  const moved = withRegisters(code, registers.length - kept.length, (read, at) => {
    const old = number.get(read);
    // A register that is not written yet is 0, as an instruction's own is.
    return old === undefined ? at : old;
  });
  const slots = new Map<number, number>();
  for (let at = 0; at < moved.length; at += 4) {
    if (moved[at] !== OPCODE.load) continue;
    const slot = moved[at + 1];
    // What is no operand stays none.
    if (slot < operands.length && !slots.has(slot)) slots.set(slot, slots.size);
    moved[at + 1] = slots.get(slot) ?? NO_OPERAND;
  }
  return {
    ...record,
    constants: registers.slice(0, registers.length - kept.length).map((register) => constants[register]),
    operands: [...slots.keys()].map((slot) => operands[slot]),
    value: { code: moved, results: Array.from(value.results, (register) => number.get(register)!) },
  };
}
