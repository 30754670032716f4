/**
 * Short sums of integers of one row, as a depthwise convolution has them, are computed as floats: packing bytes for one row alone
 * costs more than it saves, and up to 2^24 binary32 holds every integer, so no order and no fused step changes a sum. The
 * elements less their zero points are written as floats by kernels of their own, those of parameters once.
 */
import { DType, type MapRecord, type NodeRecord } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import type { OperandPlan } from "../codegen/graph.ts";
import { KIND } from "../contraction.ts";
import { parameterOf } from "./packing.ts";
import type { MatchedContraction, MatchedFactor, MatchedZero } from "./recognise.ts";

/** Greatest depth of such a sum: 32 products of two differences of bytes are below 2^21. */
const SHORT_DEPTH = 32;

export const isShortSum = ({ kind, rows, depth }: MatchedContraction): boolean =>
  kind === KIND.INT32 && rows === 1 && depth <= SHORT_DEPTH;

/** The contraction of floats; undefined where a factor has several zero points. */
export function asFloats(
  match: MatchedContraction,
  record: NodeRecord,
  operands: readonly OperandPlan[],
): MatchedContraction | undefined {
  const [rowFactor, columnFactor] = [match.rowFactor, match.columnFactor].map((factor, which) => {
    const { slot, zero } = factor;
    const plan = operands[slot];
    if (plan.kind !== "tensor" || plan.count.constant === undefined) return undefined;
    if (zero?.kind === "loaded" && zero.lane.some((place) => place !== zero.lane[0])) return undefined;
    const read = [slot, ...(zero?.kind === "loaded" ? [zero.slot] : [])];
    const computed = {
      record: floatsOf(record, read, zero),
      sizes: [plan.count.constant],
      constant: read.every((one) => parameterOf(operands[one]) !== undefined),
    };
    const floats: MatchedFactor = {
      ...{ ...factor, slot: record.operands.length + which, dtype: DType.FLOAT32, zero: undefined },
      ...{ computed, elementwise: true },
    };
    return floats;
  });
  return rowFactor && columnFactor && { ...match, kind: KIND.FLOAT32, rowFactor, columnFactor };
}

/** The elements of an operand less its zero point, which a second operand may hold, as floats. */
function floatsOf({ operands }: NodeRecord, read: readonly number[], zero: MatchedZero | undefined): MapRecord {
  const { linear, load, wrapi32, isub, itof } = OPCODE;
  const head = { kind: "map", dtype: DType.FLOAT32, shape: [], operands: read.map((slot) => operands[slot]) } as const;
  const code = (...instructions: number[][]): Uint8Array =>
    Uint8Array.from(instructions.flatMap((own) => [...own, ...new Array<number>(4 - own.length).fill(0)]));
  if (zero === undefined) {
    return { ...head, constants: [], value: { code: code([linear], [load, 0, 0], [itof, 1]), results: [2] } };
  }
  // Register 0 is the zero point, or where it is.
  const constants = [(zero.kind === "constant" ? zero.value : zero.lane[0]) >>> 0];
  const point = zero.kind === "constant" ? [wrapi32, 0] : [load, 1, 0];
  const value = { code: code([linear], [load, 0, 1], point, [isub, 2, 3], [itof, 4]), results: [5] };
  return { ...head, constants, value };
}
