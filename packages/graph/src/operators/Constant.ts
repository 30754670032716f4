/** A tensor that the node itself holds. */
import { DType, makeTensor } from "@assay/vm";
import { check } from "../errors.ts";
import type { Operator } from "../operator.ts";
import { constantValue } from "../tensorValue.ts";

export const Constant: Operator = {
  name: "Constant",
  inputs: [0, 0],
  lower(node) {
    const { attributes } = node;
    const floats = (shape: number[], values: number[]) =>
      constantValue(makeTensor(DType.FLOAT32, shape, new Uint8Array(Float32Array.from(values).buffer)));
    const longs = (shape: number[], values: number[]) => {
      const exact = values.every((value) => Math.abs(value) < Number.MAX_SAFE_INTEGER);
      check(exact, "BAD_ATTRIBUTE", "an integer beyond 2^53");
      const data = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
      return constantValue(makeTensor(DType.INT64, shape, data));
    };
    if (attributes.has("value")) return constantValue(attributes.tensor("value"));
    if (attributes.has("value_float")) return floats([], [attributes.float("value_float")]);
    if (attributes.has("value_int")) return longs([], [attributes.int("value_int")]);
    if (attributes.has("value_floats")) {
      const values = attributes.floats("value_floats");
      return floats([values.length], values);
    }
    if (attributes.has("value_ints")) {
      const values = attributes.ints("value_ints");
      return longs([values.length], values);
    }
    return node.fail("UNSUPPORTED", "a constant that is neither numbers nor a tensor");
  },
};
