/** Stores: a kernel's values into its tensor, one at a time or four, NaNs canonical, 4-bit elements two to a byte. */
import { bitsOf, DType } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { f32, get, i32, i32x4, i64, select, shuffle, v128, type Code } from "../wasm/code.ts";
import type { KernelPlan } from "./body.ts";
import { canonicalBits, canonicalVector, holdsOneNaN, LANES, type Emitter } from "./emitter.ts";
import { isFloatType, type Node } from "./graph.ts";

/** Stores the value at the present place, or at the element `place`, `offset` elements on. */
export function storeOf(
  emitter: Emitter,
  plan: KernelPlan,
  given: Node,
  vectors: boolean,
  offset: number,
  place = i32.add(get(emitter.counters.start), get(emitter.counters.place)),
): Code {
  const { writer } = emitter;
  const { dtype } = plan.record;
  const bits = bitsOf(dtype);
  // The pattern of a 16-bit float is what was widened.
  const node = (dtype === DType.FLOAT16 || dtype === DType.BFLOAT16) && given.args.length === 1 ? given.args[0] : given;
  const base = plan.out.constant !== undefined ? i32.const(plan.out.constant) : i32.load(i32.const(plan.out.slot));
  const address = i32.add(base, bits >= 8 ? i32.mul(place, i32.const(bits / 8)) : i32.shr_u(place, i32.const(1)));
  const shift = (offset * bits) / 8;
  if (!vectors) {
    const { low, wide, float } = emitter.access;
    const as = emitter.representation(node);
    switch (bits) {
      case 64:
        return i64.store(address, wide(node));
      case 32:
        if (dtype === DType.FLOAT32 && as === "float") {
          if (holdsOneNaN(node)) return f32.store(address, float(node));
          return i32.store(
            address,
            canonicalBits(float(node), false, () => writer.local("f32")),
          );
        }
        return i32.store(address, low(node));
      case 16:
        return i32.store16(address, low(patternNode(emitter, dtype, node)));
      case 8:
        return i32.store8(address, low(node));
      default: {
        // The even element clears the byte, the odd one adds its half.
        const odd = i32.and(place, i32.const(1));
        const nibble = i32.and(low(node), i32.const(15));
        const joined = i32.or(i32.and(i32.load8_u(address), i32.const(15)), i32.shl(nibble, i32.const(4)));
        return i32.store8(address, select(odd, joined, nibble));
      }
    }
  }
  switch (bits) {
    case 64:
      return Array.from({ length: LANES }, (_, k) =>
        i64.store(address, emitter.laneAccess(k).wide(node), shift + 8 * k),
      );
    case 32: {
      if (dtype !== DType.FLOAT32) return v128.store(address, emitter.vectors.low(node), shift);
      const value = emitter.vectors.float(node);
      const canonical = holdsOneNaN(node) || emitter.representation(node) !== "float";
      return v128.store(address, canonical ? value : canonicalVector(value), shift);
    }
    case 16: {
      const halves = shuffled(emitter.vectors.low(patternNode(emitter, dtype, node)), [0, 1, 4, 5, 8, 9, 12, 13]);
      return v128.store64_lane(address, halves, 0, shift);
    }
    default: {
      const bytes = shuffled(emitter.vectors.low(node), [0, 4, 8, 12]);
      return i32.store(address, i32x4.extract_lane(bytes, 0), shift);
    }
  }
}

/** Of a 16-bit float that is a constant, its pattern as a constant. */
function patternNode(emitter: Emitter, dtype: DType, node: Node): Node {
  if (!isFloatType(dtype) || node.op === OPCODE.ftoh || node.op === OPCODE.ftob) return node;
  return emitter.graph.compute(dtype === DType.FLOAT16 ? OPCODE.ftoh : OPCODE.ftob, node);
}

/** The given bytes of a vector, first. */
function shuffled(vector: Code, bytes: readonly number[]): Code {
  const order = [...bytes, ...new Array<number>(16 - bytes.length).fill(0)];
  return shuffle(vector, vector, order);
}
