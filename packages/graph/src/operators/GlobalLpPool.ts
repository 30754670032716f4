/** Lp norm over all places of each channel. */
import { check } from "../errors.ts";
import { readNorm } from "../lowering/norm.ts";
import { axesOf, sumOver } from "../lowering/reduction.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const GlobalLpPool: Operator = {
  name: "GlobalLpPool",
  inputs: [1, 1],
  lower(node) {
    const x = node.input(0, ...FLOATS);
    check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
    const axes = axesOf(x, [...x.shape.keys()].slice(2), true);
    const { power, root } = readNorm(node);
    return sumOver(node, x, axes, (code, element) => power(code, element), root);
  },
};
