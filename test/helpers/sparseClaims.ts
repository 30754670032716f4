/**
 * Steps whose cost is watched: those of a matrix product and of a sum in a language model's decode call, and the greatest
 * that a program can make.
 */
import { DType } from "../../packages/vm/src/dtype.ts";
import { fromNumber } from "../../packages/vm/src/float32.ts";
import { NO_HASH } from "../../packages/vm/src/hash.ts";
import { encodeHeader, MAX_INPUTS, type ProgramHeader } from "../../packages/vm/src/header.ts";
import { STOP_FLAG } from "../../packages/vm/src/layout.ts";
import { OPCODE } from "../../packages/vm/src/opcodes.ts";
import {
  encodeRecord,
  MAX_GROUP_COUNT,
  MAX_GROUP_ROWS,
  MAX_MEMBERS,
  NO_NODE,
  type NodeRecord,
  type Operand,
} from "../../packages/vm/src/record.ts";
import { mapRecord, reduceRecord } from "../../packages/vm/src/recordBuilder.ts";
import type { Section } from "../../packages/vm/src/scalarMachine.ts";
import { leafOfElement } from "../../packages/vm/src/rowGroup.ts";
import { shape, type ShapeExpression } from "../../packages/vm/src/shapeExpression.ts";
import { Part, type Step } from "../../packages/vm/src/stepEvaluator.ts";
import type { Description } from "../../packages/vm/src/tensor.ts";
import { LEAF_BYTES } from "../../packages/vm/src/tree.ts";
import { SparseWorld, type SparseTensor } from "./sparseWorld.ts";

const { FLOAT32, INT64 } = DType;
const WIDTH = 1024;

function headerOf(
  nodes: number,
  parameterCount: number,
  calls: number,
  inputs: ProgramHeader["inputs"],
): ProgramHeader {
  return {
    loweringVersion: 1,
    counts: { prompt: nodes, decode: nodes, epilogue: nodes },
    roots: { prompt: NO_HASH, decode: NO_HASH, epilogue: NO_HASH },
    parameterCount,
    outputs: [0],
    stop: { prompt: NO_NODE, decode: NO_NODE },
    calls: { least: 2, greatest: calls },
    tokenizer: NO_HASH.map((_, i) => i + 1),
    chatTemplate: NO_HASH.map((_, i) => i + 2),
    labels: NO_HASH,
    symbols: [{ least: 1, greatest: 4096 }],
    inputs,
  };
}

const matrix = (groupStart: number, groupEnd: number): Description => ({
  dtype: FLOAT32,
  count: WIDTH * WIDTH,
  rows: groupEnd === 0 ? 0 : WIDTH,
  groupStart,
  groupEnd,
});

/** 200 calls of 1,000 nodes; node 700 of call 150 multiplies node 20's tensor by parameter 77, each 2^20 elements. */
function languageModel(record: NodeRecord, row: number, column: number, steps: readonly number[]): SparseWorld {
  const leavesOf = (element: (r: number) => number): number[] => [
    ...new Set(steps.map((r) => Math.floor(element(r) / 32))),
  ];
  const call = 150;
  return new SparseWorld({
    header: headerOf(1000, 200, 200, [{ dtype: INT64, shape: [shape.symbol(0)] }]),
    call,
    node: 700,
    record: encodeRecord(record),
    calls: 200,
    tensors: [
      {
        place: { kind: "trace", call, position: 21 },
        description: matrix(20, 21),
        leaves: leavesOf((r) => row * WIDTH + r),
      },
      {
        place: { kind: "parameter", index: 77 },
        description: matrix(0, 0),
        leaves: leavesOf((r) => r * WIDTH + column),
      },
    ],
  });
}

const OPERANDS: readonly Operand[] = [
  { kind: "node", index: 20 },
  { kind: "parameter", index: 77 },
];

/** The canonical product of two matrices: blocks of 512. */
const PRODUCT = reduceRecord(
  { dtype: FLOAT32, shape: [WIDTH, WIDTH], operands: OPERANDS, extent: WIDTH, accumulators: [FLOAT32, FLOAT32] },
  {
    init: (code) => [code.constant(0x80000000), code.constant(0x80000000)],
    step: (code) => {
      const r = code.step();
      const width = code.constant(WIDTH);
      const x = code.load(0, code.iadd(code.imul(code.index(0), width), r));
      const y = code.load(1, code.iadd(code.imul(r, width), code.index(1)));
      const starts = code.lnot(code.and(r, code.constant(511)));
      const base = code.select(starts, code.constant(0), code.acc(0));
      return [code.ffma(x, y, base), code.select(starts, code.fadd(code.acc(1), code.acc(0)), code.acc(1))];
    },
    final: (code) => code.fadd(code.acc(1), code.acc(0)),
  },
);
const SUM = mapRecord({ dtype: FLOAT32, shape: [WIDTH, WIDTH], operands: OPERANDS }, (code) =>
  code.fadd(code.load(0, code.linear()), code.load(1, code.linear())),
);

type Place = Omit<Step, "claim" | "traceRoot">;
export type Watched = ReturnType<SparseWorld["ask"]>;

const SNAPSHOT = Uint8Array.of(1, 2, 3, 0x40, 4, 5, 6, 0xc1, ...new Uint8Array(24));

/** Steps [lo, hi) of an element of the matrix product, or its final. */
export function matrixProduct(lo: number, hi: number, part: Step["part"] = Part.STEPS): Watched {
  const [row, column] = [345, 678];
  const steps = Array.from({ length: hi - lo }, (_, i) => lo + i);
  const place: Place = {
    call: 150,
    position: 701,
    element: row * WIDTH + column,
    part,
    lo,
    hi,
    from: SNAPSHOT,
  };
  return languageModel(PRODUCT, row, column, steps).ask(place);
}

/** An element of the sum of two tensors. */
export function elementwiseSum(): Watched {
  const element = 345 * WIDTH + 678;
  const world = new SparseWorld({
    header: headerOf(1000, 200, 200, [{ dtype: INT64, shape: [shape.symbol(0)] }]),
    call: 150,
    node: 700,
    record: encodeRecord(SUM),
    calls: 200,
    tensors: [
      { place: { kind: "trace", call: 150, position: 21 }, description: matrix(20, 21), leaves: [element >> 5] },
      { place: { kind: "parameter", index: 77 }, description: matrix(0, 0), leaves: [element >> 5] },
    ],
  });
  return world.ask({ call: 150, position: 701, element, part: Part.VALUE, lo: 0, hi: 0, from: new Uint8Array(32) });
}

/** The shape of the tensor that a dispute enters. */
export function matrixShape(): Watched {
  return matrixProduct(0, 0, Part.SHAPE);
}

const GREATEST = 2 ** 36;
const CALLS = 2 ** 20;
const NODES = 2 ** 16;
const LOADS = 8;
const MAX_BYTES = 4096;
/** The last node but one: what is shown of the last has the longest way to where the two meet. */
const GROUPED = NODES - 2;
const GREAT_ROWS = MAX_GROUP_ROWS / 2 + 1;
/** A tensor of the largest row group, in the deepest trees: a leaf and a bit in a row, a row more than a power of two. */
const GREAT_GROUP: Description = {
  dtype: INT64,
  count: GREAT_ROWS * Math.floor(MAX_GROUP_COUNT / GREAT_ROWS),
  rows: GREAT_ROWS,
  groupStart: NODES - MAX_MEMBERS,
  groupEnd: NODES,
};

const GREAT_INPUT: Description = { dtype: INT64, count: GREATEST, rows: 0, groupStart: 0, groupEnd: 0 };

/** `first` less `terms` zeros: three bytes each. */
const filler = (first: number, terms: number): ShapeExpression =>
  Array.from({ length: terms }).reduce<ShapeExpression>(
    (left) => ({ op: "sub", left, right: shape.constant(0) }),
    shape.constant(first),
  );

/** The longest of a family of byte strings, each three bytes longer than the one before, that may be. */
function longest(make: (terms: number) => Uint8Array): Uint8Array {
  return make(Math.floor((MAX_BYTES - make(0).length) / 3));
}

/**
 * Part of an element of the largest program: steps [0, steps), the value of a reduction of so many, or its `final` alone. Each
 * section is 256 registers long, with eight loads from histories as long, deep and far apart as can be (all in different calls, of
 * row groups of as many rows and nodes as can be), all other instructions the dearest; the first load of the first section is of
 * the last of as many inputs as can be, and as large; the call could be stopped; shape expressions fill record and header up to
 * 4,096 bytes.
 */
export function largestStep(steps: number, dearest: keyof typeof OPCODE, part: Part = Part.STEPS): Watched {
  // The i-th load reads element i × spread of call i × spread: first those of the steps, then of `init`, then of `final`.
  const loads = LOADS * (steps + 2);
  const spread = Math.floor((CALLS - 3) / loads);
  const before = { init: LOADS * steps, final: LOADS * (steps + 1) };
  const constants = [fromNumber(1.2345678), fromNumber(-0.6789012), LOADS, spread, 1, before.init, before.final];
  const [X, Y, EIGHT, SPREAD, ONE, INIT, FINAL] = constants.keys();

  /** @param first The register that holds the loads before the section; none in a step. */
  const section = (results: number, first?: number, input = false): Section => {
    const code: number[] = [];
    const registers = (): number => constants.length + code.length / 4;
    const put = (name: keyof typeof OPCODE, a = 0, b = 0, c = 0): number => {
      code.push(OPCODE[name], a, b, c);
      return registers() - 1;
    };
    let i = first ?? put("imul", put("step"), EIGHT);
    for (let k = 0; k < LOADS; k++) {
      i = put("iadd", i, ONE);
      const place = put("imul", i, SPREAD);
      put("load", input && k === 0 ? 1 : 0, place, place);
    }
    while (registers() < 256) put(dearest, X, Y, X);
    return { results: new Uint8Array(results).fill(255), code: Uint8Array.from(code) };
  };
  const record = longest((terms) =>
    encodeRecord({
      kind: "reduce",
      dtype: INT64,
      shape: [],
      operands: [
        { kind: "history", prompt: 5, decode: GROUPED },
        { kind: "input", index: MAX_INPUTS - 1 },
      ],
      constants,
      extent: filler(part === Part.VALUE ? steps : GREATEST, terms),
      accumulators: [INT64, INT64, INT64, INT64],
      init: section(4, INIT, part !== Part.FINAL),
      step: section(4),
      final: section(1, FINAL, part === Part.FINAL),
    }),
  );

  const header = (terms: number): ProgramHeader => ({
    ...headerOf(NODES, NODES, CALLS, [
      { dtype: INT64, shape: [filler(1, terms)] },
      ...Array.from({ length: MAX_INPUTS - 1 }, () => ({ dtype: INT64, shape: [] })),
    ]),
    stop: { prompt: 0, decode: 0 },
  });
  const terms = Math.floor((MAX_BYTES - encodeHeader(header(0)).length) / 3);
  const call = CALLS - 2;
  const tensors: SparseTensor[] = Array.from({ length: loads }, (_, i) => ({
    place: { kind: "trace", call: (i + 1) * spread, position: 1 + GROUPED },
    description: GREAT_GROUP,
    leaves: [leafOfElement(GREAT_GROUP, (i + 1) * spread).leaf],
  }));
  const ofInput = ((part === Part.FINAL ? before.final : before.init) + 1) * spread;
  tensors.push(
    {
      place: { kind: "input", index: MAX_INPUTS - 1 },
      description: GREAT_INPUT,
      leaves: [Math.floor((8 * ofInput) / LEAF_BYTES)],
    },
    {
      place: { kind: "trace", call, position: 0 },
      description: STOP_FLAG,
      leaves: [0],
      content: new Uint8Array(LEAF_BYTES),
    },
  );
  const world = new SparseWorld({ header: header(terms), call, node: NODES - 1, record, calls: CALLS, tensors });
  return world.ask({ call, position: NODES, element: 0, part, lo: 0, hi: steps, from: SNAPSHOT });
}
