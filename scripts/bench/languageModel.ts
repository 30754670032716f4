/**
 * A language model to dispute, of 10⁹ parameters and more, that costs nothing to run: a 128-token prompt, 200 generated
 * tokens, 1,000 nodes a call, rows of 8,192 numbers, products of 8,192 steps. Its weights are zeros and its activations
 * constants, so that its trees are known without computing them; every hash, record and proof has the size of a real
 * model's, and its calldata, the weights' leaves aside, no more zero bytes.
 */
import { DType } from "../../packages/vm/src/dtype.ts";
import * as float32 from "../../packages/vm/src/float32.ts";
import { Layout } from "../../packages/vm/src/layout.ts";
import { assembleProgram } from "../../packages/vm/src/program.ts";
import { encodeRecord } from "../../packages/vm/src/record.ts";
import { mapRecord, reduceRecord } from "../../packages/vm/src/recordBuilder.ts";
import { shape } from "../../packages/vm/src/shapeExpression.ts";
import type { Tensor } from "../../packages/vm/src/tensor.ts";
import { UniformTrace, zeros } from "../../test/helpers/uniformTrace.ts";

const { FLOAT32 } = DType;
const WIDTH = 8192;
const NODES = 1000;
const TOKENS = 128;
const GENERATED = 200;
/** Activations, and where every block of a sum begins: a number without zero bytes. */
const START = 0x3f9d2c17;
/** What every sum comes to. */
const SUM = sumOf(WIDTH / 512);

function constants(count: number, word: number): Tensor {
  const data = new Uint8Array(new Uint32Array(count).fill(word).buffer);
  return { dtype: FLOAT32, shape: [count], data };
}

function sumOf(blocks: number): number {
  let total = 0x80000000;
  for (let i = 0; i < blocks; i++) total = float32.add(total, START);
  return total;
}

/** A row of activations, then products of it with a weight of its own, stored with strides as MatMul has them. */
function records(rows: number): Uint8Array[] {
  const source = mapRecord({ dtype: FLOAT32, shape: [rows, WIDTH] }, (code) => code.constant(START));
  return Array.from({ length: NODES }, (_, node) => {
    if (node === 0) return encodeRecord(source);
    const product = reduceRecord(
      {
        dtype: FLOAT32,
        shape: [rows, WIDTH],
        operands: [
          { kind: "node", index: 0 },
          { kind: "parameter", index: node },
        ],
        extent: shape.constant(WIDTH),
        accumulators: [FLOAT32, FLOAT32],
      },
      {
        init: (code) => [code.constant(START), code.constant(0x80000000)],
        step: (code) => {
          const row = code.imul(code.index(0), code.constant(WIDTH));
          const x = code.load(0, code.iadd(row, code.step()));
          const w = code.load(1, code.iadd(code.imul(code.step(), code.constant(WIDTH)), code.index(1)));
          const sum = code.ffma(x, w, code.acc(0));
          const ends = code.ieq(code.and(code.step(), code.constant(511)), code.constant(511));
          return [
            code.select(ends, code.constant(START), sum),
            code.select(ends, code.fadd(code.acc(1), sum), code.acc(1)),
          ];
        },
        final: (code) => code.acc(1),
      },
    );
    return encodeRecord(product);
  });
}

/** The honest trace of the model: all activations are START, all products SUM. */
export function languageModel(): UniformTrace {
  const prompt = records(TOKENS);
  const decode = records(1);
  const program = assembleProgram({
    prompt,
    decode,
    epilogue: records(1),
    params: Array.from({ length: NODES }, () => zeros(WIDTH, WIDTH)),
    outputs: [NODES - 1],
    calls: { least: 2, greatest: 1 << 20 },
  });
  const request = { inputs: [], symbols: [], seed: 0n, calls: GENERATED + 1 };
  // Equal tensors are one object, and have one tree.
  const products = new Map<number, Tensor>();
  return new UniformTrace(new Layout(program, request), (node, count) => {
    if (node === 0) return constants(count, START);
    const product = products.get(count) ?? constants(count, SUM);
    products.set(count, product);
    return product;
  });
}
