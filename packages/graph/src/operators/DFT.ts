/** Discrete Fourier transform along one axis; the last axis holds one part or two: see `lowering/fourier.ts`. */
import { check } from "../errors.ts";
import { fourier } from "../lowering/fourier.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";

export const DFT: Operator = {
  name: "DFT",
  inputs: [1, 3],
  lower(node) {
    const { graph, attributes } = node;
    const x = node.input(0, ...FLOATS);
    const rank = x.shape.length;
    check(rank >= 2, "SHAPE_MISMATCH", `the input has rank ${rank}, less than 2`);
    const parts = x.shape[rank - 1].constant;
    check(parts === 1 || parts === 2, "SHAPE_MISMATCH", `the last axis has ${x.shape[rank - 1]} parts, not 1 or 2`);
    const named = node.opset >= 20 ? (node.scalar(2)?.constant ?? -2) : attributes.int("axis", 1);
    const axis = node.axis(named, rank);
    check(axis < rank - 1, "BAD_ATTRIBUTE", "the last axis holds the parts of a number, not a signal");
    const n = node.scalar(1) ?? x.shape[axis];
    check((n.constant ?? 1) >= 1, "BAD_ATTRIBUTE", `a transform of ${n} terms`);
    const inverse = attributes.flag("inverse", false);
    const onesided = attributes.flag("onesided", false);
    check(!(inverse && onesided), "UNSUPPORTED", "an inverse of half a spectrum; give the whole one");
    check(!(parts === 2 && onesided), "BAD_ATTRIBUTE", "onesided needs a real input");
    return fourier(graph, { x, axis, n }, onesided ? n.div(2).add(1) : n, inverse);
  },
};
