/**
 * Long short-term memory with weights of bytes: before each product the floats are quantised by their range, the input as a
 * whole, the hidden states of all the batch at each time step. A range leaves out time steps of the input beyond the longest
 * sequence and hidden states from the second step after a sequence's end on, as onnxruntime does. The rest is LSTM's.
 */
import { DType, type Value } from "@assay/vm";
import { countOf, Dimension } from "../../dimension.ts";
import { greatestOf, leastOf } from "../../lowering/arithmetic.ts";
import { dynamicallyQuantised, scaleOfRange, zeroOfRange } from "../../lowering/dynamicQuantisation.ts";
import { integerMatrixProduct, sumOfProducts } from "../../lowering/integerProduct.ts";
import { lowerLSTM, LSTM_KIND, type Gates } from "../../lowering/lstm.ts";
import { dequantised, quantised } from "../../lowering/quantisation.ts";
import { readRecurrence, type Direction, type Projected, type Recurrence } from "../../lowering/recurrence.ts";
import type { NodeCode } from "../../nodeCode.ts";
import { MICROSOFT, type NodeContext, type Operator } from "../../operator.ts";
import { withShape, type TensorValue } from "../../tensorValue.ts";

export const DynamicQuantizeLSTM: Operator = {
  name: "DynamicQuantizeLSTM",
  domain: MICROSOFT,
  inputs: [12, 12],
  absent: [3, 4, 5, 6, 7],
  outputs: 3,
  lower(node) {
    node.input(0, DType.FLOAT32);
    const recurrence = readRecurrence(node, { ...LSTM_KIND, bytes: true });
    const [scaleW, zeroW] = readColumns(node, recurrence, 8, recurrence.w.dtype);
    const [scaleR, zeroR] = readColumns(node, recurrence, 10, recurrence.r.dtype);
    const projected = projection(node, recurrence, scaleW, zeroW);
    const gates = (direction: Direction) => recurrentProduct(recurrence, direction, scaleR, zeroR);
    return lowerLSTM(node, recurrence, gates, projected);
  },
};

/** Scale and zero point of W or R, one for a direction or one for each column: [directions, 1, 1 or 4 · hidden]. */
function readColumns(
  node: NodeContext,
  { directions, hidden }: Recurrence,
  first: number,
  dtype: DType,
): [scale: TensorValue, zero: TensorValue] {
  const read = (index: number, type: DType): TensorValue => {
    const value = node.input(index, type);
    const perColumn = value.shape.length === 2;
    if (!perColumn) node.rank(value, 1, `input ${index}`);
    node.equalSizes(value.shape[0], directions, `input ${index}, axis 0`);
    if (perColumn) node.equalSizes(value.shape[1], 4 * hidden, `input ${index}, axis 1`);
    return withShape(value, [directions, 1, perColumn ? 4 * hidden : 1].map(Dimension.of));
  };
  return [read(first, DType.FLOAT32), read(first + 1, dtype)];
}

/** x·W + b_W: one product for both directions, [directions, time · batch, 4 · hidden]. */
function projection(
  node: NodeContext,
  recurrence: Recurrence,
  scaleW: TensorValue,
  zeroW: TensorValue,
): (direction: number) => Projected {
  const { x, w, b, time, batch, hidden, directions } = recurrence;
  const width = 4 * hidden;
  const { y, scale, zero } = dynamicallyQuantised(node, upToLongest(node, recurrence));
  const rows = time.mul(batch);
  const product = integerMatrixProduct(node, {
    a: withShape(y, [rows, x.shape[2]]),
    zeroA: zero,
    b: w,
    zeroB: zeroW,
  });
  const [scaleX, scaleOfColumn] = [product.left(scale, "the scale of X"), product.right(scaleW, "the scale of W")];
  const reduction = product.reduction((code, sum) => {
    const value = dequantised(code, sum, code.fmul(scaleX(code), scaleOfColumn(code)));
    if (b === undefined) return value;
    const [direction, , column] = code.coordinates();
    return code.fadd(value, code.read(b, code.linearIndex(b.shape, [direction, column])));
  });
  const projected = node.graph.reduce(DType.FLOAT32, product.shape, reduction);
  const shape = [Dimension.constant(directions), time, batch, Dimension.constant(width)];
  return (d) => (code, t, n, row) =>
    code.read(projected, code.linearIndex(shape, [d === 0 ? undefined : code.constant(d), t, n, row]));
}

/** X with zeros beyond the longest sequence: a range includes 0 anyway. */
function upToLongest({ graph }: NodeContext, { x, lengths }: Recurrence): TensorValue {
  if (lengths === undefined) return x;
  const longest = graph.reduce(DType.INT32, [], {
    extent: lengths.shape[0],
    accumulators: [DType.INT32],
    init: (code) => [code.constant(0)],
    step: (code, [most]) => [code.imax(most, code.read(lengths, code.step()))],
    final: (_code, [most]) => most,
  });
  return graph.map(DType.FLOAT32, x.shape, (code) =>
    code.readIf(code.ilt(code.index(0), code.read(longest, code.constant(0))), x, code.linear()),
  );
}

/** x·W + b_W + (h·R + b_R) with h quantised, row by row: its least and greatest element, scale, zero point, bytes, sums. */
function recurrentProduct(
  { time, batch, hidden, directions, lengths }: Recurrence,
  { index, declare, previous, weight, projected, bias }: Direction,
  scaleR: TensorValue,
  zeroR: TensorValue,
): Gates {
  const wide = Dimension.constant(hidden);
  const [least, greatest, scale] = [declare([time]), declare([time]), declare([time])];
  const zero = declare([time], DType.UINT8);
  const bytes = declare([time, batch, wide], DType.UINT8);
  const sums = declare([time, batch, Dimension.constant(4 * hidden)]);
  const ofRow = (code: NodeCode, { value }: { value: TensorValue }) => code.read(value, code.index(0));
  const ofColumn = (code: NodeCode, value: TensorValue): Value => {
    const direction = directions === 1 ? undefined : code.constant(index);
    const column = value.shape[2].equals(1) ? undefined : code.index(2);
    return code.read(value, code.linearIndex(value.shape, [direction, undefined, column]));
  };
  const define = (state: TensorValue): void => {
    const range = (end: (code: NodeCode) => Value, nearer: "fmin" | "fmax") =>
      ({
        kind: "reduce",
        extent: countOf([batch, wide]),
        accumulators: [DType.FLOAT32],
        init: (code: NodeCode) => [end(code)],
        step(code: NodeCode, [found]: readonly Value[]) {
          const [b, k] = code.split(code.step(), [batch, wide]);
          const h = previous(0, code, state, k, b);
          if (lengths === undefined) return [code[nearer](found, h)];
          const runs = code.ile(code.index(0), code.read(lengths, b));
          return [code[nearer](found, code.select(runs, h, code.constant(0)))];
        },
        final: (_code: NodeCode, [found]: readonly Value[]) => found,
      }) as const;
    least.define(range((code) => greatestOf(code, DType.FLOAT32), "fmin"));
    greatest.define(range((code) => leastOf(code, DType.FLOAT32), "fmax"));
    scale.define({ kind: "map", value: (code) => scaleOfRange(code, ofRow(code, least), ofRow(code, greatest)) });
    zero.define({ kind: "map", value: (code) => zeroOfRange(code, ofRow(code, least), ofRow(code, scale)) });
    bytes.define({
      kind: "map",
      value(code) {
        const steps = code.fdiv(previous(0, code, state, code.index(2)), ofRow(code, scale));
        return quantised(code, DType.UINT8, steps, ofRow(code, zero));
      },
    });
    sums.define({
      kind: "reduce",
      ...sumOfProducts(
        wide,
        (code, sum) => {
          const column = code.index(2);
          const value = dequantised(code, sum, code.fmul(ofRow(code, scale), ofColumn(code, scaleR)));
          return code.fadd(projected(code, column), code.fadd(value, bias(code, column)));
        },
        (code, k) => {
          const [t, b, column] = code.coordinates();
          const h = code.read(bytes.value, code.linearIndex(bytes.value.shape, [t, b, k]));
          return [code.isub(h, ofRow(code, zero)), code.isub(weight(code, column, k), ofColumn(code, zeroR))];
        },
      ),
    });
  };
  return { value: sums.value, define };
}
