/**
 * Which token a call chooses: the greatest logit, or a draw among the tokens that top-k and top-p leave, with the
 * probabilities of softmax(logits ÷ temperature).
 *
 * Nothing is sorted. A token's **key** orders all tokens strictly: the bits of its scaled logit, made to order as unsigned
 * integers, above its index counted from the end, so that ties go to the lower index. A threshold key is found bit by bit,
 * each bit by one pass over the tokens. A token's **weight** is e^(logit - greatest) in units of 2^-40, an integer, so sums
 * of weights are exact in any order. A random place below their total falls into one token's weight: the block of tokens is
 * found by the sums of blocks, then the token in it.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { exp } from "../functions/index.ts";
import type { Graph } from "../graph.ts";
import { argument } from "../lowering/argument.ts";
import { isNaN } from "../lowering/arithmetic.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { TensorValue } from "../tensorValue.ts";
import { randomOfCall } from "./philox.ts";

/** How tokens are drawn. All of it is fixed in the program; the request brings the seed. */
export interface Sampling {
  /** Divides the logits; 1 if absent, and 0 chooses the greatest logit always. */
  readonly temperature?: number;
  /** Only the tokens with this many greatest logits. */
  readonly topK?: number;
  /** Only the likeliest tokens that together have at least this probability, among those of `topK`. */
  readonly topP?: number;
}

/** The scores of one position. */
export interface Scores {
  readonly dtype: DType;
  readonly vocabulary: Dimension;
  read(code: NodeCode, token: Value): Value;
}

/** Throws BAD_OPTION where a number is out of range. */
export function checkSampling({ temperature = 1, topK = 1, topP = 1 }: Sampling): void {
  const warm = temperature === 0 || (temperature >= 2 ** -20 && temperature <= 2 ** 20);
  check(warm, "BAD_OPTION", `a temperature of ${temperature} is neither 0 nor between 2^-20 and 2^20`);
  check(Number.isInteger(topK) && topK >= 1, "BAD_OPTION", `top-k is ${topK}, not a whole number above 0`);
  check(topP > 0 && topP <= 1, "BAD_OPTION", `top-p is ${topP}, not above 0 and at most 1`);
}

/** Adds the choice of a token, of shape [1, 1]. */
export function chooseToken(graph: Graph, dtype: DType, scores: Scores, sampling: Sampling = {}): TensorValue {
  const drawn = sampling.temperature !== undefined || sampling.topK !== undefined || sampling.topP !== undefined;
  return drawn && sampling.temperature !== 0 ? draw(graph, dtype, scores, sampling) : greatest(graph, dtype, scores);
}

const ONE = Dimension.constant(1);

function greatest(graph: Graph, dtype: DType, { dtype: type, vocabulary, read }: Scores): TensorValue {
  graph.operator = "Token";
  return graph.reduce(dtype, [ONE, ONE], argument({ dtype: type, extent: vocabulary, greatest: true, element: read }));
}

/** The unit of a weight is 2^-40: less than a float's precision at the greatest, and 2^24 of them sum below 2^64. */
const UNITS = 2 ** 40;
const MOST_TOKENS = 2 ** 23;

const { UINT64, INT64 } = DType;

function draw(graph: Graph, dtype: DType, scores: Scores, sampling: Sampling): TensorValue {
  const { temperature = 1, topK, topP = 1 } = sampling;
  const count = scores.vocabulary.constant;
  check(count !== undefined && count > 0, "UNSUPPORTED", "sampling from a vocabulary whose size is not a constant");
  check(count <= MOST_TOKENS, "TOO_LARGE", `sampling from a vocabulary of ${count} tokens`);
  const tokens = Dimension.constant(count);
  /** Bits of a token's index, and of a key. */
  const indexBits = Math.ceil(Math.log2(count));
  const keyBits = 32 + indexBits;

  graph.operator = "Sampling keys";
  const keys = graph.map(UINT64, [tokens], (code) => {
    const token = code.index(0);
    const logit = scores.read(code, token);
    const scaled = temperature === 1 ? logit : code.fdiv(logit, code.constantFloat(temperature));
    const key = code.shl(ordered(code, scaled), code.constant(indexBits));
    return code.or(key, code.isub(code.constant(count - 1), token));
  });
  const valueOf = (code: NodeCode, key: Value): Value => disordered(code, code.ushr(key, code.constant(indexBits)));
  const tokenOf = (code: NodeCode, key: Value): Value =>
    code.isub(code.constant(count - 1), code.and(key, code.constantInt(2 ** indexBits - 1)));
  const only = (code: NodeCode, scalar: TensorValue): Value => code.read(scalar, code.constant(0));
  const thresholdOf = (code: NodeCode, threshold: TensorValue): Value =>
    code.read(threshold, code.constant(keyBits - 1));

  graph.operator = "Greatest key";
  const top = graph.reduce(UINT64, [], {
    extent: tokens,
    accumulators: [UINT64],
    init: (code) => [code.constant(0)],
    step: (code, [best]) => [code.umax(best, code.read(keys, code.step()))],
    final: (_code, [best]) => best,
  });

  /** The greatest key for which the tokens with this key or a greater one have enough, whatever is counted. */
  const threshold = (
    amount: (code: NodeCode, token: Value) => Value,
    enough: (code: NodeCode, sum: Value) => Value,
  ): TensorValue => {
    const { value, node } = graph.rowGroup().declare(UINT64, [Dimension.constant(keyBits)]);
    const bitOf = (code: NodeCode): Value =>
      code.shl(code.constant(1), code.isub(code.constant(keyBits - 1), code.index(0)));
    node.define({
      kind: "reduce",
      extent: tokens,
      accumulators: [UINT64, UINT64],
      init(code) {
        const above = code.read(value, code.isub(code.index(0), code.constant(1)));
        return [code.or(above, bitOf(code)), code.constant(0)];
      },
      step(code, [candidate, sum]) {
        const token = code.step();
        const counted = code.ule(candidate, code.read(keys, token));
        return [candidate, code.select(counted, code.iadd(sum, amount(code, token)), sum)];
      },
      final: (code, [candidate, sum]) => code.select(enough(code, sum), candidate, code.xor(candidate, bitOf(code))),
    });
    return value;
  };

  graph.operator = "Top-k threshold";
  const least =
    topK === undefined || topK >= count
      ? undefined
      : threshold(
          (code) => code.constant(1),
          (code, sum) => code.ule(code.constant(topK), sum),
        );

  graph.operator = "Weights";
  const all = graph.map(UINT64, [tokens], (code) => {
    const token = code.index(0);
    const key = code.read(keys, token);
    const distance = code.fsub(valueOf(code, key), valueOf(code, only(code, top)));
    const weight = code.ftou64(code.fmul(exp(code, distance), code.constantFloat(UNITS)));
    if (least === undefined) return weight;
    const kept = code.ule(thresholdOf(code, least), key);
    return code.select(kept, weight, code.constant(0));
  });
  const sum = (values: TensorValue): TensorValue =>
    graph.reduce(UINT64, [], {
      extent: values.shape[0],
      accumulators: [UINT64],
      init: (code) => [code.constant(0)],
      step: (code, [total]) => [code.iadd(total, code.read(values, code.step()))],
      final: (_code, [total]) => total,
    });

  let weights = all;
  if (topP < 1) {
    graph.operator = "Top-p total";
    const total = sum(all);
    graph.operator = "Top-p threshold";
    const share = fixedPoint(topP);
    const nucleus = threshold(
      (code, token) => code.read(all, token),
      (code, mass) => {
        const wanted = code.umulh(only(code, total), code.constantInt(share));
        return code.ule(code.umax(wanted, code.constant(1)), mass);
      },
    );
    graph.operator = "Nucleus";
    weights = graph.map(UINT64, [tokens], (code) => {
      const token = code.index(0);
      const kept = code.ule(thresholdOf(code, nucleus), code.read(keys, token));
      return code.readIf(kept, all, token);
    });
  }

  const blockSize = 2 ** Math.ceil(indexBits / 2);
  graph.operator = "Weights of blocks";
  const blocks = graph.reduce(UINT64, [Dimension.constant(Math.ceil(count / blockSize))], {
    extent: Dimension.constant(blockSize),
    accumulators: [UINT64],
    init: (code) => [code.constant(0)],
    step(code, [total]) {
      const token = code.iadd(code.imul(code.index(0), code.constant(blockSize)), code.step());
      return [code.iadd(total, code.read(weights, token))];
    },
    final: (_code, [total]) => total,
  });
  graph.operator = "Weight of all";
  const total = sum(blocks);
  graph.operator = "Random";
  const random = graph.map(UINT64, [], randomOfCall);

  /** One step along a list of weights: past the one at `r` if it lies wholly below the place. */
  const past = (code: NodeCode, rest: Value, index: Value, r: Value, weight: Value): [Value, Value] => {
    const beyond = code.and(code.ieq(index, r), code.ule(weight, rest));
    return [code.select(beyond, code.isub(rest, weight), rest), code.iadd(index, beyond)];
  };
  graph.operator = "Block";
  // Its number, and how far into it the random place lies.
  const block = graph.reduce(UINT64, [Dimension.constant(2)], {
    extent: blocks.shape[0],
    accumulators: [UINT64, INT64],
    init: (code) => [code.umulh(only(code, random), only(code, total)), code.constant(0)],
    step: (code, [rest, index]) => past(code, rest, index, code.step(), code.read(blocks, code.step())),
    final: (code, [rest, index]) => code.select(code.index(0), rest, index),
  });
  graph.operator = "Token";
  return graph.reduce(dtype, [ONE, ONE], {
    extent: Dimension.constant(blockSize),
    accumulators: [UINT64, INT64],
    init(code) {
      const first = code.imul(code.read(block, code.constant(0)), code.constant(blockSize));
      return [code.read(block, code.constant(1)), first];
    },
    step(code, [rest, token]) {
      const first = code.imul(code.read(block, code.constant(0)), code.constant(blockSize));
      const at = code.iadd(first, code.step());
      return past(code, rest, token, at, code.read(weights, at));
    },
    // Where no weight is left, of NaN or infinite logits, it is the greatest.
    final: (code, [, token]) => code.select(only(code, total), token, tokenOf(code, only(code, top))),
  });
}

/** A binary32 as an unsigned integer of 32 bits in the same order; -0 is +0, and a NaN comes below all numbers. */
function ordered(code: NodeCode, x: Value): Value {
  const bits = code.fadd(x, code.constant(0));
  const negative = code.ushr(bits, code.constant(31));
  const number = code.select(negative, code.wrapu32(code.not(bits)), code.or(bits, code.constant(0x80000000)));
  return code.select(isNaN(code, x), code.constant(0), number);
}

/** The binary32 that `ordered` made this of. */
function disordered(code: NodeCode, order: Value): Value {
  const positive = code.ushr(order, code.constant(31));
  return code.select(positive, code.and(order, code.constant(0x7fffffff)), code.wrapu32(code.not(order)));
}

/** A probability below 1 in units of 2^-64, rounded down. */
function fixedPoint(probability: number): bigint {
  return BigInt(Math.floor(probability * 2 ** 64));
}
