/** Group normalisation as onnxruntime has it: channels last or second, and x · sigmoid(x) afterwards where asked for. */
import { DType, type Value } from "@assay/vm";
import { countOf, Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import type { NodeContext } from "../operator.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";
import { swish } from "./composed.ts";
import { axesOf, countAsFloat, sumOver } from "./reduction.ts";
import { normalised } from "./softmax.ts";

/** Normalises `x` with the attributes of the node; `dtype` is the type of the result. */
export function groupNormalised(
  node: NodeContext,
  dtype: DType,
  x: TensorValue,
  gamma: TensorValue,
  beta: TensorValue,
): TensorValue {
  const { attributes, graph } = node;
  const last = attributes.flag("channels_last", true);
  const groups = attributes.int("groups");
  const silu = attributes.flag("activation", false);
  const epsilon = attributes.float("epsilon", 1e-5);
  check(x.shape.length >= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, less than 3`);
  check(groups >= 1, "BAD_ATTRIBUTE", `groups is ${groups}`);
  const channel = last ? x.shape.length - 1 : 1;
  const channels = x.shape[channel];
  node.equalSizes(channels.rem(groups), 0, "channels in groups");
  for (const value of [gamma, beta]) {
    node.rank(value, 1, "gamma or beta");
    node.equalSizes(value.shape[0], channels, "gamma or beta");
  }
  const places = countOf(x.shape.filter((_, axis) => axis !== 0 && axis !== channel));
  const [count, size] = [Dimension.constant(groups), channels.div(groups)];
  const grouped = withShape(x, last ? [x.shape[0], places, count, size] : [x.shape[0], count, size.mul(places)]);
  const axes = axesOf(grouped, last ? [1, 3] : [2], false);
  const mean = sumOver(
    node,
    grouped,
    axes,
    undefined,
    (code, sum) => code.fdiv(sum, countAsFloat(code, axes)),
    DType.FLOAT32,
  );
  const variance = sumOver(
    node,
    grouped,
    axes,
    (code, element, place) => {
      const centred = code.fsub(element, code.read(mean, code.linearIndex(axes.shape, place)));
      return code.fmul(centred, centred);
    },
    (code, sum) => code.fdiv(sum, countAsFloat(code, axes)),
    DType.FLOAT32,
  );
  return graph.elementwise(dtype, [x], (code, element) => {
    const at = code.index(channel);
    const [group] = code.divide(at, size);
    const statistic = code.linearIndex(axes.shape, [code.index(0), group]);
    const [m, v] = [code.read(mean, statistic), code.read(variance, statistic)];
    const value: Value = code.ffma(normalised(code, element, m, v, epsilon), code.read(gamma, at), code.read(beta, at));
    return silu ? swish(code, value) : value;
  });
}
