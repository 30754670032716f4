/**
 * Row groups whose rows threads share: the interpreter's bits with any number of threads, in all that a run keeps; and which
 * groups are shared at all.
 *
 * @weight 30
 */
import { DType, run, toHex, Trace } from "@assay/vm";
import { assembleProgram, type ProgramParts } from "@assay/vm/program";
import { encodeRecord, type NodeRecord } from "@assay/vm/record";
import { mapRecord, reduceRecord } from "@assay/vm/recordBuilder";
import { shape } from "@assay/vm/shapeExpression";
import { floats } from "@assay/vm/testing/tinyPrograms";
import { expect } from "chai";
import { eachGeneratedSet } from "./ccode/testing.ts";
import { Engine, type EngineOptions } from "./index.ts";
import { rowPartElements, sharesProducts } from "./plan/step.ts";
import { orNotRun, type Example } from "./testing/everyBackend.ts";
import { planOf } from "./testing/planned.ts";
import { recurrence, scan } from "./testing/recurrences.ts";

const ROWS = 4;
const row = (index: number) => ({ kind: "row", index }) as const;

/** Long sums of the row above: a[r] = Σ b[r-1], 64 columns of it. */
function sums(width: number, group: { start: number; end: number }): NodeRecord {
  return reduceRecord(
    {
      ...{ dtype: DType.FLOAT32, shape: [ROWS, width], group, operands: [row(group.start + 1)] },
      ...{ extent: 64, accumulators: [DType.FLOAT32] },
    },
    {
      init: (code) => [code.constantFloat(0.5)],
      step: (code) => {
        const column = code.urem(code.iadd(code.index(1), code.step()), code.constant(width));
        const above = code.imul(code.isub(code.index(0), code.constant(1)), code.constant(width));
        return [code.fadd(code.acc(0), code.load(0, code.iadd(above, column)))];
      },
      final: (code) => code.fmul(code.acc(0), code.constantFloat(0.01)),
    },
  );
}

/** b[r] = x[r] + a[r], a float of two bytes. */
function halves(width: number, group: { start: number; end: number }): NodeRecord {
  const operands = [{ kind: "input", index: 0 } as const, row(group.start)];
  return mapRecord({ dtype: DType.FLOAT16, shape: [ROWS, width], group, operands }, (code) =>
    code.fadd(code.load(0, code.linear()), code.load(1, code.linear())),
  );
}

/** What reads a group's node: no output lies in a group. */
function copyOf(index: number, width: number): NodeRecord {
  return mapRecord({ dtype: DType.FLOAT32, shape: [ROWS, width], operands: [{ kind: "node", index }] }, (code) =>
    code.load(0, code.linear()),
  );
}

function exampleOf(name: string, width: number, calls: number, parts: ProgramParts): Example {
  const x = Array.from({ length: ROWS * width }, (_, i) => (i % 101) / 7 - 5);
  const inputs = [{ dtype: DType.FLOAT32, shape: [shape.constant(ROWS), shape.constant(width)] }];
  return {
    name,
    program: assembleProgram({ ...parts, inputs }),
    request: { inputs: [floats([ROWS, width], x)], symbols: [], seed: 0n, calls },
  };
}

/** Sums and halves. */
function chained(width: number): Example {
  const group = { start: 0, end: 2 };
  const records = [sums(width, group), halves(width, group), copyOf(1, width)];
  return exampleOf(`rows of ${width}`, width, 1, { prompt: records.map(encodeRecord), outputs: [2] });
}

/** The same with numbers of four bits, c[r] = 3 c[r-1] + b[r]: of an odd width, rows begin within a byte. */
function nibbles(width: number): Example {
  const group = { start: 0, end: 3 };
  const c = reduceRecord(
    {
      ...{ dtype: DType.INT4, shape: [ROWS, width], group, operands: [row(1), row(2)] },
      ...{ extent: 64, accumulators: [DType.INT32] },
    },
    {
      init: (code) => [code.load(1, code.isub(code.linear(), code.constant(width)))],
      step: (code) => [code.iadd(code.imul(code.acc(0), code.constant(3)), code.step())],
      final: (code) => code.iadd(code.acc(0), code.ftoi8(code.load(0, code.linear()))),
    },
  );
  const records = [sums(width, group), halves(width, group), c, copyOf(1, width)];
  return exampleOf(`rows of ${width} numbers of four bits`, width, 1, {
    prompt: records.map(encodeRecord),
    outputs: [3],
  });
}

/** A group beside whose rows lies a tensor that has one row less than there were calls: none in the first of its calls. */
function comeAndGo(width: number): Example {
  const group = { start: 0, end: 3 };
  const growing = mapRecord(
    { dtype: DType.FLOAT32, shape: [shape.sub(shape.call, 1), width], group, operands: [{ kind: "input", index: 0 }] },
    (code) => code.fadd(code.load(0, code.linear()), code.fsqrt(code.itof(code.call()))),
  );
  const records = [sums(width, group), halves(width, group), growing, copyOf(1, width)];
  return exampleOf(`rows of ${width} that come and go`, width, 5, {
    prompt: [encodeRecord(copyOf(0, width))],
    decode: records.map(encodeRecord),
    epilogue: records.map(encodeRecord),
    outputs: [3],
    calls: { least: 2, greatest: 5 },
  });
}

/**
 * Two groups that do not read one another, with rows of `wide` and of `narrow` elements. Of the nodes between them one reads the
 * first, and the second reads the other. A type of four bits has no form in C, so that the second group stays WebAssembly.
 */
function apart(wide: number, narrow: number, dtype: DType = DType.FLOAT32): Example {
  const groups = [
    { start: 0, end: 2 },
    { start: 4, end: 6 },
  ];
  const copy = (index: number, kind: "node" | "input") =>
    mapRecord({ dtype: DType.FLOAT32, shape: [ROWS, wide], operands: [{ kind, index }] }, (code) =>
      code.fadd(code.load(0, code.linear()), code.constantFloat(1)),
    );
  const second = mapRecord(
    { dtype, shape: [ROWS, narrow], group: groups[1], operands: [{ kind: "node", index: 3 }, row(4)] },
    (code) => code.fadd(code.load(0, code.linear()), code.load(1, code.linear())),
  );
  const both = mapRecord(
    {
      dtype: DType.FLOAT32,
      shape: [ROWS, narrow],
      operands: [2, 5].map((index) => ({ kind: "node", index }) as const),
    },
    (code) => code.fadd(code.load(0, code.linear()), code.load(1, code.linear())),
  );
  const first = [sums(wide, groups[0]), halves(wide, groups[0])];
  const records = [...first, copy(1, "node"), copy(0, "input"), sums(narrow, groups[1]), second, both];
  return exampleOf(`groups of ${wide} and ${narrow} side by side, type ${dtype}`, wide, 1, {
    prompt: records.map(encodeRecord),
    outputs: [6],
  });
}

/** How many row groups each step of row groups of a program's first list has, with so many threads, in WebAssembly. */
const togetherIn = (example: Example, threads: number): number[] =>
  planOf(example, threads).lists.prompt!.steps.flatMap((step) =>
    step.kind === "together" ? [step.steps.length] : step.kind === "rows" ? [1] : [],
  );

/** Whether the row groups of a program's first list are shared by so many threads, in WebAssembly. */
const sharedIn = (example: Example, threads: number): boolean[] =>
  planOf(example, threads).lists.prompt!.steps.flatMap((step) => (step.kind === "rows" ? [step.shared] : []));

describe("row groups that threads share", () => {
  const shared = [recurrence("LSTM", 5, { time: 4, batch: 3, hidden: 256 }), chained(2003), nibbles(2003)];
  // Two directions, or two groups made so.
  const pairs = [
    recurrence("LSTM", 1, { time: 40, batch: 1, hidden: 32 }),
    recurrence("GRU", 2, { time: 3, batch: 5, hidden: 200 }),
    recurrence("RNN", 3, { time: 3, batch: 1, hidden: 515 }),
    ...[apart(200, 201), apart(2003, 1999)],
  ];
  const alone = [recurrence("LSTM", 5, { time: 5, batch: 1, hidden: 5 }), scan(1), chained(63)];
  const examples = [...shared, ...alone, ...pairs, apart(2003, 80), apart(2003, 1999, DType.INT4), comeAndGo(2003)];
  let wanted: readonly string[] = [];

  const rootsOf = ({ program, request }: Example, options: EngineOptions): string => {
    const engine = new Engine(program, options);
    try {
      const roots = Array.from({ length: 3 }, () => toHex(new Trace(engine.run(request)).root));
      expect(new Set(roots).size, "the same each time").to.equal(1);
      return roots[0];
    } finally {
      engine.close();
    }
  };

  const check = (options: EngineOptions): void => {
    for (const threads of [2, 3, 7]) {
      examples.forEach((example, i) =>
        expect(rootsOf(example, { ...options, threads }), `${example.name}, ${threads} threads`).to.equal(wanted[i]),
      );
    }
  };

  before(function () {
    this.timeout(120_000);
    wanted = examples.map(({ program, request }) => toHex(new Trace(run(program, request)).root));
  });

  it("are those whose rows are worth it", () => {
    for (const example of shared) expect(sharedIn(example, 2), example.name).to.include(true);
    for (const example of alone) expect(sharedIn(example, 2), example.name).not.to.include(true);
    for (const example of examples) expect(sharedIn(example, 1), example.name).not.to.include(true);
    for (const { name, program, request } of examples)
      expect(new Engine(program).prepare(request), `${name} has a plan`).not.to.equal(undefined);
  }).timeout(30_000);

  it("are a thread each where they do not read one another, if that is sooner", () => {
    for (const example of pairs) expect(togetherIn(example, 2), example.name).to.deep.equal([2]);
    for (const example of pairs) expect(togetherIn(example, 1), example.name).to.deep.equal([1, 1]);
    // More threads than groups share their rows, if those are worth it; and so do two whose groups are too unlike.
    expect(togetherIn(apart(200, 201), 4)).to.deep.equal([2]);
    expect(togetherIn(apart(2003, 1999), 4)).to.deep.equal([1, 1]);
    expect(togetherIn(apart(2003, 80), 2)).to.deep.equal([1, 1]);
  });

  it("are cut into equal parts, no more than threads and than are worth it", () => {
    expect(rowPartElements(100, 2048, 2, "machine")).to.equal(1024);
    expect(rowPartElements(100, 2048, 64, "machine")).to.equal(512);
    expect(rowPartElements(100, 2048, 64, "host")).to.equal(2048);
    expect(rowPartElements(0, 10, 4, "machine")).to.equal(64);
    expect([1, 2].map((threads) => sharesProducts(2 ** 20, threads, "host"))).to.deep.equal([false, true]);
    expect(["machine", "host"].map((by) => sharesProducts(2 ** 17, 2, by as "machine"))).to.deep.equal([true, false]);
  });

  it("have the interpreter's bits by WebAssembly", () => check({ backend: "wasm" })).timeout(120_000);

  it("have the interpreter's bits by native contractions, kernels not compiled", () => {
    orNotRun(() => check({ backend: "native" }));
  }).timeout(120_000);

  it("have the interpreter's bits in generated C", () => eachGeneratedSet(examples, check)).timeout(300_000);
});
