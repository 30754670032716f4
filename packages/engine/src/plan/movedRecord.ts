/** A record's code for the elements of a part of its tensor, which begins where an operand says. */
import { type MapRecord, type Operand } from "@assay/vm";
import { MAX_REGISTERS } from "@assay/vm/assembler";
import { OPCODE } from "@assay/vm/opcodes";
import { MAX_OPERANDS } from "@assay/vm/record";
import { withRegisters } from "./prunedRecord.ts";

/**
 * A record whose element is that of `record` some places further along a dimension: as many as element 0 of the operand
 * `offset` says. Undefined where its code would be too long.
 *
 * @param sizes Those of the record's tensor; in the result's all but `dimension` are the same.
 */
export function movedRecord(
  record: MapRecord,
  sizes: readonly number[],
  dimension: number,
  offset: Operand,
): MapRecord | undefined {
  const { constants, value, operands } = record;
  if (operands.length === MAX_OPERANDS) return undefined;
  const [zero, size] = [constants.length, constants.length + 1];
  const before: number[][] = [];
  const emit = (...instruction: number[]): number => constants.length + 2 + before.push(instruction) - 1;
  const more = emit(OPCODE.load, operands.length, zero, 0);
  const place = emit(OPCODE.iadd, emit(OPCODE.index, dimension, 0, 0), more, 0);
  let linear = zero;
  if (value.code.some((opcode, at) => at % 4 === 0 && opcode === OPCODE.linear)) {
    sizes.forEach((_, d) => {
      const extent = d === dimension ? size : emit(OPCODE.extent, d, 0, 0);
      const coordinate = d === dimension ? place : emit(OPCODE.index, d, 0, 0);
      linear = d === 0 ? coordinate : emit(OPCODE.iadd, emit(OPCODE.imul, linear, extent, 0), coordinate, 0);
    });
  }
  const shift = 2 + before.length;
  const register = (old: number): number => (old < constants.length ? old : old + shift);
  if (constants.length + value.code.length / 4 + shift > MAX_REGISTERS) return undefined;
  // A register behind all is not written, and 0.
  const own = withRegisters(value.code, constants.length, (read) => Math.min(register(read), MAX_REGISTERS - 1));
  for (let at = 0; at < own.length; at += 4) {
    const [op, a] = own.subarray(at);
    if (op === OPCODE.index && a === dimension) own.set([OPCODE.iadd, place, zero, 0], at);
    else if (op === OPCODE.extent && a === dimension) own.set([OPCODE.iadd, size, zero, 0], at);
    else if (op === OPCODE.linear) own.set([OPCODE.iadd, linear, zero, 0], at);
  }
  return {
    ...record,
    operands: [...operands, offset],
    constants: [...constants, 0, sizes[dimension]],
    value: { code: Uint8Array.from([...before.flat(), ...own]), results: Array.from(value.results, register) },
  };
}
