/** Window functions: a sum of cosines a0 - a1 cos(2π i ÷ N) + a2 cos(4π i ÷ N), N the size or, if symmetric, one less. */
import type { DType } from "@assay/vm";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";
import { elementType } from "./cast.ts";
import { FLOATS, isFloat } from "./types.ts";
import { turnOf } from "./turn.ts";

export function windowFunction(name: string, a0: number, a1: number, a2 = 0): Operator {
  return {
    name,
    inputs: [1, 1],
    lower(node) {
      const sizes = node.known(0)!;
      check(sizes.length === 1, "SHAPE_MISMATCH", "the size is not one number");
      const [size] = sizes;
      check((size.constant ?? 0) >= 0, "BAD_ATTRIBUTE", `the size is ${size}`);
      const dtype: DType = elementType(node, node.attributes.int("output_datatype", 1));
      const floats = FLOATS.join(", ");
      check(isFloat(dtype), "UNSUPPORTED", `a window of element type ${dtype}; only ${floats}`);
      const periodic = node.attributes.flag("periodic", true);
      const period = (periodic ? size : size.sub(1)).max(1);
      return node.graph.map(dtype, [size], (code) => {
        const at = (multiple: number) =>
          turnOf(code, code.divide(code.times(code.index(0), multiple), period)[1], period).cosine;
        const first = code.ffma(code.constantFloat(-a1), at(1), code.constantFloat(a0));
        return a2 === 0 ? first : code.ffma(code.constantFloat(a2), at(2), first);
      });
    },
  };
}
