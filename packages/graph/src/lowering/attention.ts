/**
 * Attention as plain nodes: scores, their greatest, powers, the sum of the powers, probabilities, and the values summed by
 * probability.
 *
 *   score       = mask(cap(scale · Σ query · key))      -∞ where a position is masked
 *   power       = e^(score - greatest)                   +0 where it is masked
 *   probability = power ÷ Σ power                        +0 where all are masked
 *   output      = Σ probability · value                  positions of probability 0 are skipped
 *
 * Products are summed in the canonical order, over positions in blocks of absolute positions. All but the output is
 * float32, whatever the type of the inputs, so that a narrow type is rounded once.
 */
import { DType, type Value } from "@assay/vm";
import { checkEqual, Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { exp, tanh } from "../functions/index.ts";
import type { Graph } from "../graph.ts";
import type { NodeCode } from "../nodeCode.ts";
import { withShape, type TensorValue } from "../tensorValue.ts";
import { NEGATIVE_INFINITY } from "./arithmetic.ts";
import { dotProduct } from "./dot.ts";
import type { Heads } from "./heads.ts";
import { skippingDot } from "./skippingDot.ts";
import { trailingSum } from "./sum.ts";

/** Batch, head, query and position of a score. */
export type ScorePlace = readonly [batch: Value, head: Value, query: Value, position: Value];

export interface Attention {
  /** Type of the output. */
  readonly dtype: DType;
  readonly query: Heads;
  /** Keys and values of all positions, those of earlier calls first. Query heads share them in equal runs. */
  readonly key: Heads;
  readonly value: Heads;
  /** Factor of each query and of each key element, or of the sum of their products. */
  readonly scale: { readonly each: number } | { readonly sum: number };
  /** Scores become cap · tanh(score ÷ cap) before they are masked; not if absent. */
  readonly cap?: number | undefined;
  /** What a mask makes of a score: see `masked` and `biased`. */
  mask?(code: NodeCode, place: ScorePlace, score: Value): Value;
  /** One more score of each head that takes its share of the probability and has no value. */
  sink?(code: NodeCode, head: Value): Value;
  /** Whether the output is [batch, heads, queries, size], not [batch, queries, heads · size]. */
  readonly headsFirst: boolean;
}

/** The output, and the tensors on the way to it, [batch, heads, queries, positions] each. */
export interface AttentionResult {
  readonly output: TensorValue;
  readonly products: TensorValue;
  readonly capped: TensorValue;
  readonly scores: TensorValue;
  readonly probabilities: TensorValue;
}

/** The score where `seen`, -∞ elsewhere. */
export function masked(code: NodeCode, seen: Value, score: Value): Value {
  return code.select(seen, score, code.constant(NEGATIVE_INFINITY));
}

/** The score plus a bias; a bias of -∞ masks the position whatever its score. */
export function biased(code: NodeCode, bias: Value, score: Value): Value {
  const none = code.constant(NEGATIVE_INFINITY);
  return code.select(code.feq(bias, none), none, code.fadd(score, bias));
}

/** The node's elements at a place to which they broadcast from the right. */
export function broadcastAt(code: NodeCode, tensor: TensorValue, place: readonly Value[]): Value {
  const skipped = place.length - tensor.shape.length;
  const coordinates = tensor.shape.map((size, axis) => (size.equals(1) ? undefined : place[skipped + axis]));
  return code.read(tensor, code.linearIndex(tensor.shape, coordinates));
}

/** Adds the nodes of attention. */
export function attention(graph: Graph, given: Attention): AttentionResult {
  const { query, key, value, scale, cap } = given;
  const { heads } = query;
  const valid = key.heads >= 1 && heads % key.heads === 0 && key.heads === value.heads;
  check(valid, "SHAPE_MISMATCH", `${heads} heads of queries, ${key.heads} of keys, ${value.heads} of values`);
  const same = (a: Dimension, b: Dimension, what: string) => checkEqual(a, b, `${what}: ${a} is not ${b}`);
  same(query.batch, key.batch, "batch of queries and keys");
  same(query.batch, value.batch, "batch of queries and values");
  same(query.size, key.size, "columns of a query and a key");
  same(key.positions, value.positions, "positions of keys and values");
  /** The head of keys and values that a head of queries reads. */
  const shared = (code: NodeCode, head: Value) => code.divide(head, heads / key.heads)[0];
  const positions = key.positions;
  const shape = [query.batch, Dimension.constant(heads), query.positions, positions];

  const factor = (code: NodeCode, x: Value) =>
    "each" in scale && scale.each !== 1 ? code.fmul(x, code.constantFloat(scale.each)) : x;
  const products = graph.reduce(
    DType.FLOAT32,
    shape,
    dotProduct({
      dtype: DType.FLOAT32,
      extent: query.size,
      factors(code, column) {
        const [b, h, i, j] = code.coordinates();
        const q = query.read(code, b, h, i, column);
        return [factor(code, q), factor(code, key.read(code, b, shared(code, h), j, column))];
      },
      final: (code, sum) => ("sum" in scale && scale.sum !== 1 ? code.fmul(sum, code.constantFloat(scale.sum)) : sum),
    }),
  );
  const capped =
    cap === undefined || cap === 0
      ? products
      : graph.elementwise(DType.FLOAT32, [products], (code, product) => {
          const bound = code.constantFloat(cap);
          return code.fmul(tanh(code, code.fdiv(product, bound)), bound);
        });
  const { mask } = given;
  const scores =
    mask === undefined
      ? capped
      : graph.elementwise(DType.FLOAT32, [capped], (code, score) => {
          const [b, h, i, j] = code.coordinates();
          return mask(code, [b, h, i, j], score);
        });
  const probabilities = shares(graph, scores, given.sink?.bind(given));

  const outputShape = given.headsFirst
    ? [query.batch, Dimension.constant(heads), query.positions, value.size]
    : [query.batch, query.positions, Dimension.constant(heads), value.size];
  const output = graph.reduce(
    given.dtype,
    outputShape,
    skippingDot({
      extent: positions,
      factors(code, j) {
        const [b, second, third, column] = code.coordinates();
        const [h, i] = given.headsFirst ? [second, third] : [third, second];
        const probability = code.read(probabilities, code.linearIndex(shape, [b, h, i, j]));
        return [probability, value.read(code, b, shared(code, h), j, column)];
      },
    }),
  );
  const flat = [query.batch, query.positions, value.size.mul(heads)];
  return { output: given.headsFirst ? output : withShape(output, flat), products, capped, scores, probabilities };
}

/** Softmax of the scores over positions; a row of -∞ alone becomes zeros. */
function shares(graph: Graph, scores: TensorValue, sink: Attention["sink"]): TensorValue {
  const rows = scores.shape.slice(0, 3);
  const extent = scores.shape[3];
  const none = (code: NodeCode) => code.constant(NEGATIVE_INFINITY);
  const greatest = graph.reduce(DType.FLOAT32, [...rows, Dimension.constant(1)], {
    extent,
    accumulators: [DType.FLOAT32],
    init: (code) => [sink === undefined ? none(code) : sink(code, code.index(1))],
    step(code, [best]) {
      const [b, h, i] = code.coordinates();
      return [code.fmax(best, code.read(scores, code.linearIndex(scores.shape, [b, h, i, code.step()])))];
    },
    final: (_code, [best]) => best,
  });
  const powers = graph.elementwise(DType.FLOAT32, [scores, greatest], (code, score, most) =>
    code.select(code.feq(score, none(code)), code.constant(0), exp(code, code.fsub(score, most))),
  );
  const sum = trailingSum(graph, {
    dtype: DType.FLOAT32,
    shape: [...rows, Dimension.constant(1)],
    extent,
    term: (code, [b, h, i], j) => code.read(powers, code.linearIndex(scores.shape, [b, h, i, j])),
    final(code, total) {
      if (sink === undefined) return total;
      const [b, h, i] = code.coordinates();
      const most = code.read(greatest, code.linearIndex(greatest.shape, [b, h, i, undefined]));
      return code.fadd(total, exp(code, code.fsub(sink(code, h), most)));
    },
  });
  return graph.elementwise(DType.FLOAT32, [powers, sum], (code, power, total) =>
    code.select(code.feq(total, code.constant(0)), code.constant(0), code.fdiv(power, total)),
  );
}
