/**
 * Records from code builders: the sections of a record share constants, so they are written together and finished
 * together.
 */
import { CodeBuilder, ConstantPool, type Value } from "./assembler.ts";
import type { DType } from "./dtype.ts";
import type { MapRecord, Operand, ReduceRecord } from "./record.ts";
import { toExpression, type Size } from "./shapeExpression.ts";

/** What a record says beside its code. */
export interface RecordFrame {
  readonly dtype: DType;
  readonly shape: readonly Size[];
  readonly operands?: readonly Operand[];
  readonly group?: { readonly start: number; readonly end: number };
}

/** What a reduction says beside its code. */
export interface ReduceFrame extends RecordFrame {
  readonly extent: Size;
  readonly accumulators: readonly DType[];
}

/** The sections of a reduction: `init` and `step` give one value per accumulator. */
export interface ReduceCode {
  init(code: CodeBuilder): readonly Value[];
  step(code: CodeBuilder): readonly Value[];
  final(code: CodeBuilder): Value;
}

/** A map whose elements are what `value` computes. Throws `AssemblyError` where the code is too long. */
export function mapRecord(frame: RecordFrame, value: (code: CodeBuilder) => Value): MapRecord {
  const code = new CodeBuilder();
  const result = value(code);
  return { kind: "map", ...common(frame), constants: [...code.pool.seal()], value: code.finish([result]) };
}

/** A reduction. Throws `AssemblyError` where a section is too long. */
export function reduceRecord(frame: ReduceFrame, write: ReduceCode): ReduceRecord {
  const pool = new ConstantPool();
  const init = new CodeBuilder(pool);
  const step = new CodeBuilder(pool);
  const final = new CodeBuilder(pool);
  const results = [write.init(init), write.step(step), [write.final(final)]] as const;
  return {
    kind: "reduce",
    ...common(frame),
    extent: toExpression(frame.extent),
    accumulators: frame.accumulators,
    constants: [...pool.seal()],
    init: init.finish(results[0]),
    step: step.finish(results[1]),
    final: final.finish(results[2]),
  };
}

function common({ dtype, shape, operands = [], group }: RecordFrame): Omit<MapRecord, "kind" | "constants" | "value"> {
  return { dtype, shape: shape.map(toExpression), operands, ...(group && { group }) };
}
