/**
 * Loads: elements of operands as a kernel reads them, one at a time or four, and +0 where an element is not there. What
 * the bounds of an index prove needs no check.
 */
import { DType, bitsOf } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { choose, f32, get, i16x8, i32, i32x4, i64, set, v128, vectorChoose, type Code } from "../wasm/code.ts";
import { CALL_ADDRESS, LANES, type Emitter } from "./emitter.ts";
import { type Node, type OperandPlan, type Size } from "./graph.ts";
import type { Representation } from "./representation.ts";
import type { Access } from "./scalar.ts";

/** Bytes at either end of the memory that hold no tensor, so that a vector may begin a little outside one. */
export const MARGIN = 65536;

const sizeCode = (size: Size): Code =>
  size.constant !== undefined ? i32.const(size.constant) : i32.load(i32.const(size.slot));

/** Zero in a representation. */
const zeroOf = (as: Representation): Code =>
  as === "float" ? f32.const(0) : as === "wide" ? i64.const(0) : i32.const(0);
const typeOf = (as: Representation): "f32" | "i32" | "i64" => (as === "float" ? "f32" : as === "wide" ? "i64" : "i32");

/** Element `index` (i32) of a tensor at `base`, in a representation that its type allows. */
function element(emitter: Emitter, dtype: DType, base: Code, index: Code, as: Representation): Code {
  const scaled = (bits: number): Code => i32.add(base, bits === 8 ? index : i32.mul(index, i32.const(bits / 8)));
  const fit = (code: Code, signed: boolean): Code =>
    as === "wide" ? (signed ? i64.extend_i32_s(code) : i64.extend_i32_u(code)) : code;
  switch (dtype) {
    case DType.FLOAT32: {
      if (as === "float") return f32.load(scaled(32));
      return fit(i32.load(scaled(32)), false);
    }
    case DType.FLOAT16:
    case DType.BFLOAT16: {
      const pattern = i32.load16_u(scaled(16));
      const value =
        dtype === DType.FLOAT16
          ? emitter.library.fromHalf(pattern)
          : f32.reinterpret_i32(i32.shl(pattern, i32.const(16)));
      return as === "float" ? value : fit(i32.reinterpret_f32(value), false);
    }
    case DType.UINT8:
    case DType.BOOL:
      return fit(i32.load8_u(scaled(8)), false);
    case DType.INT8:
      return fit(i32.load8_s(scaled(8)), true);
    case DType.UINT16:
      return fit(i32.load16_u(scaled(16)), false);
    case DType.INT16:
      return fit(i32.load16_s(scaled(16)), true);
    case DType.INT32:
      return fit(i32.load(scaled(32)), true);
    case DType.UINT32:
      return fit(i32.load(scaled(32)), false);
    case DType.INT64:
    case DType.UINT64:
      return as === "wide" ? i64.load(scaled(64)) : i32.load(scaled(64));
    case DType.UINT4:
    case DType.INT4: {
      const byte = i32.load8_u(i32.add(base, i32.shr_u(index, i32.const(1))));
      const shift = i32.shl(i32.and(index, i32.const(1)), i32.const(2));
      const nibble = i32.and(i32.shr_u(byte, shift), i32.const(15));
      if (dtype === DType.UINT4) return fit(nibble, false);
      return fit(i32.shr_s(i32.shl(nibble, i32.const(28)), i32.const(28)), true);
    }
  }
}

type Tensor = Extract<OperandPlan, { kind: "tensor" | "row" }>;

/** The number of elements that a load may read: of a row group's tensor, those of the rows that are there. */
function limitOf(emitter: Emitter, operand: Tensor): Code {
  if (operand.kind === "tensor") return sizeCode(operand.count);
  const row = emitter.counters.coordinates[0];
  const rows = row === undefined ? i32.const(0) : get(row);
  const reach = operand.earlier ? i32.add(rows, i32.const(1)) : rows;
  return i32.mul(reach, sizeCode(operand.rowSize));
}

/** Whether an index is below an i32 limit, as an unsigned number. */
function below(at: Access, emitter: Emitter, index: Node, limit: Code): Code {
  if (emitter.representation(index) === "wide") return i64.lt_u(at.wide(index), i64.extend_i32_u(limit));
  return i32.lt_u(at.low(index), limit);
}

/** One element, or 0; `at` gives the lane. */
export function guardedElement(emitter: Emitter, node: Node, at: Access, index = node.args[0]): Code {
  const operand = emitter.graph.scope.operands[node.imm];
  const as = emitter.representation(node);
  if (operand.kind === "history") return historyElement(emitter, operand, index, node.args[1], at, as);
  if (operand.kind === "absent") return zeroOf(as);
  const value = element(emitter, operand.dtype, sizeCode(operand.address), at.low(index), as);
  if (operand.kind === "tensor" && emitter.graph.inside(index, operand.count)) return value;
  const condition = below(at, emitter, index, limitOf(emitter, operand));
  return choose(typeOf(as), condition, value, zeroOf(as));
}

/** An element of an earlier call: the table has, by call, the tensor's address and its number of elements. */
function historyElement(
  emitter: Emitter,
  operand: Extract<OperandPlan, { kind: "history" }>,
  index: Node,
  call: Node,
  at: Access,
  as: Representation,
): Code {
  const { writer } = emitter;
  const [row, which] = [writer.local("i32"), writer.local("i32")];
  const entry = i32.add(i32.const(operand.table), i32.mul(get(which), i32.const(8)));
  const read = (dtype: DType | undefined): Code =>
    dtype === undefined ? zeroOf(as) : element(emitter, dtype, i32.load(get(row)), at.low(index), as);
  const [prompt, decode] = [read(operand.prompt), read(operand.decode)];
  const value = operand.prompt === operand.decode ? prompt : choose(typeOf(as), i32.eqz(get(which)), prompt, decode);
  const there = choose(typeOf(as), below(at, emitter, index, i32.load(get(row), 4)), value, zeroOf(as));
  const before = below(at, emitter, call, i32.load(i32.const(CALL_ADDRESS)));
  return choose(typeOf(as), before, [set(which, at.low(call)), set(row, entry), there], zeroOf(as));
}

/** Four elements as a vector; undefined where they are better read one by one. */
export function vectorElements(emitter: Emitter, node: Node): Code | undefined {
  const operand = emitter.graph.scope.operands[node.imm];
  if (operand.kind === "history" || operand.kind === "absent" || emitter.representation(node) === "wide") {
    return undefined;
  }
  const [index] = node.args;
  const together = loadFour(operand.dtype);
  const base = sizeCode(operand.address);
  const size = bitsOf(operand.dtype) / 8;
  const addressOf = (first: Code): Code => i32.add(base, size === 1 ? first : i32.mul(first, i32.const(size)));
  const inside = operand.kind === "tensor" && emitter.graph.inside(index, operand.count);
  if (together !== undefined && index.stride === 1) {
    const four = together(addressOf(emitter.access.low(index)));
    if (inside) return four;
    return guardedFour(emitter, node, index, operand, four);
  }
  const masked = together === undefined ? undefined : maskedFour(emitter, node, operand, together);
  if (masked !== undefined) return masked;
  if (inside && index.stride !== undefined && bitsOf(operand.dtype) === 32 && index.stride > 0) {
    return strided(emitter, node, index, addressOf);
  }
  return undefined;
}

/** Lanes at a fixed distance, all there. */
function strided(emitter: Emitter, node: Node, index: Node, addressOf: (first: Code) => Code): Code {
  const address = emitter.keep(node, "i32", addressOf(emitter.access.low(index)));
  let code: Code = v128.load32_zero(address);
  for (let k = 1; k < LANES; k++) code = v128.load32_lane(address, code, k, 4 * k * index.stride!);
  return code;
}

/** Four neighbours that may lie across an end: together where all are there, else one by one. */
function guardedFour(emitter: Emitter, node: Node, index: Node, operand: Tensor, four: Code): Code | undefined {
  if (emitter.representation(index) === "wide" || index.high >= 2 ** 31 - LANES) return undefined;
  const limit = emitter.keep(node, "i32", limitOf(emitter, operand));
  const first = emitter.access.low(index);
  // INVARIANT: as unsigned numbers, first + 3 < limit and first ≤ first + 3 mean that all four are there.
  const all = i32.and(i32.lt_u(i32.add(first, i32.const(LANES - 1)), limit), i32.ge_s(first, i32.const(0)));
  const one = (k: number): Code => guardedElement(emitter, node, emitter.laneAccess(k), index);
  const float = emitter.representation(node) === "float";
  const bits = (k: number): Code => (float ? i32.reinterpret_f32(one(k)) : one(k));
  let each: Code = i32x4.splat(bits(0));
  for (let k = 1; k < LANES; k++) each = i32x4.replace_lane(each, k, bits(k));
  return vectorChoose(all, four, each);
}

/**
 * Neighbours under a guard, `load(select(condition, first + lane, -1))`: read together and masked. What lies beside the
 * tensor may be read, but not used.
 */
function maskedFour(
  emitter: Emitter,
  node: Node,
  operand: Tensor,
  together: (address: Code) => Code,
): Code | undefined {
  const [choice] = node.args;
  if (choice.op !== OPCODE.select || operand.kind !== "tensor") return undefined;
  const [condition, index, otherwise] = choice.args;
  if (index.stride !== 1 || otherwise.high >= 0 || emitter.representation(index) === "wide") return undefined;
  const size = bitsOf(operand.dtype) / 8;
  const [least, most] = [index.low * size, (index.high + LANES - operand.count.most) * size];
  if (least < -MARGIN || most > MARGIN || operand.count.most > 2 ** 30) return undefined;
  const first = emitter.access.low(index);
  const address = i32.add(sizeCode(operand.address), size === 1 ? first : i32.mul(first, i32.const(size)));
  const four = together(address);
  if (condition.stride === 0) {
    const whole = emitter.graph.inside(index, operand.count) ? four : guardedFour(emitter, node, index, operand, four);
    if (whole === undefined) return undefined;
    return vectorChoose(emitter.access.truth(condition), whole, i32x4.const(0, 0, 0, 0));
  }
  let mask = emitter.vectors.mask(condition);
  if (!emitter.graph.inside(index, operand.count)) {
    mask = v128.and(mask, i32x4.lt_u(emitter.vectors.low(index), i32x4.splat(sizeCode(operand.count))));
  }
  return v128.and(four, mask);
}

/** Reads four neighbours as 32-bit lanes, for the types that can be. */
function loadFour(dtype: DType): ((address: Code) => Code) | undefined {
  switch (dtype) {
    case DType.FLOAT32:
    case DType.INT32:
    case DType.UINT32:
      return (address) => v128.load(address);
    case DType.UINT8:
    case DType.BOOL:
      return (address) => i32x4.extend_low_i16x8_u(extendBytes(v128.load32_zero(address), false));
    case DType.INT8:
      return (address) => i32x4.extend_low_i16x8_s(extendBytes(v128.load32_zero(address), true));
    case DType.UINT16:
      return (address) => i32x4.extend_low_i16x8_u(v128.load64_zero(address));
    case DType.INT16:
      return (address) => i32x4.extend_low_i16x8_s(v128.load64_zero(address));
    case DType.BFLOAT16:
      return (address) => i32x4.shl(i32x4.extend_low_i16x8_u(v128.load64_zero(address)), i32.const(16));
    default:
      return undefined;
  }
}

const extendBytes = (code: Code, signed: boolean): Code =>
  signed ? i16x8.extend_low_i8x16_s(code) : i16x8.extend_low_i8x16_u(code);
