/**
 * Row groups to lie in: large enough that a tensor has several leaves and a lie several places to hide.
 */
import type { CodeBuilder, Value } from "@assay/vm/assembler";
import { DType } from "@assay/vm/dtype";
import { assembleProgram } from "@assay/vm/program";
import { encodeRecord, type NodeRecord, type Operand } from "@assay/vm/record";
import { mapRecord, reduceRecord } from "@assay/vm/recordBuilder";
import { shape } from "@assay/vm/shapeExpression";
import { Random } from "@assay/vm/testing/random";
import { floats, type Example } from "@assay/vm/testing/tinyPrograms";

export const ROWS = 24;
export const WIDTH = 24;

/** a[r] = x[r] + c[r-1], b[r] = a[r] ÷ 2, c[r] = b[r] + a[r-1], and what reads the last row: eighteen leaves each. */
export function wideRecurrence(): Example {
  const group = { start: 0, end: 3 };
  const node = { dtype: DType.FLOAT32, shape: [ROWS, WIDTH], group };
  const row = (index: number) => ({ kind: "row", index }) as const;
  const a = mapRecord({ ...node, operands: [{ kind: "input", index: 0 }, row(2)] }, (code) =>
    code.fadd(code.load(0, code.linear()), code.load(1, code.isub(code.linear(), code.constant(WIDTH)))),
  );
  const b = mapRecord({ ...node, operands: [row(0)] }, (code) =>
    code.fmul(code.load(0, code.linear()), code.constantFloat(0.5)),
  );
  const c = mapRecord({ ...node, operands: [row(1), row(0)] }, (code) =>
    code.fadd(code.load(0, code.linear()), code.load(1, code.isub(code.linear(), code.constant(WIDTH)))),
  );
  return exampleOf("wideRecurrence", [a, b, c]);
}

/** a[r] = x[r] + c[r-1], b[r] = the sum of a[r], c[r] = a[r-1] + the sum of b[r], what reads the last row: long sums. */
export function summingRecurrence(): Example {
  const group = { start: 0, end: 3 };
  const node = { dtype: DType.FLOAT32, shape: [ROWS, WIDTH], group };
  const row = (index: number) => ({ kind: "row", index }) as const;
  const rowBefore = (code: CodeBuilder): Value => code.isub(code.linear(), code.constant(WIDTH));
  const sumOf = (index: number, init: (code: CodeBuilder) => Value) =>
    reduceRecord(
      { ...node, operands: [row(index), row(0)], extent: WIDTH, accumulators: [DType.FLOAT32] },
      {
        init: (code) => [init(code)],
        step: (code) => {
          const place = code.iadd(code.imul(code.index(0), code.constant(WIDTH)), code.step());
          return [code.fadd(code.acc(0), code.load(0, place))];
        },
        final: (code) => code.fmul(code.acc(0), code.constantFloat(0.03)),
      },
    );
  const a = mapRecord({ ...node, operands: [{ kind: "input", index: 0 }, row(2)] }, (code) =>
    code.fadd(code.load(0, code.linear()), code.load(1, rowBefore(code))),
  );
  const b = sumOf(0, (code) => code.constant(0));
  const c = sumOf(1, (code) => code.load(1, rowBefore(code)));
  return exampleOf("summingRecurrence", [a, b, c]);
}

/** A tensor of a group that another loads from, in the same row or in the row above. */
export interface Load {
  readonly index: number;
  readonly above?: boolean;
}

/** A group of many tensors, each the sum of x and of what it loads from others, a few columns further on. */
export function tangle(name: string, tensors: number, loadsOf: (index: number) => readonly Load[]): Example {
  const records = Array.from({ length: tensors }, (_, index) => {
    const loads = loadsOf(index);
    const operands: Operand[] = [
      { kind: "input", index: 0 },
      ...loads.map((load) => ({ kind: "row" as const, index: load.index })),
    ];
    const frame = { dtype: DType.FLOAT32, shape: [ROWS, WIDTH], group: { start: 0, end: tensors }, operands };
    return mapRecord(frame, (code) => {
      const column = code.urem(code.iadd(code.linear(), code.constant(7)), code.constant(WIDTH));
      const here = code.iadd(code.imul(code.index(0), code.constant(WIDTH)), column);
      const above = code.isub(here, code.constant(WIDTH));
      const x = code.load(0, code.linear());
      return loads.reduce((sum, load, i) => code.fadd(sum, code.load(1 + i, load.above ? above : here)), x);
    });
  });
  return exampleOf(name, records);
}

/** Shapes of such groups: one tensor after the other, each a row after the next one, and without order. */
export function tangles(tensors: number): Example[] {
  const random = new Random(3);
  return [
    tangle("chain", tensors, (index) => (index > 0 ? [{ index: index - 1 }] : [{ index: tensors - 1, above: true }])),
    tangle("delay line", tensors, (index) => [{ index: Math.min(index + 1, tensors - 1), above: true }]),
    tangle("thicket", tensors, (index) => [
      { index: random.below(tensors), above: true },
      ...(index > 0 ? [{ index: random.below(index) }] : []),
    ]),
  ];
}

/** A program of a group and what reads the last row of its last tensor. */
function exampleOf(name: string, group: readonly NodeRecord[]): Example {
  const operands = [{ kind: "node", index: group.length - 1 }] as const;
  const last = mapRecord({ dtype: DType.FLOAT32, shape: [WIDTH], operands }, (code) =>
    code.load(0, code.iadd(code.linear(), code.constant((ROWS - 1) * WIDTH))),
  );
  const x = Array.from({ length: ROWS * WIDTH }, (_, i) => (i % 7) / 3 - 1);
  const inputs = [{ dtype: DType.FLOAT32, shape: [shape.constant(ROWS), shape.constant(WIDTH)] }];
  return {
    name,
    program: assembleProgram({ prompt: [...group, last].map(encodeRecord), outputs: [group.length], inputs }),
    request: { inputs: [floats([ROWS, WIDTH], x)], symbols: [], seed: 0n, calls: 1 },
  };
}
