/** Reductions whose step asks whether its number is below another: they end there, with the interpreter's bits. */
import {
  assembleProgram,
  DType,
  encodeRecord,
  float32,
  reduceRecord,
  shape,
  tensorOfWords,
  type CodeBuilder,
  type Value,
} from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
import { bodyOf, scopeOf } from "./codegen/body.ts";
import { fixed, GraphBuilder } from "./codegen/graph.ts";
import { onEveryBackend, type Example } from "./testing/everyBackend.ts";
import { planned } from "./testing/planned.ts";

const [ROWS, COLUMNS, STEPS] = [3, 21, 12];

/**
 * Σ x[i, r] · (j + 1) over the steps that `guard` lets through, and how many those are, as a float: so that a step too many
 * or too few shows, whatever x holds.
 */
function example(
  name: string,
  guard: (code: CodeBuilder, changed: Value, accumulator: Value, which: number) => Value,
): Example {
  const random = new Random(name.length);
  const record = reduceRecord(
    {
      dtype: DType.FLOAT32,
      shape: [ROWS, COLUMNS],
      operands: [{ kind: "input", index: 0 }],
      extent: shape.constant(STEPS),
      accumulators: [DType.FLOAT32, DType.INT64],
    },
    {
      init: (code) => [code.constant(0), code.constant(0)],
      step(code) {
        const x = code.load(0, code.iadd(code.imul(code.index(0), code.constant(STEPS)), code.step()));
        const factor = code.itof(code.iadd(code.index(1), code.constant(1)));
        const [sum, count] = [code.acc(0), code.acc(1)];
        const changed = [code.ffma(x, factor, sum), code.iadd(count, code.constant(1))];
        return [guard(code, changed[0], sum, 0), guard(code, changed[1], count, 1)];
      },
      final: (code) => code.fadd(code.acc(0), code.itof(code.imul(code.acc(1), code.constant(1000)))),
    },
  );
  const program = assembleProgram({
    prompt: [encodeRecord(record)],
    symbols: [{ least: 0, greatest: 100 }],
    inputs: [{ dtype: DType.FLOAT32, shape: [shape.constant(ROWS), shape.constant(STEPS)] }],
    outputs: [0],
  });
  const words = Array.from({ length: ROWS * STEPS }, () => float32.fromNumber(random.between(-99, 99) / 7));
  const inputs = [tensorOfWords(DType.FLOAT32, [ROWS, STEPS], words)];
  return { name, program, request: { inputs, symbols: [5], seed: 0n, calls: 1 } };
}

/** Whether a kernel of a program's one node ends before all of its steps are run. */
function ends(one: Example): boolean {
  const { list, request } = planned(one);
  const [{ record, dimensions, count, extent }] = list.nodes;
  const operands = [{ kind: "tensor", dtype: DType.FLOAT32, count: fixed(ROWS * STEPS), address: fixed(0) } as const];
  const plan = {
    ...{ name: "", record: record!, dimensions, count, extent, operands, rowByRow: false, out: fixed(0) },
    ...{ symbols: request.symbols, calls: request.calls, constants: () => 0 },
  };
  return bodyOf(new GraphBuilder(scopeOf(plan)), plan).end !== undefined;
}

describe("reductions that end", () => {
  const below = (code: CodeBuilder, end: Value): Value => code.ult(code.step(), end);
  const ending = [
    example("after a symbol's steps", (code, changed, old) => code.select(below(code, code.symbol(0)), changed, old)),
    example("after a symbol's and the call's steps", (code, changed, old) =>
      code.select(below(code, code.iadd(code.symbol(0), code.call())), changed, old),
    ),
    example("where one sum is left alone", (code, changed, old, which) =>
      which === 0 ? code.select(below(code, code.symbol(0)), changed, old) : old,
    ),
  ];
  const others = [
    example("before they begin, as is known", (code, changed, old) =>
      code.select(below(code, code.call()), changed, old),
    ),
    example("one sum of which goes on", (code, changed, old, which) =>
      which === 0 ? code.select(below(code, code.symbol(0)), changed, old) : changed,
    ),
    example("whose sums end apart", (code, changed, old, which) =>
      code.select(below(code, code.iadd(code.symbol(0), code.constant(which))), changed, old),
    ),
    example("that begin late", (code, changed, old) => code.select(below(code, code.symbol(0)), old, changed)),
    example("that end by the element", (code, changed, old) => code.select(below(code, code.index(1)), changed, old)),
    example("that end by the row", (code, changed, old) => code.select(below(code, code.index(0)), changed, old)),
    example("below a number that may be negative", (code, changed, old) =>
      code.select(below(code, code.isub(code.call(), code.symbol(0))), changed, old),
    ),
    example("that begin again", (code, changed, old, which) =>
      code.select(below(code, code.symbol(0)), changed, which === 0 ? code.constant(0) : old),
    ),
    example("to a number above 2^32", (code, changed, old) =>
      code.select(below(code, code.shl(code.iadd(code.symbol(0), code.call()), code.constant(33))), changed, old),
    ),
  ];

  it("are found by their code", () => {
    for (const one of ending) expect(ends(one), one.name).to.equal(true);
    for (const one of others) expect(ends(one), one.name).to.equal(false);
  });

  onEveryBackend([...ending, ...others]);
});
