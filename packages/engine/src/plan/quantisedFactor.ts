/**
 * Factors that are an integer times a scale, as quantised weights are: found by the last instruction of their code, a product of
 * a converted integer and something else. Whether the integers are small and their scales are shared, their values say.
 */
import { OPCODE } from "@assay/vm/opcodes";
import type { ComputedFactor } from "./computedFactor.ts";

/** The registers of a factor's two parts. */
export interface QuantisedParts {
  readonly integer: number;
  readonly scale: number;
}

/** The parts of a factor that is made of parameters alone; undefined where it is no such product. */
export function quantisedParts({ record, constant }: ComputedFactor): QuantisedParts | undefined {
  const { code, results } = record.value;
  const first = record.constants.length;
  const at = (register: number) => 4 * (register - first);
  const result = Number(results[0]);
  if (!constant || result < first || at(result) >= code.length || code[at(result)] !== OPCODE.fmul) return undefined;
  const [a, b] = code.subarray(at(result) + 1);
  const isInteger = (register: number) => register >= first && register < result && code[at(register)] === OPCODE.itof;
  if (isInteger(a) === isInteger(b)) return undefined;
  return isInteger(a) ? { integer: a, scale: b } : { integer: b, scale: a };
}
