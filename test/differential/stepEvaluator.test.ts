/**
 * The step evaluator on chain against its twin and the interpreter: hand-written and random programs, every kind of step of
 * every tensor; and every witness but the right one refused. STEP_PROGRAMS sets the number of random programs (default
 * 120), STEP_SEED the first one's seed, STEP_WITNESSES the number of changed witnesses per example (default 250).
 *
 * @weight 50
 */
import { expect } from "chai";
import { claimOf } from "../../packages/vm/src/claim.ts";
import { toHex } from "../../packages/vm/src/hash.ts";
import { run } from "../../packages/vm/src/interpreter.ts";
import { evaluateWitness, WitnessMaker } from "../../packages/vm/src/witness.ts";
import { StepEvaluatorError, type Step } from "../../packages/vm/src/stepEvaluator.ts";
import { Random } from "../../packages/vm/src/testing/random.ts";
import { randomProgram } from "../../packages/vm/src/testing/randomProgram.ts";
import { placesOf, stepsAt } from "../../packages/vm/src/testing/steps.ts";
import { tinyPrograms, type Example } from "../../packages/vm/src/testing/tinyPrograms.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import { deployStepEvaluator, type Question } from "../helpers/stepEvaluator.ts";

const PROGRAMS = Number(process.env.STEP_PROGRAMS ?? 120);
const SEED = Number(process.env.STEP_SEED ?? 1000);

/** Changed witnesses per example. */
const CHANGED = Number(process.env.STEP_WITNESSES ?? 250);

const { ask, askEach } = await deployStepEvaluator();
const random = new Random(SEED);

interface Case extends Question {
  readonly name: string;
  readonly expected: string;
}

/** Every kind of step of every tensor of an example, with its witness and what the interpreter says. */
function casesOf({ name, program, request }: Example): Case[] {
  const result = run(program, request);
  const trace = new Trace(result);
  const maker = new WitnessMaker(trace);
  const stated = { claim: claimOf(result), traceRoot: trace.root };
  return placesOf(result, random).flatMap((place) =>
    stepsAt(result, stated, place, random).map(({ step, result: expected }) => {
      const { part, lo, hi } = step;
      const { witness } = maker.make(step);
      return {
        name: `${name} ${JSON.stringify({ ...place, part, lo, hi })}`,
        step,
        witness,
        expected: toHex(expected),
      };
    }),
  );
}

async function compare(examples: readonly Example[]): Promise<number> {
  const cases = examples.flatMap(casesOf);
  const answers = await ask(cases);
  cases.forEach(({ name, expected }, i) => {
    if (answers[i].result !== expected)
      expect.fail(`${name}: ${answers[i].result ?? answers[i].error}, not ${expected}`);
  });
  return cases.length;
}

/** What the twin makes of a witness: a result, or an error's name. */
function twin(step: Step, witness: Uint8Array): string {
  try {
    return toHex(evaluateWitness(step, witness));
  } catch (error) {
    return error instanceof StepEvaluatorError ? error.code : `other: ${String(error)}`;
  }
}

describe("step evaluator: on chain as in TypeScript", () => {
  for (const example of tinyPrograms()) {
    it(`computes every kind of step of ${example.name}`, async () => {
      expect(await compare([example])).to.be.greaterThan(5);
    });
  }

  it(`computes every kind of step of ${PROGRAMS} random programs`, async function () {
    this.timeout(600_000);
    let steps = 0;
    for (let i = 0; i < PROGRAMS; i += 10) {
      const seeds = Array.from({ length: Math.min(10, PROGRAMS - i) }, (_, j) => SEED + i + j);
      steps += await compare(seeds.map(randomProgram));
    }
    console.log(`      ${steps} steps`);
  });

  it("refuses every other witness by the same error", async function () {
    this.timeout(600_000);
    const examples = [...tinyPrograms(), randomProgram(4), randomProgram(21)];
    let refused = 0;
    for (const example of examples) {
      const cases = casesOf(example);
      const { step, witness } = cases.reduce((a, b) => (a.witness.length > b.witness.length ? a : b));
      const changed = Array.from({ length: Math.min(witness.length, CHANGED) }, () => {
        const other = witness.slice();
        other[random.below(witness.length)] ^= 1 << random.below(8);
        return other;
      });
      const cut = Array.from({ length: 40 }, () => witness.slice(0, random.below(witness.length)));
      const wrong = [...changed, ...cut, Uint8Array.of(...witness, 0), Uint8Array.of(...witness, ...witness)];
      const answers = await askEach(step, wrong);
      answers.forEach(({ result, error }, i) => {
        expect(result, `${example.name}: witness ${i} of ${wrong.length}`).to.equal(undefined);
        expect(error, `${example.name}: witness ${i} of ${wrong.length}`).to.equal(twin(step, wrong[i]));
      });
      refused += wrong.length;
    }
    console.log(`      ${refused} witnesses`);
  });
});
