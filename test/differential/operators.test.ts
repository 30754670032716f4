/**
 * Every operator three times: the reference interpreter, the engine on every element (WebAssembly, then generated C), and the
 * chain on a seeded sample of elements and steps. Inputs are those of the operator's cases, then wild ones: any bit pattern, special values most of all.
 * OPERATORS_SEED sets the seed.
 *
 * @weight 150
 */
import { expect } from "chai";
import { claimOf } from "../../packages/vm/src/claim.ts";
import { byteLength, DType } from "../../packages/vm/src/dtype.ts";
import { toHex } from "../../packages/vm/src/hash.ts";
import { run, type Run } from "../../packages/vm/src/interpreter.ts";
import { accumulatorsAt } from "../../packages/vm/src/snapshot.ts";
import { Part, type Step } from "../../packages/vm/src/stepEvaluator.ts";
import { countOf, makeTensor, type Tensor } from "../../packages/vm/src/tensor.ts";
import { leftAligned, storedBytes, type ElementPlace } from "../../packages/vm/src/testing/steps.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import { WitnessMaker } from "../../packages/vm/src/witness.ts";
import { Engine } from "../../packages/engine/src/index.ts";
import { compileKernels, generatedOptions, generatedSets } from "../../packages/engine/src/ccode/testing.ts";
import { importOnnx, OPERATORS } from "../../packages/graph/src/index.ts";
import type { OperatorCase } from "../../packages/graph/src/testing/case.ts";
import { modelOf, tensorOf } from "../../packages/graph/src/testing/caseModel.ts";
import { CASES } from "../../packages/graph/src/testing/operatorCases.ts";
import { Random } from "../../packages/graph/src/testing/random.ts";
import { deployStepEvaluator, type Question } from "../helpers/stepEvaluator.ts";

const SEED = Number(process.env.OPERATORS_SEED ?? 11);
/** Places of each run that the chain computes too. */
const SAMPLES = 3;
/** Most steps of a reduction in one question. */
const MOST_STEPS = 24;
const { ask } = await deployStepEvaluator();

/** Patterns that find wrong kernels: zeros, subnormals, infinities, NaNs, the ends of the integers. */
const PATTERNS: Readonly<Partial<Record<DType, readonly bigint[]>>> = {
  [DType.FLOAT32]: [
    0n,
    0x80000000n,
    1n,
    0x80000001n,
    0x007fffffn,
    0x00800000n,
    0x7f7fffffn,
    0xff7fffffn,
    0x7f800000n,
    0xff800000n,
    0x7fc00000n,
    0xffc12345n,
    0x3f800000n,
    0xbf800000n,
    0x3f000000n,
    0x40200000n,
    0x42b17218n,
    0x4b800001n,
  ],
  [DType.FLOAT16]: [0n, 0x8000n, 1n, 0x8001n, 0x03ffn, 0x0400n, 0x7bffn, 0x7c00n, 0xfc00n, 0x7e00n, 0xfe01n, 0x3c00n],
  [DType.BFLOAT16]: [0n, 0x8000n, 1n, 0x007fn, 0x0080n, 0x7f7fn, 0x7f80n, 0xff80n, 0x7fc0n, 0xffc1n, 0x3f80n],
};

/** A tensor of random patterns: half of them special, a quarter near 1, the rest anything. */
function wild(dtype: DType, shape: readonly number[], random: Random): Tensor {
  const tensor = makeTensor(dtype, shape);
  const { data } = tensor;
  const width = byteLength(dtype, 2) / 2;
  if (width < 1) {
    for (let i = 0; i < data.length; i++) data[i] = random.below(256);
    return tensor;
  }
  const bits = BigInt(8 * width);
  const ends = [0n, 1n, 2n, -1n, 1n << (bits - 1n), (1n << (bits - 1n)) - 1n];
  const special = PATTERNS[dtype] ?? ends;
  const near = (): bigint => {
    if (dtype === DType.FLOAT32)
      return BigInt(0x3f000000 + random.below(0x01800000)) | (BigInt(random.below(2)) << 31n);
    return BigInt(random.below(8));
  };
  for (let i = 0; i < countOf(shape); i++) {
    const kind = random.below(4);
    const any = (BigInt(random.bits()) << 32n) | BigInt(random.bits());
    let pattern = BigInt.asUintN(Number(bits), kind < 2 ? random.pick(special) : kind === 2 ? near() : any);
    for (let k = 0; k < width; k++, pattern >>= 8n) data[i * width + k] = Number(pattern & 255n);
  }
  return tensor;
}

/** Every tensor, bit by bit. */
function sameBits(engine: Run, reference: Run): void {
  const { layout } = reference;
  for (let position = 0; position < layout.positions(0); position++) {
    const [a, b] = [engine.tensor(0, position), reference.tensor(0, position)];
    const length = byteLength(b.dtype, layout.description(0, position).count);
    expect(a.dtype, `type of tensor ${position}`).to.equal(b.dtype);
    expect(hex(a, length), `engine, tensor ${position}`).to.equal(hex(b, length));
  }
}

/** The first bytes of a tensor's data; what is not there is zeros. */
function hex({ data }: Tensor, length: number): string {
  const bytes = Buffer.alloc(length);
  bytes.set(data.subarray(0, length));
  return bytes.toString("hex");
}

interface Asked extends Question {
  readonly expected: string;
  readonly where: string;
}

/** A sample of places of a run as questions for the chain. */
function questions(result: Run, random: Random, where: string): Asked[] {
  const trace = new Trace(result);
  const maker = new WitnessMaker(trace);
  const stated = { claim: claimOf(result), traceRoot: trace.root };
  const filled = Array.from({ length: result.layout.positions(0) }, (_, position) => position).filter(
    (position) => result.layout.description(0, position).count > 0,
  );
  if (filled.length === 0) return [];
  return Array.from({ length: SAMPLES }, () => {
    const position = random.pick(filled);
    const element = random.below(result.layout.description(0, position).count);
    const place = { call: 0, position, element };
    const { step, expected } = stepAt(
      result,
      { ...stated, ...place, lo: 0, hi: 0, from: new Uint8Array(32) },
      place,
      random,
    );
    const { witness } = maker.make(step);
    return {
      step,
      witness,
      expected: toHex(expected),
      where: `${where}: ${JSON.stringify({ ...place, part: step.part })}`,
    };
  });
}

/** The element; or of a reduction that is long, a few of its steps or its final. */
function stepAt(
  result: Run,
  plain: Omit<Step, "part">,
  place: ElementPlace,
  random: Random,
): { step: Step; expected: Uint8Array } {
  const { layout } = result;
  const geometry = layout.geometry(0, place.position);
  const value = leftAligned(storedBytes(result, place));
  const whole = { step: { ...plain, part: Part.VALUE }, expected: value };
  if (!geometry.valid || geometry.record.kind !== "reduce") return whole;
  const { extent } = geometry;
  const snapshots = (...at: number[]) =>
    accumulatorsAt(result, 0, place.position, place.element, at).map((bytes) => leftAligned(bytes));
  switch (random.below(extent <= MOST_STEPS ? 3 : 2)) {
    case 0: {
      const lo = random.below(extent + 1);
      const hi = lo + random.below(Math.min(MOST_STEPS, extent - lo) + 1);
      const [from, expected] = snapshots(lo, hi);
      return { step: { ...plain, part: Part.STEPS, lo, hi, ...(lo > 0 && { from }) }, expected };
    }
    case 1: {
      const [from] = snapshots(extent);
      return { step: { ...plain, part: Part.FINAL, from }, expected: value };
    }
    default:
      return whole;
  }
}

/** Every run, for generated C is compiled for all of them at once. */
const seen: { readonly where: string; readonly reference: Run }[] = [];

/** The runs of a case: its own inputs, and wild ones. */
function runsOf(domain: string, operator: string, test: OperatorCase, random: Random): Run[] {
  const tensors = test.inputs.map((input) => input && tensorOf(input, random));
  const { bytes, inputs } = modelOf(operator, test, tensors, "fixed", [], domain);
  const { program } = importOnnx(bytes);
  const engine = new Engine(program);
  const own = inputs.map(([, tensor]) => tensor);
  const all = own.length === 0 ? [own] : [own, own.map(({ dtype, shape }) => wild(dtype, shape, random))];
  return all.map((given) => {
    const request = { inputs: given, symbols: [], seed: 0n, calls: 1 };
    const reference = run(program, request);
    sameBits(engine.run(request), reference);
    return reference;
  });
}

describe("operators: interpreter, engine and chain", () => {
  for (const { name, domain = "" } of OPERATORS) {
    it(domain === "" ? name : `${domain}.${name}`, async function () {
      this.timeout(300_000);
      const cases = CASES[domain]?.[name] ?? [];
      expect(cases.length, "cases").to.be.greaterThan(0);
      const random = new Random(SEED);
      const asked: Asked[] = [];
      for (const [number, test] of cases.entries()) {
        try {
          for (const [kind, result] of runsOf(domain, name, test, random).entries()) {
            const where = `case ${number}, ${["own", "wild"][kind]} inputs`;
            asked.push(...questions(result, random, where));
            seen.push({ where: `${name}, ${where}`, reference: result });
          }
        } catch (error) {
          if (error instanceof Error) error.message = `case ${number}: ${error.message}`;
          throw error;
        }
      }
      expect(asked.length, "steps for the chain").to.be.greaterThan(0);
      const answers = await ask(asked);
      asked.forEach(({ expected, where }, i) =>
        expect(answers[i].result ?? answers[i].error, where).to.equal(expected),
      );
    });
  }

  it("all of them by generated C", function () {
    this.timeout(600_000);
    const sets = generatedSets();
    if (typeof sets === "string") {
      console.log(`      not run: ${sets}`);
      return;
    }
    // The other sets differ in a header, whose functions packages/engine/src/opcodes.test.ts covers.
    const set = sets.at(-1)!;
    const examples = seen.map(({ reference: { layout } }) => layout);
    compileKernels(set, examples);
    for (const { where, reference } of seen) {
      const { program, request } = reference.layout;
      try {
        sameBits(new Engine(program, generatedOptions(set)).run(request), reference);
      } catch (error) {
        if (error instanceof Error) error.message = `${where}: ${error.message}`;
        throw error;
      }
    }
  });
});
