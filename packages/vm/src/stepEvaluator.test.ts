import { expect } from "chai";
import { claimOf } from "./claim.ts";
import { DType } from "./dtype.ts";
import { run } from "./interpreter.ts";
import { Part, StepEvaluatorError, type Step } from "./stepEvaluator.ts";
import { Random } from "./testing/random.ts";
import { randomProgram } from "./testing/randomProgram.ts";
import { leftAligned, placesOf, stepsAt, storedBytes } from "./testing/steps.ts";
import { earlyStop, severalAccumulators, tinyPrograms } from "./testing/tinyPrograms.ts";
import { Trace } from "./trace.ts";
import { evaluateWitness, WitnessMaker } from "./witness.ts";

/** Random programs whose steps are evaluated; the default is what CI runs. */
const PROGRAMS = Number(process.env.ASSAY_RANDOM_PROGRAMS ?? 200);

const examples = [...tinyPrograms(), ...Array.from({ length: PROGRAMS }, (_, seed) => randomProgram(seed))];

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("step evaluator", () => {
  it(`computes every kind of step of ${examples.length} programs, from the trace and from the witness`, function () {
    this.timeout(60_000);
    const random = new Random(11);
    let longest = 0;
    for (const { name, program, request } of examples) {
      const result = run(program, request);
      const trace = new Trace(result);
      const maker = new WitnessMaker(trace);
      const stated = { claim: claimOf(result), traceRoot: trace.root };
      for (const place of placesOf(result, random)) {
        for (const expected of stepsAt(result, stated, place, random)) {
          const { part, lo, hi } = expected.step;
          const where = `${name} ${JSON.stringify({ ...place, part, lo, hi })}`;
          const made = maker.make(expected.step);
          expect(made.result, where).to.deep.equal(expected.result);
          expect(evaluateWitness(expected.step, made.witness), where).to.deep.equal(expected.result);
          longest = Math.max(longest, made.witness.length);
        }
      }
    }
    expect(longest).to.be.greaterThan(1500);
  });

  it("refuses every other witness", () => {
    const random = new Random(12);
    for (const example of [severalAccumulators(), earlyStop(), randomProgram(4), randomProgram(21)]) {
      const result = run(example.program, example.request);
      const trace = new Trace(result);
      const maker = new WitnessMaker(trace);
      const place = random.pick(placesOf(result, random));
      const { step } = stepsAt(result, { claim: claimOf(result), traceRoot: trace.root }, place, random)[0];
      const { witness } = maker.make(step);
      for (let at = 0; at < witness.length; at++) {
        const changed = witness.slice();
        changed[at] ^= 1 << random.below(8);
        expect(
          errorOf(() => evaluateWitness(step, changed)),
          `byte ${at}`,
        ).to.be.instanceOf(StepEvaluatorError);
        const cut = witness.subarray(0, at);
        expect(
          errorOf(() => evaluateWitness(step, cut)),
          `${at} bytes`,
        ).to.be.instanceOf(StepEvaluatorError);
      }
      const longer = Uint8Array.of(...witness, 0);
      expect(errorOf(() => evaluateWitness(step, longer))).to.include({ code: "StepEvaluator_Length" });
    }
  });

  it("refuses steps that do not exist, by name", () => {
    const { program, request } = severalAccumulators();
    const result = run(program, request);
    const trace = new Trace(result);
    const maker = new WitnessMaker(trace);
    const base: Step = {
      ...{ claim: claimOf(result), traceRoot: trace.root, call: 0, position: 0, element: 0 },
      ...{ part: Part.STEPS, lo: 0, hi: 10, from: new Uint8Array(32) },
    };
    const refuses = (code: string, change: Partial<Step>): void => {
      const error = errorOf(() => maker.make({ ...base, ...change }));
      expect(error, code)
        .to.be.instanceOf(StepEvaluatorError)
        .that.includes({ code: `StepEvaluator_${code}` });
    };
    refuses("Position", { call: 1 });
    refuses("Position", { position: 1 });
    refuses("Range", { lo: 3, hi: 2 });
    refuses("Range", { hi: 11 });
    refuses("Header", { claim: { ...base.claim, programRoot: trace.root } });
    refuses("Inputs", { claim: { ...base.claim, inputsRoot: trace.root } });
    const stopping = earlyStop();
    const stopped = run(stopping.program, stopping.request);
    const stopTrace = new Trace(stopped);
    const flag = { ...base, claim: claimOf(stopped), traceRoot: stopTrace.root, call: 1 };
    const flagError = errorOf(() => new WitnessMaker(stopTrace).make(flag));
    expect(flagError, "the flag is a map").to.include({ code: "StepEvaluator_Range" });
    const wrongRoot = { ...flag, part: Part.VALUE, position: 1, traceRoot: trace.root };
    expect(errorOf(() => new WitnessMaker(stopTrace).make(wrongRoot))).to.include({ code: "StepEvaluator_Path" });
  });

  it("convicts every lie at the element that was lied about", () => {
    const random = new Random(13);
    let convicted = 0;
    for (const { program, request, name } of examples) {
      const result = run(program, request);
      const places = placesOf(result, random);
      const claim = claimOf(result);
      for (let i = 0; i < 5 && places.length > 0; i++) {
        const place = random.pick(places);
        const { call, position, element } = place;
        const { count } = result.description(call, position);
        if (element >= count) continue;
        const tensor = result.tensor(call, position);
        const length = Math.max(1, storedBytes(result, place).length);
        const isNibble = tensor.dtype === DType.INT4 || tensor.dtype === DType.UINT4;
        const data = new Uint8Array(Math.max(tensor.data.length, (element + 1) * length));
        data.set(tensor.data);
        data[isNibble ? element >> 1 : element * length] ^= isNibble ? 1 << (4 * (element % 2)) : 1 << random.below(8);
        const lie = new Trace(result).withTensor(call, position, { ...tensor, data });
        const [{ step, result: truth }] = stepsAt(result, { claim, traceRoot: lie.root }, place, random);
        const { witness } = new WitnessMaker(lie).make(step);
        const verdict = evaluateWitness(step, witness);
        expect(verdict, name).to.deep.equal(truth);
        expect(verdict, name).to.not.deep.equal(leftAligned(storedBytes(lie, place)));
        convicted++;
      }
    }
    expect(convicted).to.be.greaterThan(2 * PROGRAMS);
  });
});
