/**
 * Reductions to cut: of one step, and of steps that load so much from so far that a transaction does not carry eight of them.
 */
import type { CodeBuilder, Value } from "@assay/vm/assembler";
import { DType } from "@assay/vm/dtype";
import { assembleProgram, type Program } from "@assay/vm/program";
import { encodeRecord } from "@assay/vm/record";
import { mapRecord, reduceRecord } from "@assay/vm/recordBuilder";
import type { Request } from "@assay/vm/request";
import { MAX_LOADS } from "@assay/vm/scalarMachine";
import { shape } from "@assay/vm/shapeExpression";
import { floats, type Example } from "@assay/vm/testing/tinyPrograms";

/** y = 3 (1 + x): a sum of one number, with something to do before its step and after it. */
export function sumOfOne(): Example {
  const numbers = [0.5, -2, 8, 1e30];
  const size = numbers.length;
  const y = reduceRecord(
    {
      dtype: DType.FLOAT32,
      shape: [size],
      operands: [{ kind: "input", index: 0 }],
      extent: 1,
      accumulators: [DType.FLOAT32],
    },
    {
      init: (code) => [code.constantFloat(1)],
      step: (code) => [code.fadd(code.acc(0), code.load(0, code.linear()))],
      final: (code) => code.fmul(code.acc(0), code.constantFloat(3)),
    },
  );
  const inputs = [{ dtype: DType.FLOAT32, shape: [shape.constant(size)] }];
  return {
    name: "sumOfOne",
    program: assembleProgram({ prompt: [encodeRecord(y)], outputs: [0], inputs }),
    request: { inputs: [floats([size], numbers)], symbols: [], seed: 0n, calls: 1 },
  };
}

/** Calls and nodes of a call of `farLoads`, and elements of the tensor that it loads from. */
const FAR = { calls: 2 ** 14, nodes: 2 ** 8, count: 2 ** 36 } as const;

/**
 * In each of many calls of many nodes: node 0 is zeros, as many as a tensor may have, and node 1 counts the `extent` steps of a
 * reduction that load eight numbers of node 0 each, of eight other calls; so do its `init` and its `final`. About 1,700 bytes of a
 * witness a load. Too large to run, but known: see `UniformTrace`.
 */
export function farLoads(extent: number): { readonly program: Program; readonly request: Request } {
  const { calls, nodes, count } = FAR;
  // The i-th load reads element i × apart of call i × spread.
  const spread = Math.floor((calls - 3) / (MAX_LOADS * (extent + 2)));
  const apart = Math.floor(count / (MAX_LOADS * (extent + 3)));
  // The loads of the steps, then those of `init`, then those of `final`, all from different calls.
  const sum = (code: CodeBuilder, first: Value, start: Value): Value => {
    let total = start;
    for (let k = 1; k <= MAX_LOADS; k++) {
      const i = code.iadd(first, code.constant(k));
      const word = code.load(0, code.imul(i, code.constant(apart)), code.imul(i, code.constant(spread)));
      total = code.fadd(total, word);
    }
    return total;
  };
  const zeros = mapRecord({ dtype: DType.FLOAT32, shape: [count] }, (code) => code.constantFloat(0));
  const counting = reduceRecord(
    {
      dtype: DType.FLOAT32,
      shape: [],
      operands: [{ kind: "history", prompt: 0, decode: 0 }],
      extent,
      accumulators: [DType.FLOAT32],
    },
    {
      init: (code) => [sum(code, code.constant(MAX_LOADS * extent), code.constantFloat(0))],
      step: (code) => {
        const one = code.fadd(code.acc(0), code.constantFloat(1));
        return [sum(code, code.imul(code.step(), code.constant(MAX_LOADS)), one)];
      },
      final: (code) => sum(code, code.constant(MAX_LOADS * (extent + 1)), code.acc(0)),
    },
  );
  const other = mapRecord({ dtype: DType.FLOAT32, shape: [] }, (code) => code.constantFloat(0));
  const list = Array.from({ length: nodes }, (_, node) => encodeRecord([zeros, counting][node] ?? other));
  return {
    program: assembleProgram({
      ...{ prompt: list, decode: list, epilogue: list, outputs: [1] },
      calls: { least: 2, greatest: calls },
    }),
    request: { inputs: [], symbols: [], seed: 0n, calls },
  };
}
