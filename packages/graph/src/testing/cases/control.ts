/** Cases of control flow: small subgraphs. */
import { DType } from "@assay/vm";
import { bools, f, longs, scalar, type CaseTable, type InputCase } from "../case.ts";
import type { GraphSpec, ValueSpec } from "../onnxBuilder.ts";
import { floats } from "../onnxBuilder.ts";

const value = (name: string, dtype: number, ...shape: number[]): ValueSpec => ({ name, dtype, shape });
const { FLOAT32, INT64, BOOL } = DType;
const yes: InputCase = scalar(1, BOOL);
const no: InputCase = scalar(0, BOOL);

const branch = (constant: number): GraphSpec => ({
  nodes: [{ operator: "Neg", inputs: ["c"], outputs: ["n"] }],
  inputs: [],
  outputs: [value("n", FLOAT32, 2)],
  constants: { c: floats([2], [constant, -constant]) },
});
const choice = { then_branch: { graph: branch(1) }, else_branch: { graph: branch(2.5) } };

/** x becomes x · x - i; x before it is collected. */
const squares: GraphSpec = {
  nodes: [
    { operator: "Identity", inputs: ["go"], outputs: ["still"] },
    { operator: "Cast", inputs: ["i"], outputs: ["row"], attributes: { to: FLOAT32 } },
    { operator: "Mul", inputs: ["x", "x"], outputs: ["square"] },
    { operator: "Sub", inputs: ["square", "row"], outputs: ["next"] },
    { operator: "Identity", inputs: ["x"], outputs: ["seen"] },
  ],
  inputs: [value("i", INT64), value("go", BOOL), value("x", FLOAT32, 3)],
  outputs: [value("still", BOOL), value("next", FLOAT32, 3), value("seen", FLOAT32, 3)],
};
/** As above, but the body stops the loop before the third time round. */
const stopping: GraphSpec = {
  ...squares,
  nodes: [{ operator: "Less", inputs: ["i", "most"], outputs: ["still"] }, ...squares.nodes.slice(1)],
  constants: { most: { dtype: INT64, shape: [], data: new Uint8Array(BigInt64Array.of(1n).buffer) } },
};
/** x becomes its sum less x, as long as that is below 100. */
const bounded: GraphSpec = {
  nodes: [
    { operator: "ReduceSum", inputs: ["x"], outputs: ["sum"], attributes: { keepdims: 0 } },
    { operator: "Sub", inputs: ["sum", "x"], outputs: ["next"] },
    { operator: "Less", inputs: ["sum", "most"], outputs: ["still"] },
  ],
  inputs: [value("i", INT64), value("go", BOOL), value("x", FLOAT32, 3)],
  outputs: [value("still", BOOL), value("next", FLOAT32, 3)],
  constants: { most: floats([], [100]) },
};
/** A state turned by a matrix plus a row; the state is collected as a column. */
const turning: GraphSpec = {
  nodes: [
    { operator: "MatMul", inputs: ["h", "a"], outputs: ["turned"] },
    { operator: "Add", inputs: ["turned", "row"], outputs: ["next"] },
    { operator: "Transpose", inputs: ["next"], outputs: ["column"] },
  ],
  inputs: [value("h", FLOAT32, 1, 3), value("row", FLOAT32, 1, 3)],
  outputs: [value("next", FLOAT32, 1, 3), value("column", FLOAT32, 3, 1)],
  constants: { a: floats([3, 3], [0.5, 1, 0, 0, -0.25, 1, 1, 0, 0.125]) },
};
/** Running sum; the sum before the row, and the row times two, are collected. */
const sums: GraphSpec = {
  nodes: [
    { operator: "Add", inputs: ["sum", "row"], outputs: ["total"] },
    { operator: "Identity", inputs: ["sum"], outputs: ["before"] },
    { operator: "Add", inputs: ["row", "row"], outputs: ["twice"] },
  ],
  inputs: [value("sum", FLOAT32, 3), value("row", FLOAT32, 3)],
  outputs: [value("total", FLOAT32, 3), value("before", FLOAT32, 3), value("twice", FLOAT32, 3)],
};

export const CASES: CaseTable = {
  "": {
    If: [
      { inputs: [yes], attributes: choice },
      { inputs: [no], attributes: choice },
      { inputs: [bools()], attributes: choice },
      { inputs: [bools(1)], attributes: choice },
    ],
    Loop: [
      { inputs: [scalar(4), yes, f(3)], attributes: { body: { graph: squares } }, outputs: 2, tolerance: 1e-4 },
      { inputs: [scalar(9), yes, f(3)], attributes: { body: { graph: stopping } }, outputs: 2 },
      { inputs: [scalar(6), bools(), f(3)], attributes: { body: { graph: bounded } } },
      { inputs: [scalar(12), yes, f(3)], attributes: { body: { graph: bounded } }, tolerance: 1e-4 },
      { inputs: [longs(2), undefined, f(3)], attributes: { body: { graph: stopping } }, outputs: 2 },
    ],
    Scan: [
      { inputs: [f(1, 3), f(6, 1, 3)], attributes: { body: { graph: turning }, num_scan_inputs: 1 }, outputs: 2 },
      { inputs: [f(3), f(5, 3)], attributes: { body: { graph: sums }, num_scan_inputs: 1 }, outputs: 3 },
      {
        inputs: [f(3), f(3, 5)],
        attributes: {
          body: { graph: sums },
          num_scan_inputs: 1,
          scan_input_axes: [1],
          scan_input_directions: [1],
          scan_output_axes: [0, -1],
          scan_output_directions: [1, 0],
        },
        outputs: 3,
      },
      {
        inputs: [undefined, f(2, 3), f(2, 5, 3)],
        attributes: { body: { graph: sums }, num_scan_inputs: 1 },
        outputs: 3,
        opset: 8,
      },
    ],
  },
};
