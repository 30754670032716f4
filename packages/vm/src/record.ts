/**
 * Node records: one node of a program as the chain reads it. In bytes a record is a row of big-endian fields with its
 * scalar code at the end; every byte string is a record, but one that breaks a rule of `RECORD_RULES` is invalid and
 * stands for the one-element float32 tensor +0.
 */
import { MAX_REGISTERS } from "./assembler.ts";
import { ByteReader, ByteWriter, TruncatedError } from "./bytes.ts";
import { DType, isDType } from "./dtype.ts";
import { keccak, type Hash } from "./hash.ts";
import {
  decodeShape,
  encodeShape,
  evaluateShape,
  productOf,
  ShapeExpressionError,
  usesCall,
  type ShapeExpression,
} from "./shapeExpression.ts";
import type { Section } from "./scalarMachine.ts";
import { isGrouped, membersOf, type Description } from "./tensor.ts";

/** Greatest length of a record, bytes. */
export const MAX_RECORD_BYTES = 4096;
/** Greatest rank of a tensor. */
export const MAX_RANK = 8;
/** Most operands of a node. */
export const MAX_OPERANDS = 16;
/** Most accumulators of a reduction. */
export const MAX_ACCUMULATORS = 4;
/** Greatest dimension, extent and number of elements: 2^36. */
export const MAX_COUNT = 2 ** 36;
/** Most nodes of a row group. */
export const MAX_MEMBERS = 256;
/** Most rows of a node of a row group of two or more: 2^24. */
export const MAX_GROUP_ROWS = 2 ** 24;
/** Most elements of a node of a row group of two or more: 2^28. */
export const MAX_GROUP_COUNT = 2 ** 28;
/** Index that stands for no node. */
export const NO_NODE = 0xffffffff;

/** What a node may load from. */
export type Operand =
  | { readonly kind: "input" | "parameter" | "node" | "row"; readonly index: number }
  | { readonly kind: "history"; readonly prompt: number; readonly decode: number };

const OPERAND_KINDS = ["input", "parameter", "node", "history", "row"] as const;

interface CommonRecord {
  readonly dtype: DType;
  /** Nodes start … end-1 of this list, computed row by row; absent where the node stands alone. */
  readonly group?: { readonly start: number; readonly end: number };
  readonly shape: readonly ShapeExpression[];
  readonly operands: readonly Operand[];
  /** Initial registers, 32 bits each. */
  readonly constants: readonly number[];
}

/** One value per element. */
export interface MapRecord extends CommonRecord {
  readonly kind: "map";
  readonly value: Section;
}

/** One reduction of `extent` steps per element. */
export interface ReduceRecord extends CommonRecord {
  readonly kind: "reduce";
  readonly extent: ShapeExpression;
  readonly accumulators: readonly DType[];
  readonly init: Section;
  readonly step: Section;
  readonly final: Section;
}

/** A node of a program. */
export type NodeRecord = MapRecord | ReduceRecord;

/** When a record is invalid: each rule's id, and its law. */
export const RECORD_RULES = {
  length: "A record is at most 4,096 bytes long.",
  truncated: "Every field lies inside the record.",
  trailing: "The record ends where its last section ends.",
  kind: "The kind is 0 (map) or 1 (reduce).",
  dtype: "The element type is known.",
  flags: "Only bit 0 of the flags may be set.",
  group: "groupStart is below groupEnd.",
  member: "A node lies in its own row group.",
  members: "A row group has at most 256 nodes.",
  rank: "The rank is at most 8.",
  expression: "Every shape expression is well-formed.",
  operands: "There are at most 16 operands.",
  operandKind: "Every operand's kind is 0 to 4.",
  extentCall: "The extent does not depend on the call number.",
  accumulators: "A reduction has 1 to 4 accumulators.",
  accumulatorDType: "Every accumulator's type is known.",
  registers: "Constants and instructions of a section are at most 256 together.",
  dimension: "Every dimension is at most 2^36 for these symbols and this call.",
  extent: "The extent is at most 2^36 for these symbols.",
  count: "The product of the dimensions is at most 2^36 for these symbols and this call.",
  groupRows: "A node of a row group of two or more has at most 2^24 rows for these symbols and this call.",
  groupCount: "A node of a row group of two or more has at most 2^28 elements for these symbols and this call.",
} as const;
/** Id of a rule of `RECORD_RULES`. */
export type RecordRule = keyof typeof RECORD_RULES;

/** A broken rule. */
export interface Invalid {
  readonly valid: false;
  readonly rule: RecordRule;
  /** Offset in the record of the field that breaks it. */
  readonly offset: number;
}

/** A record's fields, or the first rule that its bytes break. */
export type DecodedRecord = { readonly valid: true; readonly record: NodeRecord } | Invalid;

/** Bytes of a record. Throws a RangeError where a field does not fit; does not check the validity rules. */
export function encodeRecord(record: NodeRecord): Uint8Array {
  const writer = new ByteWriter();
  writer
    .u8(record.kind === "map" ? 0 : 1)
    .u8(record.dtype)
    .u8(record.group ? 1 : 0);
  if (record.group) writer.u32(record.group.start).u32(record.group.end);
  writer.u8(record.shape.length);
  for (const size of record.shape) writer.put(encodeShape(size));
  writer.u8(record.operands.length);
  for (const operand of record.operands) {
    writer.u8(OPERAND_KINDS.indexOf(operand.kind));
    if (operand.kind === "history") writer.u32(operand.prompt).u32(operand.decode);
    else writer.u32(operand.index);
  }
  if (record.kind === "reduce") {
    writer.put(encodeShape(record.extent)).u8(record.accumulators.length);
    for (const dtype of record.accumulators) writer.u8(dtype);
  }
  writer.u8(record.constants.length);
  for (const constant of record.constants) writer.u32(constant >>> 0);
  for (const section of sectionsOf(record)) {
    for (const register of Array.from(section.results)) writer.u8(register);
    writer.u8(section.code.length / 4).put(section.code);
  }
  return writer.bytes;
}

/** The sections in the order in which they lie in the record. */
export function sectionsOf(record: NodeRecord): readonly Section[] {
  return record.kind === "map" ? [record.value] : [record.init, record.step, record.final];
}

class RuleBroken extends Error {
  readonly rule: RecordRule;
  readonly offset: number;
  constructor(rule: RecordRule, offset: number) {
    super(RECORD_RULES[rule]);
    this.rule = rule;
    this.offset = offset;
  }
}

/** The record in `bytes`, or the rule it breaks. Sizes are checked by `geometryOf`, which knows symbols and call. */
export function decodeRecord(bytes: Uint8Array): DecodedRecord {
  if (bytes.length > MAX_RECORD_BYTES) return { valid: false, rule: "length", offset: MAX_RECORD_BYTES };
  const reader = new ByteReader(bytes);
  try {
    const record = readRecord(reader);
    return reader.done ? { valid: true, record } : { valid: false, rule: "trailing", offset: reader.offset };
  } catch (error) {
    if (error instanceof RuleBroken) return { valid: false, rule: error.rule, offset: error.offset };
    if (error instanceof TruncatedError) return { valid: false, rule: "truncated", offset: error.offset };
    if (!(error instanceof ShapeExpressionError)) throw error;
    return { valid: false, rule: error.reason === "truncated" ? "truncated" : "expression", offset: error.offset };
  }
}

function readRecord(reader: ByteReader): NodeRecord {
  const byte = (rule: RecordRule, holds: (value: number) => boolean): number => {
    const offset = reader.offset;
    const value = reader.u8();
    if (!holds(value)) throw new RuleBroken(rule, offset);
    return value;
  };
  const dtype = (rule: RecordRule): DType => byte(rule, isDType) as DType;
  const many = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read);

  const kind = byte("kind", (value) => value <= 1);
  const elements = dtype("dtype");
  const flags = byte("flags", (value) => value <= 1);
  let group: NodeRecord["group"];
  if (flags === 1) {
    const offset = reader.offset;
    group = { start: reader.u32(), end: reader.u32() };
    if (group.start >= group.end) throw new RuleBroken("group", offset);
  }
  const shape = many(
    byte("rank", (value) => value <= MAX_RANK),
    () => decodeShape(reader),
  );
  const operands = many(
    byte("operands", (value) => value <= MAX_OPERANDS),
    (): Operand => {
      const operand = OPERAND_KINDS[byte("operandKind", (value) => value < OPERAND_KINDS.length)];
      return operand === "history"
        ? { kind: operand, prompt: reader.u32(), decode: reader.u32() }
        : { kind: operand, index: reader.u32() };
    },
  );

  const readReduction = (): { extent: ShapeExpression; accumulators: DType[] } => {
    const offset = reader.offset;
    const extent = decodeShape(reader);
    if (usesCall(extent)) throw new RuleBroken("extentCall", offset);
    const count = byte("accumulators", (value) => value >= 1 && value <= MAX_ACCUMULATORS);
    return { extent, accumulators: many(count, () => dtype("accumulatorDType")) };
  };
  const reduction = kind === 1 ? readReduction() : undefined;

  const constants = many(reader.u8(), () => reader.u32());
  const section = (results: number): Section => {
    const registers = many(results, () => reader.u8());
    const instructions = byte("registers", (value) => constants.length + value <= MAX_REGISTERS);
    return { results: registers, code: reader.take(4 * instructions) };
  };
  const common = { dtype: elements, ...(group && { group }), shape, operands, constants };
  if (!reduction) return { kind: "map", ...common, value: section(1) };
  const accumulators = reduction.accumulators.length;
  return {
    kind: "reduce",
    ...common,
    ...reduction,
    init: section(accumulators),
    step: section(accumulators),
    final: section(1),
  };
}

/** A node in one call: its sizes as numbers, and the description of its tensor. */
export interface Geometry {
  readonly valid: true;
  readonly record: NodeRecord;
  /** Dimensions, outermost first. */
  readonly dimensions: readonly number[];
  /** Steps of the reduction; 0 for a map. */
  readonly extent: number;
  readonly description: Description;
}

/**
 * A node in one call that is a tensor of zeros, with its description. Either its record is invalid there; or it is an
 * *orphan*: the last node of the row group that it names is not of that group, so that nothing holds its rows.
 */
export interface InvalidGeometry {
  readonly valid: false;
  readonly rule: RecordRule | "orphan";
  /** Offset in the record of the field that breaks the rule. */
  readonly offset: number;
  readonly description: Description;
}

/** Where the row group stands in a record that has one. */
const GROUP_OFFSET = 3;

/** The sizes of node `index` of its list for the symbols in `call`, or the rule its record breaks. */
export function geometryOf(
  decoded: DecodedRecord,
  symbols: readonly number[],
  call: number,
  index: number,
): Geometry | InvalidGeometry {
  const own = { groupStart: index, groupEnd: index + 1 };
  const invalid = (rule: RecordRule, offset: number): InvalidGeometry => ({
    valid: false,
    rule,
    offset,
    description: { dtype: DType.FLOAT32, count: 1, rows: 1, ...own },
  });
  if (!decoded.valid) return invalid(decoded.rule, decoded.offset);
  const { record } = decoded;
  const dimensions = record.shape.map((size) => evaluateShape(size, symbols, call));
  const extent = record.kind === "reduce" ? evaluateShape(record.extent, symbols, call) : 0;
  const count = productOf(dimensions);
  if (dimensions.some((size) => size > MAX_COUNT)) return invalid("dimension", 0);
  if (extent > MAX_COUNT) return invalid("extent", 0);
  if (count > MAX_COUNT) return invalid("count", 0);
  const group = record.group ? { groupStart: record.group.start, groupEnd: record.group.end } : own;
  const description = { dtype: record.dtype, count, rows: dimensions[0] ?? 1, ...group };
  if (index < group.groupStart || index >= group.groupEnd) return invalid("member", GROUP_OFFSET);
  if (isGrouped(description)) {
    if (membersOf(description) > MAX_MEMBERS) return invalid("members", GROUP_OFFSET);
    if (description.rows > MAX_GROUP_ROWS) return invalid("groupRows", 0);
    if (count > MAX_GROUP_COUNT) return invalid("groupCount", 0);
  }
  return { valid: true, record, dimensions, extent, description };
}

/** The description of the tensor of node `index` of its list for the symbols in `call`. */
export function describe(decoded: DecodedRecord, symbols: readonly number[], call: number, index: number): Description {
  return geometryOf(decoded, symbols, call, index).description;
}

const RECORD_TAG = Uint8Array.of(0x00);

/** The leaf of a record in its list: keccak(0x00 ‖ keccak(record)). */
export function recordLeaf(record: Uint8Array): Hash {
  return keccak(RECORD_TAG, keccak(record));
}
