/** Stores in C: a kernel's values into its tensor, one word or a vector of lanes, NaNs canonical. */
import { bitsOf, DType } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import type { KernelPlan } from "../codegen/body.ts";
import type { Node } from "../codegen/graph.ts";
import type { Emitter } from "./emitter.ts";
import { givesOneNaN } from "./words.ts";

/** Where an element lies: that of the present place, or the one that a C expression tells. */
const addressOf = (emitter: Emitter, { record: { dtype } }: KernelPlan, out: string, element?: string): string =>
  `m + ${out} + ${bitsOf(dtype) / 8} * (uint64_t)(${element ?? `start + ${emitter.place}`})`;

/** What is stored of a value: of a 16-bit float the pattern of what was widened. */
function storedNode({ graph }: Emitter, { record: { dtype } }: KernelPlan, value: Node): Node {
  if (dtype !== DType.FLOAT16 && dtype !== DType.BFLOAT16) return value;
  const to = dtype === DType.FLOAT16 ? OPCODE.ftoh : OPCODE.ftob;
  const widened = value.args.length === 1 ? value.args[0] : value;
  return widened.op === to ? widened : graph.compute(to, widened);
}

/** Stores the value, one word, at the present place, or at `element`. */
export function storeWord(emitter: Emitter, plan: KernelPlan, value: Node, out: string, element?: string): string {
  const { words } = emitter;
  const bits = bitsOf(plan.record.dtype);
  const node = storedNode(emitter, plan, value);
  return `s_store_${bits}(${addressOf(emitter, plan, out, element)}, ${bits === 64 ? words.wide(node) : words.low(node)});`;
}

/** Stores the lanes of the value from the present place on, or from `element` on. */
export function storeVector(emitter: Emitter, plan: KernelPlan, value: Node, out: string, element?: string): string {
  const { dtype } = plan.record;
  const { vectors, lanes } = emitter;
  const bits = bitsOf(dtype);
  const at = addressOf(emitter, plan, out, element);
  const node = storedNode(emitter, plan, value);
  if (bits === 64) return `v_store_64(${at}, ${vectors.wide(node)}, ${lanes});`;
  if (dtype !== DType.FLOAT32) return `v_store_${bits}(${at}, ${vectors.low(node)}, ${lanes});`;
  const floats = vectors.float(node);
  const canonical = givesOneNaN(node) || emitter.representation(node) !== "float";
  return `v_store_32(${at}, (vi)${canonical ? floats : `v_canonical(${floats})`}, ${lanes});`;
}
