/** Places of the elements that are not zero; the input is a constant, for the output's shape depends on it. */
import { float32, wordsOf } from "@assay/vm";
import { constantIndices, constantInput } from "../lowering/constants.ts";
import { placesOf } from "../lowering/known.ts";
import { isFloat } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const NonZero: Operator = {
  name: "NonZero",
  inputs: [1, 1],
  lower(node) {
    const x = constantInput(node, 0);
    const words = wordsOf(x);
    const isZero = (i: number) =>
      isFloat(x.dtype) ? float32.toNumber(Number(words[i])) === 0 : BigInt(words[i]) === 0n;
    const places = [...placesOf(x.shape)].filter((_, i) => !isZero(i));
    return constantIndices(
      [x.shape.length, places.length],
      x.shape.flatMap((_, axis) => places.map((place) => place[axis])),
    );
  },
};
