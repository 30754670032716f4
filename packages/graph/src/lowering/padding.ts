/**
 * How the fused attention operators of onnxruntime say which positions are padding, and what they make of them: the filter
 * value is added to the score.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { NodeContext } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";
import { biased, broadcastAt, masked, type Attention, type ScorePlace } from "./attention.ts";
import type { Heads } from "./heads.ts";

type Seen = (code: NodeCode, place: ScorePlace) => Value;

/**
 * The mask of an attention node: `padding` is an int32 tensor of lengths [batch], of ends and starts [2 batch], of
 * flags [batch, positions] or of flags [batch, queries, positions].
 */
export function paddingMask(
  node: NodeContext,
  query: Heads,
  key: Heads,
  past: Dimension,
  given: { padding?: TensorValue | undefined; bias?: TensorValue | undefined; causal: boolean },
): Pick<Attention, "mask"> {
  const { padding, bias, causal } = given;
  const filter = node.attributes.float("mask_filter_value", -10000);
  const seen = padding && readPadding(node, query, key, past, padding);
  if (bias !== undefined) {
    node.rank(bias, 4, "the bias of scores");
    [query.batch, Dimension.constant(query.heads), query.positions, key.positions].forEach((size, axis) => {
      if (!bias.shape[axis].equals(1)) node.equalSizes(bias.shape[axis], size, `axis ${axis} of the bias of scores`);
    });
  }
  if (seen === undefined && bias === undefined && !causal) return {};
  return {
    mask(code, place, score) {
      const [, , i, j] = place;
      let result = score;
      if (seen !== undefined) {
        result = code.select(seen(code, place), score, code.fadd(score, code.constantFloat(filter)));
      }
      if (bias !== undefined) result = biased(code, broadcastAt(code, bias, place), result);
      if (causal) result = masked(code, code.ile(j, code.plus(i, past)), result);
      return result;
    },
  };
}

function readPadding(node: NodeContext, query: Heads, key: Heads, past: Dimension, padding: TensorValue): Seen {
  const { batch } = query;
  const [first, ...rest] = padding.shape;
  if (padding.shape.length === 1 && first.equals(batch)) {
    return (code, [b, , , j]) => code.ilt(j, code.read(padding, b));
  }
  if (padding.shape.length === 1 && first.equals(batch.mul(2))) {
    return (code, [b, , , j]) => {
      const before = code.ilt(j, code.read(padding, b));
      return code.and(before, code.ile(code.read(padding, code.plus(b, batch)), j));
    };
  }
  const flags = padding.shape.length === 2 || padding.shape.length === 3;
  if (!flags) node.fail("UNSUPPORTED", `a mask of shape [${padding.shape.join(", ")}]`);
  if (!first.equals(1)) node.equalSizes(first, batch, "batch of the mask");
  if (rest.length === 2) node.equalSizes(rest[0], query.positions, "queries of the mask");
  // Without flags for earlier positions, those are seen.
  const width = rest.at(-1)!;
  const late = !width.equals(key.positions);
  if (late) node.equalSizes(width.add(past), key.positions, "positions of the mask");
  return (code, [b, , i, j]) => {
    const at = late ? code.isub(j, code.size(past)) : j;
    const place = rest.length === 2 ? [b, i, at] : [b, at];
    const linear = code.linearIndex(
      padding.shape,
      place.map((coordinate, axis) => (axis === 0 && first.equals(1) ? undefined : coordinate)),
    );
    if (!late) return code.read(padding, linear);
    const earlier = code.ilt(at, code.constant(0));
    return code.select(earlier, code.constant(1), code.read(padding, linear));
  };
}

/** The types of a padding mask. */
export const MASK_TYPES = [DType.INT32, DType.INT64, DType.BOOL] as const;
