/** What is made of parameters alone, computed once by an engine of its own. */
import { assembleProgram, denseBytes, encodeRecord, shape, type Operand, type Program } from "@assay/vm";
import type { Engine, EngineOptions } from "./engine.ts";
import type { ComputedFactor } from "./plan/computedFactor.ts";

/** The elements of a factor that reads parameters of the program alone, as binary32. */
export function evaluated(
  engineOf: (program: Program, options: EngineOptions) => Engine,
  { params }: Program,
  { record, sizes }: ComputedFactor,
  options: EngineOptions,
): Uint8Array {
  const { dtype, constants, operands, value } = record;
  const first = operands.find(({ kind }) => kind === "parameter")!;
  // What else the code loads is no part of the factor.
  const read = operands.map((operand): Operand => (operand.kind === "parameter" ? operand : first));
  const whole = sizes.map((size) => shape.constant(size));
  const map = encodeRecord({ kind: "map", dtype, shape: whole, operands: read, constants, value });
  const engine = engineOf(assembleProgram({ prompt: [map], params, outputs: [0] }), { ...options, threads: 1 });
  try {
    const [tensor] = engine.infer({ inputs: [], symbols: [], seed: 0n, calls: 1 });
    return denseBytes(tensor).slice();
  } finally {
    engine.close();
  }
}
