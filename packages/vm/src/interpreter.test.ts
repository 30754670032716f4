import { expect } from "chai";
import { loadWord } from "./dtype.ts";
import { run, type Run } from "./interpreter.ts";
import { isStopped } from "./nodeMachine.ts";
import { toNumber } from "./float32.ts";
import { RequestError } from "./request.ts";
import { wordsOf } from "./tensor.ts";
import { NaiveEvaluator } from "./testing/naiveEvaluator.ts";
import { randomProgram } from "./testing/randomProgram.ts";
import {
  computedCalls,
  cumulativeSum,
  earlyStop,
  malformedRecords,
  recurrence,
  severalAccumulators,
  tinyPrograms,
  type Example,
} from "./testing/tinyPrograms.ts";

/** Random programs that are run; the default is what CI runs. */
const PROGRAMS = Number(process.env.ASSAY_RANDOM_PROGRAMS ?? 2000);

const runExample = ({ program, request }: Example): Run => run(program, request);
const numbers = (result: Run, output = 0): number[] =>
  wordsOf(result.outputs[output]).map((word) => toNumber(Number(word)));

/** Compares every element with the lazy definition; returns how many loads of each kind it made. */
function compare(example: Example): NaiveEvaluator["loads"] {
  const result = runExample(example);
  const { layout } = result;
  const naive = new NaiveEvaluator(example.program, example.request);
  for (let call = 0; call < layout.calls; call++) {
    const first = layout.firstNode(call);
    expect(isStopped(result, call), `${example.name}: call ${call} stopped`).to.equal(naive.stopped(call));
    for (let node = 0; node < layout.nodes(call); node++) {
      const { dtype, count, rows, start, end } = naive.node(call, node);
      const place = `${example.name}: call ${call}, node ${node}`;
      const said = result.description(call, first + node);
      expect(said, place).to.deep.equal({ dtype, count, rows, groupStart: start, groupEnd: end });
      const tensor = result.tensor(call, first + node);
      for (let element = 0; element < count; element++) {
        const word = naive.word(call, node, element);
        const ours = loadWord(tensor.dtype, tensor.data, element);
        if (ours !== word) expect(ours, `${place}, element ${element}`).to.equal(word);
      }
    }
  }
  return naive.loads;
}

describe("interpreter", () => {
  it("sums down the rows of a row group", () => {
    const sums = numbers(runExample(cumulativeSum()));
    expect(sums).to.deep.equal([1, 2, 3, 1.5, 0, Math.fround(1e30), 1.75, 0, 0, 9.75, 7, 6]);
  });

  it("goes row by row through a group of two", () => {
    const result = runExample(recurrence());
    const state = wordsOf(result.outputs[1]).map((word) => toNumber(Number(word)));
    expect(numbers(result)).to.deep.equal(state.slice(25));
    expect(state[0]).to.equal(-0.5);
  });

  it("keeps several accumulators of different types", () => {
    const x = Array.from({ length: 10 }, (_, i) => ((i * 17) % 23) - 11);
    const positive = x.filter((value) => value > 0).length;
    const greatest = Math.max(...x);
    const sum = x.reduce((a, b) => a + b, 0);
    const expected = Math.fround(x.indexOf(greatest) * 1000 + Math.fround(greatest + Math.fround(sum / positive)));
    expect(numbers(runExample(severalAccumulators()))[0]).to.equal(expected);
  });

  it("loads from calls that are computed", () => {
    const calls = [[3, -4]];
    const at = (call: number, i: number, before: number): number => (call < before ? calls[call][i] : 0);
    for (let c = 1; c < 6; c++) {
      calls.push([0, 1].map((i) => at(c >> 1, i, c) + at((c * 7) % 5, 1 - i, c) + c));
    }
    const totals = [0, 1].map((i) => calls.reduce((total, call) => total + call[i], 0));
    expect(wordsOf(runExample(computedCalls()).outputs[0])).to.deep.equal(totals);
  });

  it("stops for good, and computes the last call all the same", () => {
    const result = runExample(earlyStop());
    expect(wordsOf(result.outputs[0])).to.deep.equal([2, 3, 4, 5, 0, 0, 0, 0]);
    expect(Array.from({ length: 8 }, (_, call) => isStopped(result, call))).to.deep.equal([
      ...[false, false, false, false],
      ...[true, true, true, false],
    ]);
    const { layout } = result;
    const cache = layout.firstNode(3) + 2;
    expect(wordsOf(result.tensor(3, cache))).to.deep.equal([2, 3, 4, 3, 4, 5, 4, 5, 6, 0, 1, 2]);
    expect(result.description(5, cache).count, "sizes do not stop").to.equal(18);
  });

  it("takes a malformed record for one zero", () => {
    const result = runExample(malformedRecords());
    expect(numbers(result, 0)).to.deep.equal([2, 2, 2, 2, 2]);
    expect(numbers(result, 1)).to.deep.equal([0]);
    expect(result.layout.geometry(1, 0).valid, "2^37 × 0 elements").to.equal(true);
    expect(result.layout.geometry(2, 0).valid, "2^37 elements").to.equal(false);
  });

  it("agrees with the lazy definition on every hand-written program", () => {
    for (const example of tinyPrograms()) compare(example);
  });

  it(`agrees with the lazy definition on ${PROGRAMS} random programs`, function () {
    this.timeout(120_000);
    const loads = { input: 0, parameter: 0, node: 0, row: 0, history: 0 };
    for (let seed = 0; seed < PROGRAMS; seed++) {
      for (const [kind, count] of Object.entries(compare(randomProgram(seed))))
        loads[kind as keyof typeof loads] += count;
    }
    for (const [kind, count] of Object.entries(loads)) expect(count, kind).to.be.greaterThan(PROGRAMS / 4);
  });

  it("refuses symbols and calls that the header does not allow", () => {
    const { program, request } = cumulativeSum();
    expect(() => run(program, { ...request, symbols: [65] })).to.throw(RequestError, "symbols[0]");
    expect(() => run(program, { ...request, symbols: [4, 1] })).to.throw(RequestError, "symbols[1]");
    expect(() => run(program, { ...request, calls: 2 })).to.throw(RequestError, "calls");
  });
});
