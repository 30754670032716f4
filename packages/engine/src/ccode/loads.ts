/** Loads in C: elements of operands, one or a vector of them, and 0 where an element is not there. */
import { bitsOf, DType } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { CALL_ADDRESS } from "../codegen/emitter.ts";
import type { Node, OperandPlan } from "../codegen/graph.ts";
import { insideWhere } from "../codegen/guards.ts";
import type { Emitter } from "./emitter.ts";

/** What C has no form for: the kernel stays WebAssembly. */
export class NoForm extends Error {
  override readonly name = "NoForm";
}

/** Suffix of the functions that load a type. */
const SUFFIX: Readonly<Partial<Record<DType, string>>> = {
  [DType.FLOAT32]: "f32",
  [DType.FLOAT16]: "f16",
  [DType.BFLOAT16]: "bf16",
  [DType.INT8]: "i8",
  [DType.UINT8]: "u8",
  [DType.BOOL]: "u8",
  [DType.INT16]: "i16",
  [DType.UINT16]: "u16",
  [DType.INT32]: "i32",
  [DType.UINT32]: "i32",
  [DType.INT64]: "i64",
  [DType.UINT64]: "i64",
  [DType.INT4]: "i4",
  [DType.UINT4]: "u4",
};

/** Those for which there is a function that loads elements a distance apart. */
const SPACED: readonly string[] = ["f32", "i32", "u8", "i8"];

/** Where an operand's elements lie, how many may be read, and whether that bound is known to hold. */
interface Source {
  readonly suffix: string;
  readonly bytes: number;
  /** The first element's address, a pointer. */
  readonly base: string;
  /** A uint32_t; undefined where the index certainly is below it. */
  readonly limit: string | undefined;
}

function sourceOf(emitter: Emitter, node: Node): Source {
  const operand = emitter.graph.scope.operands[node.imm];
  if (operand.kind === "history") return historySource(emitter, operand, node);
  // An absent operand's loads are the constant 0.
  if (operand.kind === "absent") throw new Error("a load of an operand that is not there");
  const { dtype, address, count } = operand;
  const source = { suffix: SUFFIX[dtype]!, bytes: bitsOf(dtype) / 8, base: `(m + ${emitter.size(address)})` };
  if (operand.kind === "row") {
    // Of a row group's tensor, the elements of the rows that are there.
    const rows = emitter.graph.scope.inner === 0 ? "0" : "c0";
    return { ...source, limit: `((${rows} + ${operand.earlier ? 1 : 0}) * ${emitter.size(operand.rowSize)})` };
  }
  return { ...source, limit: emitter.graph.inside(node.args[0], count) ? undefined : emitter.size(count) };
}

/** Of a history: the tensor of one call, the same for all lanes. A call that is not yet made has no elements. */
function historySource(emitter: Emitter, operand: Extract<OperandPlan, { kind: "history" }>, node: Node): Source {
  const { table, prompt, decode } = operand;
  const call = node.args[1];
  const dtype = prompt ?? decode;
  if (dtype === undefined || (prompt ?? dtype) !== (decode ?? dtype)) throw new NoForm("a history of two types");
  if (call.stride !== 0) throw new NoForm("calls that differ from lane to lane");
  const now = `(uint32_t)s_load_i32(m + ${CALL_ADDRESS}, 0)`;
  const made = emitter.keep(call, "int", `s_ultl(${emitter.words.wide(call)}, s_extendu((int32_t)${now}))`);
  const index = `2 * (uint32_t)${emitter.words.low(call)}`;
  const entry = (word: number): string =>
    `(${made} ? (uint32_t)s_load_i32(m + ${emitter.parameter(table)}, ${index} + ${word}) : 0)`;
  return {
    suffix: SUFFIX[dtype]!,
    bytes: bitsOf(dtype) / 8,
    base: `(m + ${emitter.keep(call, "uint32_t", entry(0))})`,
    limit: emitter.keep(call, "uint32_t", entry(1)),
  };
}

/** One element. */
export function loadWord(emitter: Emitter, node: Node): string {
  const { suffix, base, limit } = sourceOf(emitter, node);
  const [index] = node.args;
  const element = `s_load_${suffix}(${base}, (uint32_t)${emitter.words.low(index)})`;
  if (limit === undefined) return element;
  return `(s_ultl(${emitter.words.wide(index)}, s_extendu((int32_t)${limit})) ? ${element} : 0)`;
}

/** Elements from one lane to the next of a load that is read by distance: the last lane's place stays a 32-bit word. */
const MOST_SPACED = 2 ** 20;

/** A vector of elements: neighbours or elements a distance apart, some of them chosen, or elements anywhere. */
export function loadCode(emitter: Emitter, node: Node): string {
  const { suffix, bytes, base, limit } = sourceOf(emitter, node);
  const [index] = node.args;
  const { words, vectors, lanes } = emitter;
  const whole = bytes >= 1;
  const from = (first: Node): string => `${base} + ${bytes} * ${words.wide(first)}`;
  if (whole && index.stride === 1) {
    if (limit === undefined) return `v_load_${suffix}(${from(index)}, ${lanes})`;
    return `v_within_${suffix}(${base}, ${words.wide(index)}, ${limit}, ${lanes})`;
  }
  const below = (place: Node, most: string): string => {
    if (emitter.representation(place) === "wide") return `v_ultl(${vectors.wide(place)}, v_setl(${most}))`;
    return `v_ult(${vectors.low(place)}, v_set((int32_t)${most}))`;
  };
  const counted = `v_first(${lanes})`;
  const all = (conditions: readonly string[]): string => conditions.reduce((rest, one) => `v_and(${rest}, ${one})`);
  /** Elements from `first` on, `first`'s stride apart, where all conditions hold; undefined where they are not read so. */
  const spaced = (first: Node, conditions: readonly string[]): string | undefined => {
    const { stride } = first;
    if (!whole || stride === undefined || stride < 1 || stride > MOST_SPACED) return undefined;
    if (stride === 1) return `v_chosen_${suffix}(${from(first)}, ${all(conditions)})`;
    if (!SPACED.includes(suffix)) return undefined;
    return `v_spaced_${suffix}(${from(first)}, ${emitter.stride(stride)}, ${all(conditions)})`;
  };
  const chosen = whole && index.op === OPCODE.select ? index.args : undefined;
  if (chosen !== undefined && chosen[2].high < 0) {
    const [condition, first] = chosen;
    const operand = emitter.graph.scope.operands[node.imm];
    const certain =
      limit === undefined ||
      (operand.kind === "tensor" &&
        (emitter.graph.inside(first, operand.count) || insideWhere(condition, first, operand.count.constant ?? 0)));
    if (first.stride === 1 && condition.stride === 0) {
      const neighbours = certain
        ? `v_load_${suffix}(${from(first)}, ${lanes})`
        : `v_within_${suffix}(${base}, ${words.wide(first)}, ${limit!}, ${lanes})`;
      return `(${words.condition(condition)} ? ${neighbours} : v_none_${suffix}())`;
    }
    const conditions = [vectors.condition(condition), counted, ...(certain ? [] : [below(first, limit!)])];
    const code = spaced(first, conditions);
    if (code !== undefined) return code;
  }
  const conditions = limit === undefined ? [counted] : [counted, below(index, limit)];
  return spaced(index, conditions) ?? `v_gather_${suffix}(${base}, ${vectors.low(index)}, ${all(conditions)})`;
}
