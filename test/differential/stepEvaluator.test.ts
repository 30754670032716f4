/**
 * The step evaluator on chain against its twin and the interpreter: hand-written and random programs, every kind of step of
 * every tensor; and every witness but the right one refused. STEP_PROGRAMS sets the number of random programs (default
 * 80), STEP_SEED the first one's seed, STEP_WITNESSES the number of changed witnesses per example (default 250).
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
import { isGrouped, type Description } from "../../packages/vm/src/tensor.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import { deployStepEvaluator, type Question } from "../helpers/stepEvaluator.ts";

const PROGRAMS = Number(process.env.STEP_PROGRAMS ?? 80);
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

async function compare(cases: readonly Case[]): Promise<number> {
  const answers = await ask(cases);
  cases.forEach(({ name, expected }, i) => {
    if (answers[i].result !== expected)
      expect.fail(`${name}: ${answers[i].result ?? answers[i].error}, not ${expected}`);
  });
  return cases.length;
}

/** A description that contradicts the record in one of its fields, now and then beyond all bounds. */
function lyingDescription(truth: Description): Description {
  const change = random.pick<Partial<Description>>([
    { dtype: random.pick([0, 8, 21, 32, 255]) },
    { count: random.pick([0, 1, truth.count * 2 + 1, 2 ** 36, 2 ** 36 + 1, 2 ** 50]) },
    { rows: random.pick([0, 1, truth.rows + 1, truth.count + 1, 2 ** 40]) },
    { groupStart: random.pick([0, truth.groupStart + 1, 0xffffffff]) },
    { groupEnd: random.pick([0, Math.max(0, truth.groupEnd - 1), truth.groupEnd + 1, 0xffffffff]) },
  ]);
  return { ...truth, ...change };
}

/**
 * Steps of an example whose trace lies in the description of one tensor, as the twin computes them; without those that read
 * from a row group whose cells do not lie where the lie says.
 */
function lyingCasesOf({ name, program, request }: Example): Case[] {
  const result = run(program, request);
  const places = placesOf(result, random);
  if (places.length === 0) return [];
  const { call, position } = random.pick(places);
  const truth = result.description(call, position);
  const said = lyingDescription(truth);
  const lie = new Trace(result).withDescription(call, position, said);
  const maker = new WitnessMaker(lie);
  const stated = { claim: claimOf(result), traceRoot: lie.root };
  return places.flatMap((place) =>
    stepsAt(result, stated, place, random).flatMap(({ step }) => {
      try {
        const { witness, result: expected } = maker.make(step);
        return [{ name: `${name} ${JSON.stringify(place)}`, step, witness, expected: toHex(expected) }];
      } catch (error) {
        if (!(error instanceof StepEvaluatorError) || !(isGrouped(truth) || isGrouped(said))) throw error;
        return [];
      }
    }),
  );
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
      expect(await compare(casesOf(example))).to.be.greaterThan(5);
    });
  }

  it(`computes every kind of step of ${PROGRAMS} random programs`, async function () {
    this.timeout(600_000);
    let steps = 0;
    for (let i = 0; i < PROGRAMS; i += 10) {
      const seeds = Array.from({ length: Math.min(10, PROGRAMS - i) }, (_, j) => SEED + i + j);
      steps += await compare(seeds.map(randomProgram).flatMap(casesOf));
    }
    console.log(`      ${steps} steps`);
  });

  it(`computes the same of ${PROGRAMS / 2} traces that lie about a tensor's description`, async function () {
    this.timeout(600_000);
    let steps = 0;
    for (let i = 0; i < PROGRAMS / 2; i++) steps += await compare(lyingCasesOf(randomProgram(SEED + 5000 + i)));
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
