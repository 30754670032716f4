/**
 * The steps of the committed models, and of models whose caches lie otherwise, on chain as the interpreter computes them: first,
 * last and random elements of every tensor of every call. STEP_SEED sets the seed.
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
import { buildDecoder } from "../../packages/graph/src/testing/decoder.ts";
import { readHeldOut } from "../../packages/graph/src/testing/digits.ts";
import { deployStepEvaluator } from "../helpers/stepEvaluator.ts";

const random = new Random(Number(process.env.STEP_SEED ?? 3));
const { ask } = await deployStepEvaluator();

const fileOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const longs = (...values: number[]) => tensorOfWords(DType.INT64, [1, values.length], values);
const CALLS = { least: 2, greatest: 5 };

interface Case {
  readonly bytes: Uint8Array;
  readonly options?: ImportOptions;
  readonly request: Omit<Request, "seed">;
}

const MODELS: Readonly<Record<string, () => Case>> = {
  digits: () => {
    const { images } = readHeldOut(1);
    const input = tensorOfWords(DType.FLOAT32, [1, 1, 8, 8], images.flat().map(fromNumber));
    return { bytes: fileOf("models/digits/digits.onnx"), request: { inputs: [input], symbols: [1], calls: 1 } };
  },
  sequence: () => ({
    bytes: fileOf("models/sequence/sequence.onnx"),
    request: { inputs: [longs(1, 2, 3)], symbols: [3], calls: 6 },
  }),
  text: () => ({
    bytes: fileOf("models/text/text.onnx"),
    options: JSON.parse(fileOf("models/text/import.json").toString()) as ImportOptions,
    request: { inputs: [longs(9, 20)], symbols: [2], calls: 4 },
  }),
  "combined cache": () => ({
    bytes: buildDecoder(1, { cache: "keys and values in one, keys extended by column" }),
    options: { calls: CALLS },
    request: { inputs: [longs(4, 2)], symbols: [2], calls: 5 },
  }),
  T5: () => {
    const states = tensorOfWords(DType.FLOAT32, [1, 3, 16], new Array<number>(48).fill(fromNumber(0.5)));
    const inputs = [longs(4, 2), longs(1, 1, 1), states];
    const bytes = fileOf("test/vectors/exported/t5.onnx");
    return { bytes, options: { calls: CALLS }, request: { inputs, symbols: [2, 3], calls: 5 } };
  },
};

describe("step evaluator: real models", () => {
  for (const [name, makeCase] of Object.entries(MODELS)) {
    it(`computes the steps of the ${name} model`, async function () {
      this.timeout(300_000);
      const { bytes, options, request } = makeCase();
      const { program } = importOnnx(bytes, options);
      const result = run(program, { ...request, seed: 0n });
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
