/** Short-time Fourier transform: frames of the signal times the window, then their transforms. */
import { DType } from "@assay/vm";
import { check } from "../errors.ts";
import { fourier } from "../lowering/fourier.ts";
import { FLOATS } from "../lowering/types.ts";
import type { Operator } from "../operator.ts";
import { withShape } from "../tensorValue.ts";
import { Dimension } from "../dimension.ts";

export const STFT: Operator = {
  name: "STFT",
  inputs: [2, 4],
  lower(node) {
    const { graph, attributes } = node;
    const given = node.input(0, ...FLOATS);
    const { length } = given.shape;
    check(length === 2 || length === 3, "SHAPE_MISMATCH", `the signal has rank ${length}, not 3`);
    const signal = length === 3 ? given : withShape(given, [...given.shape, Dimension.constant(1)]);
    const [batch, samples, parts] = signal.shape;
    check(parts.equals(1) || parts.equals(2), "SHAPE_MISMATCH", `the last axis has ${parts} parts, not 1 or 2`);
    const hop = node.scalar(1)?.constant;
    check(hop !== undefined && hop >= 1 && hop < 2 ** 31, "BAD_ATTRIBUTE", `frame_step is ${hop}`);
    const window = node.optional(2, ...FLOATS);
    if (window !== undefined) node.rank(window, 1, "the window");
    const n = node.scalar(3) ?? window?.shape[0] ?? samples;
    if (window !== undefined) node.equalSizes(window.shape[0], n, "the window");
    check((n.constant ?? 1) >= 1, "BAD_ATTRIBUTE", `frame_length is ${n}`);
    const onesided = attributes.flag("onesided", true);
    check(!(parts.equals(2) && onesided), "BAD_ATTRIBUTE", "onesided needs a real signal");
    const span = samples.sub(n);
    check((span.constant ?? 0) >= 0, "SHAPE_MISMATCH", `frames of ${n} in ${samples} samples`);
    const shape = [batch, span.div(hop).add(1), n, parts];
    const frames = graph.map(window === undefined ? signal.dtype : DType.FLOAT32, shape, (code) => {
      const [item, frame, t, part] = code.coordinates();
      const sample = code.iadd(code.times(frame, hop), t);
      const element = code.read(signal, code.linearIndex(signal.shape, [item, sample, part]));
      return window === undefined ? element : code.fmul(element, code.read(window, t));
    });
    const result = fourier(
      graph,
      { x: { ...frames, dtype: DType.FLOAT32 }, axis: 2, n },
      onesided ? n.div(2).add(1) : n,
    );
    return signal.dtype === DType.FLOAT32 ? result : graph.elementwise(signal.dtype, [result], (_code, value) => value);
  },
};
