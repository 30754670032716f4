/**
 * The steps of the two committed models on chain as the interpreter computes them: first, last and random elements of
 * every tensor of every call. STEP_SEED sets the seed.
 *
 * @weight 15
 */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { claimOf } from "../../packages/vm/src/claim.ts";
import { DType } from "../../packages/vm/src/dtype.ts";
import { fromNumber } from "../../packages/vm/src/float32.ts";
import { toHex } from "../../packages/vm/src/hash.ts";
import { run } from "../../packages/vm/src/interpreter.ts";
import type { Request } from "../../packages/vm/src/request.ts";
import { tensorOfWords } from "../../packages/vm/src/tensor.ts";
import { Part } from "../../packages/vm/src/stepEvaluator.ts";
import { Random } from "../../packages/vm/src/testing/random.ts";
import { placesOf, stepsAt } from "../../packages/vm/src/testing/steps.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import { WitnessMaker } from "../../packages/vm/src/witness.ts";
import { importOnnx, type ImportOptions } from "../../packages/graph/src/index.ts";
import { readHeldOut } from "../../packages/graph/src/testing/digits.ts";
import { deployStepEvaluator } from "../helpers/stepEvaluator.ts";

const random = new Random(Number(process.env.STEP_SEED ?? 3));
const { ask } = await deployStepEvaluator();

const request = (input: Request["inputs"][number], symbol: number, calls: number): Request => ({
  inputs: [input],
  symbols: [symbol],
  seed: 0n,
  calls,
});

const fileOf = (path: string) => readFileSync(new URL(`../../models/${path}`, import.meta.url));

const OPTIONS: Readonly<Record<string, ImportOptions>> = {
  text: JSON.parse(fileOf("text/import.json").toString()) as ImportOptions,
};

const MODELS: Readonly<Record<string, () => Request>> = {
  digits: () => {
    const { images } = readHeldOut(1);
    return request(tensorOfWords(DType.FLOAT32, [1, 1, 8, 8], images.flat().map(fromNumber)), 1, 1);
  },
  sequence: () => request(tensorOfWords(DType.INT64, [1, 3], [1, 2, 3]), 3, 6),
  text: () => request(tensorOfWords(DType.INT64, [1, 2], [9, 20]), 2, 4),
};

describe("step evaluator: real models", () => {
  for (const [name, makeRequest] of Object.entries(MODELS)) {
    it(`computes the steps of the ${name} model`, async function () {
      this.timeout(300_000);
      const { program } = importOnnx(fileOf(`${name}/${name}.onnx`), OPTIONS[name]);
      const result = run(program, makeRequest());
      const trace = new Trace(result);
      const maker = new WitnessMaker(trace);
      const stated = { claim: claimOf(result), traceRoot: trace.root };
      const cases = placesOf(result, random).flatMap((place) =>
        stepsAt(result, stated, place, random).map(({ step, result: expected }) => {
          const { witness } = maker.make(step);
          return { step, witness, expected: toHex(expected), where: JSON.stringify({ ...place, part: step.part }) };
        }),
      );
      const answers = await ask(cases);
      const dearest = new Map<string, number>();
      cases.forEach(({ expected, step, where }, i) => {
        expect(answers[i].result ?? answers[i].error, where).to.equal(expected);
        const kind = Object.keys(Part).find((key) => Part[key as keyof typeof Part] === step.part)!;
        dearest.set(kind, Math.max(dearest.get(kind) ?? 0, answers[i].gasUsed));
      });
      console.log(`      ${cases.length} steps; dearest, gas: ${JSON.stringify(Object.fromEntries(dearest))}`);
    });
  }
});
