/** Along a new axis, the on value where the place is the index, the off value elsewhere; the depth is known at import. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { cast } from "../lowering/cast.ts";
import { DType } from "@assay/vm";
import { NUMBERS } from "../lowering/types.ts";
import { constantTensor, type TensorValue } from "../tensorValue.ts";
import { float32, loadWord } from "@assay/vm";
import type { Operator } from "../operator.ts";

export const OneHot: Operator = {
  name: "OneHot",
  inputs: [3, 3],
  lower(node) {
    const indices = node.input(0, ...NUMBERS);
    const depth = depthOf(node.input(1, ...NUMBERS));
    const values = node.input(2);
    node.rank(values, 1, "the values");
    node.equalSizes(values.shape[0], 2, "the values");
    const rank = indices.shape.length + 1;
    const axis = node.axis(node.attributes.int("axis", -1), rank);
    const shape = [...indices.shape.slice(0, axis), Dimension.constant(depth), ...indices.shape.slice(axis)];
    return node.graph.map(values.dtype, shape, (code) => {
      const place = code.coordinates();
      const [own] = place.splice(axis, 1);
      const word = code.read(indices, code.linearIndex(indices.shape, place));
      const index = cast(code, indices.dtype, DType.INT64, word);
      const wrapped = code.select(code.ilt(index, code.constant(0)), code.iadd(index, code.constant(depth)), index);
      return code.read(values, code.ieq(own, wrapped));
    });
  },
};

function depthOf(value: TensorValue): number {
  const tensor = constantTensor(value);
  check(tensor !== undefined, "DATA_DEPENDENT_SHAPE", "the depth is known only at run time");
  const word = loadWord(tensor.dtype, tensor.data, 0);
  const depth = tensor.dtype === DType.FLOAT32 ? float32.toNumber(Number(word)) : Number(word);
  check(Number.isInteger(depth) && depth >= 1 && depth < 2 ** 31, "SHAPE_MISMATCH", `the depth is ${depth}`);
  return depth;
}
