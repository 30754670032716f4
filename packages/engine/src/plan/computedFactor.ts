/**
 * A factor that is no element of a tensor but any code: a kernel of its own computes it into a tensor, whose last axis is the
 * step of the reduction.
 */
import { DType, type MapRecord, type NodeRecord } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { MAX_RANK } from "@assay/vm/record";
import { DEPENDS, type GraphBuilder, type Node } from "../codegen/graph.ts";
import { prunedRecord } from "./prunedRecord.ts";

type ReduceRecord = NodeRecord & { kind: "reduce" };

export interface ComputedFactor {
  readonly record: MapRecord;
  /** Sizes of the output, 1 where the factor does not depend on a coordinate, then the depth. */
  readonly sizes: readonly number[];
  /** Whether it is made of parameters alone, and so the same in every run. */
  readonly constant: boolean;
}

/**
 * The kernel of a factor of a record's product that depends on the coordinates that `has` says, and on no others. Undefined
 * where its code does not say the same of a tensor of other sizes.
 */
export function computedFactor(
  record: ReduceRecord,
  graph: GraphBuilder,
  factor: Node,
  sizes: readonly number[],
  depth: number,
  has: (dimension: number) => boolean,
): ComputedFactor | undefined {
  if (sizes.length >= MAX_RANK || (factor.depends & (DEPENDS.ACCUMULATOR | DEPENDS.LANE)) !== 0) return undefined;
  const { code } = record.step;
  const accumulators = record.accumulators.map((_, i) => graph.accumulator(i));
  const registers = record.constants.length + code.length / 4;
  const all = graph.section({ code, results: Array.from({ length: registers }, (_, i) => i) }, accumulators, true);
  const register = all.indexOf(factor);
  if (register < 0) return undefined;
  const { constants, operands, group } = record;
  const value = { code, results: [register] };
  const map: MapRecord = { kind: "map", dtype: DType.FLOAT32, shape: [], operands, constants, value };
  const own = prunedRecord({ ...map, ...(group && { group }) });
  for (let at = 0; at < own.value.code.length; at += 4) {
    const [op, a] = own.value.code.subarray(at);
    // What is another in the factor's tensor: the factor may be made with it, though it depends on no such coordinate.
    const isSize = op === OPCODE.extent && (a === sizes.length || (a < sizes.length && !has(a) && sizes[a] !== 1));
    if (isSize || op === OPCODE.linear || (op === OPCODE.index && a === sizes.length)) return undefined;
    if (op === OPCODE.step) own.value.code.set([OPCODE.index, sizes.length], at);
  }
  return {
    sizes: [...sizes.map((size, d) => (has(d) ? size : 1)), depth],
    constant: isConstant(own.value.code, factor, graph),
    record: own,
  };
}

/** Instructions whose result the request decides. */
const OF_REQUEST: readonly number[] = [OPCODE.symbol, OPCODE.call, OPCODE.calls, OPCODE.seed];

/** Whether code asks for something of the request. */
export function isOfRequest(code: Uint8Array): boolean {
  return code.some((opcode, at) => at % 4 === 0 && OF_REQUEST.includes(opcode));
}

function isConstant(code: Uint8Array, factor: Node, graph: GraphBuilder): boolean {
  if (isOfRequest(code)) return false;
  let loads = 0;
  const readsParameters = ({ op, imm, args }: Node): boolean => {
    const operand = op === OPCODE.load ? graph.scope.operands[imm] : undefined;
    if (operand !== undefined) loads++;
    const isFixed = operand === undefined || (operand.kind === "tensor" && operand.parameter !== undefined);
    return isFixed && args.every(readsParameters);
  };
  return readsParameters(factor) && loads > 0;
}

/** Elements of the factor's tensor. */
export const elementsOf = ({ sizes }: ComputedFactor): number => sizes.reduce((product, size) => product * size, 1);
