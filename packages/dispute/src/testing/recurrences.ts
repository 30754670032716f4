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

/** Rows of the group of unlike tensors, and elements of a row of each: three blocks, a byte and a half, less than a leaf. */
export const UNLIKE = { rows: 5, widths: [600, 3, 40] } as const;

/** a[r] = x[r] + c[r-1], b[r] = 3 b[r-1] + column, c[r] = a[r] ÷ 2 + c[r-1] of three types and widths, and a copy of c. */
export function unlikeTensors(): Example {
  const { rows, widths } = UNLIKE;
  const [wide, , narrow] = widths;
  const group = { start: 0, end: 3 };
  const row = (index: number) => ({ kind: "row", index }) as const;
  const above = (code: CodeBuilder, column: Value, width: number): Value =>
    code.iadd(code.imul(code.isub(code.index(0), code.constant(1)), code.constant(width)), column);
  const a = mapRecord(
    { dtype: DType.FLOAT32, shape: [rows, wide], group, operands: [{ kind: "input", index: 0 }, row(2)] },
    (code) => {
      const column = code.urem(code.index(1), code.constant(narrow));
      return code.fadd(code.load(0, code.linear()), code.load(1, above(code, column, narrow)));
    },
  );
  const b = mapRecord({ dtype: DType.INT4, shape: [rows, widths[1]], group, operands: [row(1)] }, (code) => {
    const before = code.load(0, code.isub(code.linear(), code.constant(widths[1])));
    return code.iadd(code.imul(before, code.constant(3)), code.index(1));
  });
  const c = mapRecord({ dtype: DType.FLOAT16, shape: [rows, 1, narrow], group, operands: [row(0), row(2)] }, (code) => {
    const column = code.imul(code.index(2), code.constant(3));
    const place = code.iadd(code.imul(code.index(0), code.constant(wide)), column);
    const half = code.fmul(code.load(0, place), code.constantFloat(0.5));
    return code.fadd(half, code.load(1, code.isub(code.linear(), code.constant(narrow))));
  });
  const copy = mapRecord(
    { dtype: DType.FLOAT16, shape: [rows, 1, narrow], operands: [{ kind: "node", index: 2 }] },
    (code) => code.load(0, code.linear()),
  );
  const x = Array.from({ length: rows * wide }, (_, i) => (i % 11) / 4 - 1);
  const inputs = [{ dtype: DType.FLOAT32, shape: [shape.constant(rows), shape.constant(wide)] }];
  return {
    name: "unlikeTensors",
    program: assembleProgram({ prompt: [a, b, c, copy].map(encodeRecord), outputs: [3], inputs }),
    request: { inputs: [floats([rows, wide], x)], symbols: [], seed: 0n, calls: 1 },
  };
}

/** A tensor of a group that another loads from, in the same row or in the row above. */
export interface Load {
  readonly index: number;
  readonly above?: boolean;
}

/** A group of many tensors of `rows` rows, each the sum of x and of what it loads from others, a few columns further on. */
export function tangle(
  name: string,
  tensors: number,
  rows: number,
  loadsOf: (index: number) => readonly Load[],
): Example {
  const records = Array.from({ length: tensors }, (_, index) => {
    const loads = loadsOf(index);
    const operands: Operand[] = [
      { kind: "input", index: 0 },
      ...loads.map((load) => ({ kind: "row" as const, index: load.index })),
    ];
    const frame = { dtype: DType.FLOAT32, shape: [rows, WIDTH], group: { start: 0, end: tensors }, operands };
    return mapRecord(frame, (code) => {
      const column = code.urem(code.iadd(code.linear(), code.constant(7)), code.constant(WIDTH));
      const here = code.iadd(code.imul(code.index(0), code.constant(WIDTH)), column);
      const above = code.isub(here, code.constant(WIDTH));
      const x = code.load(0, code.linear());
      return loads.reduce((sum, load, i) => code.fadd(sum, code.load(1 + i, load.above ? above : here)), x);
    });
  });
  return exampleOf(name, records, rows);
}

/**
 * Shapes of such groups: one tensor after the other, each a row after the next one, without order, and each a row after
 * another in one long cycle.
 */
export function tangles(tensors: number, rows = ROWS, seed = 3): Example[] {
  const random = new Random(seed);
  const cycle = cycleOf(tensors, random);
  return [
    tangle("chain", tensors, rows, (index) =>
      index > 0 ? [{ index: index - 1 }] : [{ index: tensors - 1, above: true }],
    ),
    tangle("delay line", tensors, rows, (index) => [{ index: Math.min(index + 1, tensors - 1), above: true }]),
    tangle("thicket", tensors, rows, (index) => [
      { index: random.below(tensors), above: true },
      ...(index > 0 ? [{ index: random.below(index) }] : []),
    ]),
    tangle("cycle", tensors, rows, (index) => [{ index: cycle[index], above: true }]),
  ];
}

/** Of every tensor the one before it, in a random cycle through all. */
function cycleOf(tensors: number, random: Random): number[] {
  const order = Array.from({ length: tensors }, (_, index) => index);
  for (let i = tensors - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  const before: number[] = [];
  order.forEach((index, i) => (before[index] = order[(i + tensors - 1) % tensors]));
  return before;
}

/** A program of a group and what reads the last row of its last tensor. */
function exampleOf(name: string, group: readonly NodeRecord[], rows = ROWS): Example {
  const operands = [{ kind: "node", index: group.length - 1 }] as const;
  const last = mapRecord({ dtype: DType.FLOAT32, shape: [WIDTH], operands }, (code) =>
    code.load(0, code.iadd(code.linear(), code.constant((rows - 1) * WIDTH))),
  );
  const x = Array.from({ length: rows * WIDTH }, (_, i) => (i % 7) / 3 - 1);
  const inputs = [{ dtype: DType.FLOAT32, shape: [shape.constant(rows), shape.constant(WIDTH)] }];
  return {
    name,
    program: assembleProgram({ prompt: [...group, last].map(encodeRecord), outputs: [group.length], inputs }),
    request: { inputs: [floats([rows, WIDTH], x)], symbols: [], seed: 0n, calls: 1 },
  };
}
