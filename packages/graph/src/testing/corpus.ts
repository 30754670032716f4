/** The models that mutations start from: one of every operator's case, the committed ones, and a few small networks. */
import { readFileSync } from "node:fs";
import { DType } from "@assay/vm";
import { GraphError, importOnnx } from "../index.ts";
import { modelOf, tensorOf, type Form } from "./caseModel.ts";
import { buildDecoder, type DecoderOptions } from "./decoder.ts";
import { LAYOUTS, type LayoutName } from "./decoderCaches.ts";
import { buildModel, floats, longs } from "./onnxBuilder.ts";
import { CASES } from "./operatorCases.ts";
import { Random } from "./random.ts";

/** The corpus, in a fixed order. */
export function mutationCorpus(): Uint8Array[] {
  const random = new Random(0xc0de);
  const models: Uint8Array[] = [];
  for (const [domain, operators] of Object.entries(CASES)) {
    for (const [operator, cases] of Object.entries(operators)) {
      for (const test of cases) {
        const tensors = test.inputs.map((input) => (input === undefined ? undefined : tensorOf(input, random)));
        const inForm = (form: Form) => modelOf(operator, test, tensors, form, [], domain).bytes;
        const symbolic = inForm("symbolic");
        models.push(random.below(3) === 0 && imports(symbolic) ? symbolic : inForm("fixed"));
      }
    }
  }
  const committed = ["digits", "sequence"].map((name) =>
    readFileSync(new URL(`../../../../models/${name}/${name}.onnx`, import.meta.url)),
  );
  // The committed models are large and the networks interesting: a tenth of all starts each.
  const many = (bytes: Uint8Array[], share: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(models.length * share) }, (_, i) => bytes[i % bytes.length]);
  return [
    ...models,
    ...many([committed[0]], 0.05),
    ...many([committed[1]], 0.02),
    ...many(networks(random), 0.15),
    ...many(decoders(), 0.1),
  ];
}

/** Decoding steps: with a cache in every layout, in branches, fused. */
function decoders(): Uint8Array[] {
  const kinds: DecoderOptions[] = [
    ...Object.keys(LAYOUTS).map((cache) => ({ cache: cache as LayoutName })),
    { merged: true },
    { inputs: [] },
    { fused: "GroupQueryAttention" },
    { fused: "com.microsoft.Attention", cache: "keys and values in one, as GPT-2 has them" },
  ];
  return kinds.map((kind, seed) => buildDecoder(seed, kind));
}

/** Not every case can have a symbolic size. */
function imports(bytes: Uint8Array): boolean {
  try {
    importOnnx(bytes);
    return true;
  } catch (error) {
    if (error instanceof GraphError) return false;
    throw error;
  }
}

/** A perceptron with a named batch, a shape computed as exporters write it, and one head of attention. */
function networks(random: Random): Uint8Array[] {
  const weights = (...shape: number[]) =>
    floats(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    );
  const perceptron = buildModel({
    nodes: [
      { operator: "Gemm", inputs: ["x", "w1", "b1"], outputs: ["h"], attributes: { transB: 1 } },
      { operator: "Relu", inputs: ["h"], outputs: ["r"] },
      { operator: "Gemm", inputs: ["r", "w2", "b2"], outputs: ["y"], attributes: { alpha: { float: 0.5 } } },
    ],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: ["N", 6] }],
    outputs: [{ name: "y", dtype: DType.FLOAT32, shape: ["N", 3] }],
    constants: { w1: weights(8, 6), b1: weights(8), w2: weights(8, 3), b2: weights(3) },
  });
  const shapes = buildModel({
    nodes: [
      { operator: "Shape", inputs: ["x"], outputs: ["s"] },
      { operator: "Gather", inputs: ["s", "zero"], outputs: ["n"], attributes: { axis: 0 } },
      { operator: "Unsqueeze", inputs: ["n", "axis"], outputs: ["n1"] },
      { operator: "Concat", inputs: ["n1", "rest"], outputs: ["target"], attributes: { axis: 0 } },
      { operator: "Reshape", inputs: ["x", "target"], outputs: ["z"] },
      { operator: "Slice", inputs: ["z", "starts", "ends"], outputs: ["t"] },
      { operator: "Softmax", inputs: ["t"], outputs: ["y"], attributes: { axis: -1 } },
    ],
    inputs: [{ name: "x", dtype: DType.FLOAT32, shape: ["N", 2, 6] }],
    outputs: [{ name: "y", dtype: DType.FLOAT32 }],
    constants: {
      zero: longs([], [0]),
      axis: longs([1], [0]),
      rest: longs([2], [3, -1]),
      starts: longs([2], [0, 1]),
      ends: longs([2], [2 ** 53, 3]),
    },
  });
  const attention = buildModel({
    nodes: [
      { operator: "LayerNormalization", inputs: ["x", "scale", "bias"], outputs: ["n"], attributes: { axis: -1 } },
      { operator: "MatMul", inputs: ["n", "wq"], outputs: ["q"] },
      { operator: "MatMul", inputs: ["n", "wk"], outputs: ["k"] },
      { operator: "Transpose", inputs: ["k"], outputs: ["kt"], attributes: { perm: [0, 2, 1] } },
      { operator: "MatMul", inputs: ["q", "kt"], outputs: ["s"] },
      { operator: "Where", inputs: ["mask", "s", "low"], outputs: ["m"] },
      { operator: "Softmax", inputs: ["m"], outputs: ["p"], attributes: { axis: -1 } },
      { operator: "MatMul", inputs: ["p", "n"], outputs: ["c"] },
      { operator: "Split", inputs: ["c", "parts"], outputs: ["c1", "c2"], attributes: { axis: 2 } },
      { operator: "Concat", inputs: ["c2", "c1"], outputs: ["y"], attributes: { axis: 2 } },
    ],
    inputs: [
      { name: "x", dtype: DType.FLOAT32, shape: [1, "T", 8] },
      { name: "mask", dtype: DType.BOOL, shape: [1, "T", "T"] },
    ],
    outputs: [{ name: "y", dtype: DType.FLOAT32, shape: [1, "T", 8] }],
    constants: {
      scale: weights(8),
      bias: weights(8),
      wq: weights(8, 8),
      wk: weights(8, 8),
      low: floats([], [-1e9]),
      parts: longs([2], [3, 5]),
    },
  });
  return [perceptron, shapes, attention];
}
