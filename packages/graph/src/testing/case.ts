/**
 * What a case of an operator is: inputs, attributes and outputs of a one-node model, to be computed by us and by
 * onnxruntime, or compared with values that are given. With the words in which cases are written.
 */
import { DType } from "@assay/vm";
import type { AttributeValue } from "./onnxBuilder.ts";

export interface InputCase {
  readonly shape: readonly number[];
  /** float32 if absent. */
  readonly dtype?: number;
  readonly values?: readonly number[];
  /** Range of random values; about -3 to 3 if absent, integers below 10. */
  readonly range?: readonly [number, number];
  readonly constant?: boolean;
}

export interface OperatorCase {
  /** Absent inputs are undefined. */
  readonly inputs: readonly (InputCase | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Number of outputs; 1 if absent. */
  readonly outputs?: number;
  /** Version of the operator's own domain; 17 for `ai.onnx` and what `buildModel` takes for others, if absent. */
  readonly opset?: number;
  /** Greatest relative difference, and absolute below 1; 2e-6 if absent. */
  readonly tolerance?: number;
  /** Types that the model declares for its outputs, where they are not those of the tensors (strings). */
  readonly declared?: readonly number[];
  /** The outputs by ONNX's own reference; if absent, onnxruntime is asked. */
  readonly expected?: readonly ExpectedOutput[];
}

export interface ExpectedOutput {
  readonly shape: readonly number[];
  /** float32 if absent. */
  readonly dtype?: number;
  readonly values: readonly number[];
}

/** Cases by domain (empty for `ai.onnx`) and operator. */
export type CaseTable = Readonly<Record<string, Readonly<Record<string, readonly OperatorCase[]>>>>;

/** The cases of several tables, those of one operator one after the other. */
export function mergeCases(tables: readonly CaseTable[]): CaseTable {
  const merged: Record<string, Record<string, readonly OperatorCase[]>> = {};
  for (const table of tables) {
    for (const [domain, operators] of Object.entries(table)) {
      const own = (merged[domain] ??= {});
      for (const [name, cases] of Object.entries(operators)) own[name] = [...(own[name] ?? []), ...cases];
    }
  }
  return merged;
}

export const SPECIALS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1e-40,
  -1e-40,
  3e38,
  -3e38,
  Infinity,
  -Infinity,
  NaN,
  7.5,
  -100,
  88.7,
  -103.5,
];

/** Random floats. */
export const f = (...shape: number[]): InputCase => ({ shape });
/** Random positive floats. */
export const p = (...shape: number[]): InputCase => ({ shape, range: [0.1, 4] });
/** Special floats. */
export const specials: InputCase = { shape: [SPECIALS.length], values: SPECIALS };
/** Constant int64 values. */
export const longs = (...values: number[]): InputCase => ({
  shape: [values.length],
  dtype: DType.INT64,
  values,
  constant: true,
});
export const scalar = (value: number, dtype: number = DType.INT64): InputCase => ({
  shape: [],
  dtype,
  values: [value],
  constant: true,
});
export const typed = (dtype: number, shape: readonly number[], range?: readonly [number, number]): InputCase => ({
  dtype,
  shape,
  ...(range && { range }),
});
export const bools = (...shape: number[]): InputCase => ({ dtype: DType.BOOL, shape, range: [0, 2] });
export const opset = (version: number, ...inputs: readonly InputCase[]): OperatorCase => ({ inputs, opset: version });
export const plain = (...inputs: readonly InputCase[]): OperatorCase => ({ inputs });
