/**
 * Hand-written programs, each the smallest that shows one thing which the real models do not. Each comes with a request
 * that brings it out; tests run them through the interpreter, the trace and the chain.
 */
import { DType } from "../dtype.ts";
import { fromNumber } from "../float32.ts";
import { MAX_INPUTS, type InputType } from "../header.ts";
import { assembleProgram, type Program } from "../program.ts";
import { encodeRecord, NO_NODE, type NodeRecord, type Operand } from "../record.ts";
import { mapRecord, reduceRecord } from "../recordBuilder.ts";
import type { Request } from "../request.ts";
import { shape } from "../shapeExpression.ts";
import { tensorOfWords, type Tensor } from "../tensor.ts";

/** A program with a request for it. */
export interface Example {
  readonly name: string;
  readonly program: Program;
  readonly request: Request;
}

const { FLOAT32, INT32, INT64, FLOAT16, INT4 } = DType;

/** A float32 tensor of these numbers. */
export function floats(dimensions: readonly number[], numbers: readonly number[]): Tensor {
  return tensorOfWords(FLOAT32, dimensions, numbers.map(fromNumber));
}

/** An int32 tensor of these numbers. */
export function integers(dimensions: readonly number[], numbers: readonly number[]): Tensor {
  return tensorOfWords(INT32, dimensions, numbers);
}

const encode = (...records: NodeRecord[]): Uint8Array[] => records.map(encodeRecord);
const floatInput = (...sizes: number[]): InputType => ({ dtype: FLOAT32, shape: sizes.map(shape.constant) });
const request = (inputs: Tensor[], calls = 1, symbols: number[] = [], seed = 0n): Request => ({
  inputs,
  symbols,
  seed,
  calls,
});

/** Running sums down the rows of x[rows, 3]: a row group of one node that loads from itself. */
export function cumulativeSum(): Example {
  const rows = shape.symbol(0);
  const sum = mapRecord(
    {
      dtype: FLOAT32,
      shape: [rows, 3],
      operands: [
        { kind: "input", index: 0 },
        { kind: "row", index: 0 },
      ],
      group: { start: 0, end: 1 },
    },
    (code) => code.fadd(code.load(0, code.linear()), code.load(1, code.isub(code.linear(), code.constant(3)))),
  );
  return {
    name: "cumulativeSum",
    program: assembleProgram({
      prompt: encode(sum),
      outputs: [0],
      symbols: [{ least: 0, greatest: 64 }],
      inputs: [{ dtype: FLOAT32, shape: [rows, shape.constant(3)] }],
    }),
    request: request([floats([4, 3], [1, 2, 3, 0.5, -2, 1e30, 0.25, 0, -1e30, 8, 7, 6])], 1, [4]),
  };
}

/** A recurrence over two nodes: g[r] = x[r] + h[r-1], h[r] = g[r] ÷ 2: a row group that loads from the same row. */
export function recurrence(): Example {
  const group = { start: 0, end: 2 };
  const width = 5;
  const before = (rows: number): number => rows * width;
  const gate = mapRecord(
    {
      dtype: FLOAT32,
      shape: [6, width],
      operands: [
        { kind: "input", index: 0 },
        { kind: "row", index: 1 },
      ],
      group,
    },
    (code) => code.fadd(code.load(0, code.linear()), code.load(1, code.isub(code.linear(), code.constant(before(1))))),
  );
  const state = mapRecord({ dtype: FLOAT16, shape: [6, width], operands: [{ kind: "row", index: 0 }], group }, (code) =>
    code.fmul(code.load(0, code.linear()), code.constantFloat(0.5)),
  );
  const last = mapRecord({ dtype: FLOAT32, shape: [width], operands: [{ kind: "node", index: 1 }] }, (code) =>
    code.load(0, code.iadd(code.linear(), code.constant(before(5)))),
  );
  const states = mapRecord({ dtype: FLOAT16, shape: [6, width], operands: [{ kind: "node", index: 1 }] }, (code) =>
    code.load(0, code.linear()),
  );
  const x = Array.from({ length: 6 * width }, (_, i) => (i % 7) / 3 - 1);
  return {
    name: "recurrence",
    program: assembleProgram({
      prompt: encode(gate, state, last, states),
      outputs: [2, 3],
      inputs: [floatInput(6, width)],
    }),
    request: request([floats([6, width], x)]),
  };
}

/** Greatest value, its place, sum and number of positive values of each row of x[3, 10], in one reduction. */
export function severalAccumulators(): Example {
  const extent = 10;
  const summary = reduceRecord(
    {
      dtype: FLOAT32,
      shape: [3],
      operands: [{ kind: "input", index: 0 }],
      extent,
      accumulators: [FLOAT32, INT32, FLOAT32, INT64],
    },
    {
      init: (code) => [code.constant(0xff800000), code.constantInt(-1), code.constant(0), code.constant(0)],
      step: (code) => {
        const x = code.load(0, code.iadd(code.imul(code.linear(), code.constant(extent)), code.step()));
        const greater = code.flt(code.acc(0), x);
        const positive = code.flt(code.constant(0), x);
        return [
          code.select(greater, x, code.acc(0)),
          code.select(greater, code.step(), code.acc(1)),
          code.fadd(code.acc(2), x),
          code.iadd(code.acc(3), positive),
        ];
      },
      final: (code) =>
        code.fadd(
          code.fmul(code.itof(code.acc(1)), code.constantFloat(1000)),
          code.fadd(code.acc(0), code.fdiv(code.acc(2), code.utof(code.acc(3)))),
        ),
    },
  );
  const x = Array.from({ length: 30 }, (_, i) => ((i * 17) % 23) - 11);
  return {
    name: "severalAccumulators",
    program: assembleProgram({ prompt: encode(summary), outputs: [0], inputs: [floatInput(3, extent)] }),
    request: request([floats([3, extent], x)]),
  };
}

/** Each call adds what two computed calls held, one of them perhaps not yet made; the last sums all calls. */
export function computedCalls(): Example {
  const first = mapRecord({ dtype: INT32, shape: [2], operands: [{ kind: "input", index: 0 }] }, (code) =>
    code.load(0, code.linear()),
  );
  const next = mapRecord(
    { dtype: INT32, shape: [2], operands: [{ kind: "history", prompt: 0, decode: 0 }] },
    (code) => {
      const half = code.udiv(code.call(), code.constant(2));
      const wild = code.urem(code.imul(code.call(), code.constant(7)), code.constant(5));
      const other = code.isub(code.constant(1), code.linear());
      return code.iadd(
        code.iadd(code.load(0, code.linear(), half), code.load(0, other, wild)),
        code.iadd(code.call(), code.load(0, other, code.constantInt(-1))),
      );
    },
  );
  const total = reduceRecord(
    {
      dtype: INT64,
      shape: [2],
      operands: [{ kind: "history", prompt: 0, decode: 0 }],
      extent: shape.symbol(0),
      accumulators: [INT64],
    },
    {
      init: (code) => [code.constant(0)],
      step: (code) => [code.iadd(code.acc(0), code.load(0, code.linear(), code.step()))],
      final: (code) => code.acc(0),
    },
  );
  return {
    name: "computedCalls",
    program: assembleProgram({
      prompt: encode(first),
      decode: encode(next),
      epilogue: encode(total),
      outputs: [0],
      calls: { least: 2, greatest: 16 },
      symbols: [{ least: 0, greatest: 16 }],
      inputs: [{ dtype: INT32, shape: [shape.constant(2)] }],
    }),
    request: request([integers([2], [3, -4])], 7, [7]),
  };
}

/** Counts up from the input, one token a call, until it says 5; the last call lists all tokens of up to eight calls. */
export function earlyStop(): Example {
  const token = mapRecord({ dtype: INT32, shape: [], operands: [{ kind: "input", index: 0 }] }, (code) =>
    code.load(0, code.constant(0)),
  );
  const isFive = (index: number): NodeRecord =>
    mapRecord({ dtype: DType.BOOL, shape: [1], operands: [{ kind: "node", index }] }, (code) =>
      code.ieq(code.load(0, code.constant(0)), code.constant(5)),
    );
  const next = mapRecord({ dtype: INT32, shape: [], operands: [{ kind: "history", prompt: 0, decode: 0 }] }, (code) =>
    code.iadd(code.load(0, code.constant(0), code.isub(code.call(), code.constant(1))), code.constant(1)),
  );
  // The cache grows with the call: one row more each time.
  const cache = mapRecord(
    { dtype: INT4, shape: [shape.add(shape.call, 1), 3], operands: [{ kind: "history", prompt: 0, decode: 0 }] },
    (code) => code.iadd(code.load(0, code.constant(0), code.index(0)), code.index(1)),
  );
  const tokens = mapRecord(
    { dtype: INT32, shape: [8], operands: [{ kind: "history", prompt: 0, decode: 0 }] },
    (code) => code.load(0, code.constant(0), code.linear()),
  );
  return {
    name: "earlyStop",
    program: assembleProgram({
      prompt: encode(token, isFive(0)),
      decode: encode(next, isFive(0), cache),
      epilogue: encode(tokens),
      outputs: [0],
      stop: { prompt: 1, decode: 1 },
      calls: { least: 2, greatest: 8 },
      inputs: [{ dtype: INT32, shape: [] }],
    }),
    request: request([integers([], [2])], 8),
  };
}

/** One step that reads scattered elements of five long parameters and of three tensors of all calls before it. */
export function scatteredLoads(): Example {
  const length = 3000;
  const params = Array.from({ length: 5 }, (_, p) =>
    integers(
      [length],
      Array.from({ length }, (_, i) => i * (p + 1)),
    ),
  );
  const nodes = 3;
  const long = (operands: Operand[], steps: number): NodeRecord =>
    reduceRecord(
      { dtype: INT32, shape: [150], operands, extent: steps, accumulators: [INT32] },
      {
        init: (code) => [code.linear()],
        step: (code) => {
          // A congruence of step and element: the same elements are never read in order.
          const mixed = code.iadd(
            code.imul(code.step(), code.constant(40503)),
            code.imul(code.linear(), code.constant(7)),
          );
          const before = code.urem(code.imul(code.step(), code.constant(5)), code.constant(6));
          const loads = operands.map(({ kind }, i) => {
            const size = code.constant(kind === "parameter" ? length : 150);
            const index = code.urem(code.iadd(mixed, code.constant(977 * i)), size);
            return kind === "history" ? code.load(i, index, before) : code.load(i, index);
          });
          return [loads.reduce((sum, load) => code.iadd(sum, load), code.acc(0))];
        },
        final: (code) => code.acc(0),
      },
    );
  const histories = Array.from({ length: nodes }, (_, node): Operand => ({
    kind: "history",
    prompt: node,
    decode: node,
  }));
  const parameters = params.map((_, index): Operand => ({ kind: "parameter", index }));
  const all = [parameters[4], histories[2], parameters[0], histories[0], parameters[3], parameters[1], histories[1]];
  const list = Array.from({ length: nodes }, () => long(all, 2));
  return {
    name: "scatteredLoads",
    program: assembleProgram({
      prompt: encode(...list),
      decode: encode(...list),
      epilogue: encode(long(all, 7)),
      params,
      outputs: [0],
      calls: { least: 6, greatest: 6 },
    }),
    request: request([], 6),
  };
}

/** Records that break a rule, one of them only in some calls, and nodes that load from them. */
export function malformedRecords(): Example {
  const reads = (index: number): NodeRecord =>
    mapRecord({ dtype: FLOAT32, shape: [2], operands: [{ kind: "node", index }] }, (code) =>
      code.fadd(code.load(0, code.linear()), code.constantFloat(1)),
    );
  const garbage = Uint8Array.of(7, 7, 7);
  const trailing = Uint8Array.of(...encodeRecord(reads(0)), 0);
  // No elements in call 1, too many after it.
  const growing = mapRecord(
    { dtype: FLOAT32, shape: [shape.mul(shape.sub(shape.call, 1), 2 ** 37), 1], operands: [] },
    (code) => code.constantFloat(9),
  );
  const history = mapRecord(
    { dtype: FLOAT32, shape: [5], operands: [{ kind: "history", prompt: 1, decode: 0 }] },
    (code) => code.fadd(code.load(0, code.constant(0), code.linear()), code.constantFloat(2)),
  );
  return {
    name: "malformedRecords",
    program: assembleProgram({
      prompt: [garbage, trailing, encodeRecord(reads(1))],
      decode: [...encode(growing, reads(0)), new Uint8Array(0), new Uint8Array(4097)],
      epilogue: [...encode(history), garbage],
      outputs: [0, 1],
      stop: { prompt: NO_NODE, decode: 3 },
      calls: { least: 4, greatest: 4 },
    }),
    request: request([], 4),
  };
}

/** As many inputs as there can be, every ninth of them added up: the last number loaded is of the last input. */
export function mostInputs(): Example {
  const spread = 9;
  const operands = Array.from({ length: Math.ceil(MAX_INPUTS / spread) }, (_, i): Operand => ({
    kind: "input",
    index: spread * i,
  }));
  const sum = mapRecord({ dtype: FLOAT32, shape: [2], operands }, (code) =>
    operands.map((_, i) => code.load(i, code.linear())).reduce((total, x) => code.fadd(total, x)),
  );
  const inputs = Array.from({ length: MAX_INPUTS }, (_, i) => floats([2], [i / 3, -i / 7]));
  return {
    name: "mostInputs",
    program: assembleProgram({ prompt: encode(sum), outputs: [0], inputs: inputs.map(() => floatInput(2)) }),
    request: request(inputs),
  };
}

/** Every hand-written program. */
export function tinyPrograms(): Example[] {
  return [
    cumulativeSum(),
    recurrence(),
    severalAccumulators(),
    computedCalls(),
    earlyStop(),
    malformedRecords(),
    scatteredLoads(),
    mostInputs(),
  ];
}
