/** Places a recognised contraction in the memory: its words, its tables, and in which form each factor is read. */
import type { OperandPlan } from "../codegen/graph.ts";
import {
  encodeContraction,
  MODE,
  SIDE,
  type Contraction,
  type ContractionKernels,
  type Factor,
} from "../contraction.ts";
import { typeOf } from "../quantisedColumns.ts";
import { isPacked, packedType, parameterOf, sideOf, type PackedParameters } from "./packing.ts";
import type { MatchedContraction, MatchedFactor } from "./recognise.ts";
import type { Tables } from "./tables.ts";

export interface ContractionPlaces {
  readonly tables: Tables;
  readonly packed: PackedParameters;
  readonly kernels: ContractionKernels;
}

export interface PlacedContraction {
  /** Address of the contraction's words. */
  readonly at: number;
  readonly contraction: Contraction;
}

/** @param out Address of the sums. */
export function placeContraction(
  match: MatchedContraction,
  operands: readonly OperandPlan[],
  out: number,
  { tables, packed }: ContractionPlaces,
): PlacedContraction {
  const factorOf = (side: number): Factor => {
    const factor = sideOf(match, side);
    const source = factor.computed ?? parameterOf(operands[factor.slot]);
    if (source !== undefined && isPacked(factor, operands)) {
      const { zero } = factor;
      const zeroParameter = zero?.kind === "loaded" ? parameterOf(operands[zero.slot]) : undefined;
      const { address, batch, quantisation } = packed.factor(source, side, match, zeroParameter);
      const place = { ...EMPTY, address, batch: tables.place(batch) };
      if (quantisation === undefined) return { ...place, dtype: packedType(match, side), mode: MODE.PACKED };
      return { ...place, dtype: typeOf(quantisation), mode: MODE.QUANTISED, stride: quantisation.group };
    }
    return readFactor(factor, side, operands, tables);
  };
  const contraction: Contraction = {
    kind: match.kind,
    depth: match.depth,
    rows: match.rows,
    columns: match.columns,
    batches: match.batches,
    blocked: match.blocked,
    out,
    outBatch: tables.place(match.outBatch),
    outRow: tables.place(match.outRow),
    rowFactor: factorOf(SIDE.ROWS),
    columnFactor: factorOf(SIDE.COLUMNS),
  };
  return { at: tables.place(encodeContraction(contraction)), contraction };
}

const EMPTY: Factor = {
  address: 0,
  dtype: 0,
  mode: MODE.GATHERED,
  batch: 0,
  lane: 0,
  depth: 0,
  stride: 0,
  guards: [],
  zero: 0,
  zeroLane: 0,
};

/** A factor that is read where it lies. */
function readFactor(factor: MatchedFactor, side: number, operands: readonly OperandPlan[], tables: Tables): Factor {
  const { lane, depth, guards, zero } = factor;
  const stride = constantStep(depth);
  const strided =
    guards.length === 0 && zero === undefined && (side === SIDE.ROWS ? stride !== undefined : constantStep(lane) === 1);
  return {
    address: addressOf(operands[factor.slot]),
    dtype: factor.dtype,
    mode: strided ? MODE.STRIDED : MODE.GATHERED,
    batch: tables.place(factor.batch),
    lane: tables.place(lane),
    depth: tables.place(depth),
    stride: stride ?? 0,
    guards: guards.map((guard) => ({
      lane: tables.place(guard.lane),
      depth: tables.place(guard.depth),
      size: guard.size,
    })),
    ...zeroOf(zero, operands, tables),
  };
}

function zeroOf(
  zero: MatchedFactor["zero"],
  operands: readonly OperandPlan[],
  tables: Tables,
): Pick<Factor, "zero" | "zeroLane"> {
  if (zero === undefined) return { zero: 0, zeroLane: 0 };
  // A byte of a table serves as the one element.
  if (zero.kind === "constant") return { zero: tables.place(Int32Array.of(zero.value & 0xff)), zeroLane: 0 };
  const single = zero.lane.every((offset) => offset === zero.lane[0]);
  const first = addressOf(operands[zero.slot]);
  if (single) return { zero: first + zero.lane[0], zeroLane: 0 };
  return { zero: first, zeroLane: tables.place(zero.lane) };
}

function addressOf(operand: OperandPlan): number {
  if (operand.kind !== "tensor" || operand.address.constant === undefined) {
    throw new Error("a factor without a fixed address");
  }
  return operand.address.constant;
}

/** The difference between neighbours, if it is one and the same; a table of one has the difference 1. */
function constantStep(table: Int32Array): number | undefined {
  if (table.length < 2) return 1;
  const step = table[1] - table[0];
  for (let i = 2; i < table.length; i++) if (table[i] - table[i - 1] !== step) return undefined;
  return step;
}
