/**
 * The step evaluator's refusals, each by its name: what a liar could bring in place of the right bytes, every piece of it
 * genuine but of another place.
 */
import { expect } from "chai";
import { concat } from "../../../packages/vm/src/bytes.ts";
import { claimOf } from "../../../packages/vm/src/claim.ts";
import { toHex } from "../../../packages/vm/src/hash.ts";
import { encodeHeader } from "../../../packages/vm/src/header.ts";
import { run } from "../../../packages/vm/src/interpreter.ts";
import { assembleProgram } from "../../../packages/vm/src/program.ts";
import { encodeRecord, NO_NODE, recordLeaf, type NodeRecord } from "../../../packages/vm/src/record.ts";
import { mapRecord, reduceRecord } from "../../../packages/vm/src/recordBuilder.ts";
import { DType } from "../../../packages/vm/src/dtype.ts";
import { OPCODE } from "../../../packages/vm/src/opcodes.ts";
import type { Section } from "../../../packages/vm/src/scalarMachine.ts";
import { Part, type Step } from "../../../packages/vm/src/stepEvaluator.ts";
import { commitmentOf, describeTensor, encodeDescription, leafOf, treeOf } from "../../../packages/vm/src/tensor.ts";
import { earlyStop, floats, mostInputs } from "../../../packages/vm/src/testing/tinyPrograms.ts";
import { Trace } from "../../../packages/vm/src/trace.ts";
import { listTree, proofOf, rootOf } from "../../../packages/vm/src/tree.ts";
import { WitnessMaker } from "../../../packages/vm/src/witness.ts";
import { deployStepEvaluator, toStruct } from "../../helpers/stepEvaluator.ts";

const { FLOAT32 } = DType;
const SIZE = 100;

const numbers = (scale: number): number[] => Array.from({ length: SIZE }, (_, i) => scale * (i + 1));
const inputs = [floats([SIZE], numbers(1)), floats([SIZE], numbers(2))];
const params = [3, 4, 5].map((scale) => floats([SIZE], numbers(scale)));
const sum = mapRecord(
  {
    dtype: FLOAT32,
    shape: [SIZE],
    operands: [
      { kind: "input", index: 1 },
      { kind: "parameter", index: 2 },
    ],
  },
  (code) => code.fadd(code.load(0, code.linear()), code.load(1, code.linear())),
);
const total = reduceRecord(
  {
    dtype: FLOAT32,
    shape: [2],
    operands: [{ kind: "node", index: 0 }],
    extent: SIZE,
    accumulators: [FLOAT32],
  },
  {
    init: (code) => [code.constant(0)],
    step: (code) => [code.fadd(code.acc(0), code.load(0, code.step()))],
    final: (code) => code.acc(0),
  },
);
const records = [sum, total].map(encodeRecord);
const floatInput = { dtype: FLOAT32, shape: [{ op: "const", value: SIZE } as const] };
const program = assembleProgram({ prompt: records, params, outputs: [1], inputs: [floatInput, floatInput] });
const result = run(program, { inputs, symbols: [], seed: 7n, calls: 1 });
const trace = new Trace(result);

/** Element 40 of the sum: input 1 and parameter 2, second leaf of four. */
const STEP: Step = {
  claim: claimOf(result),
  traceRoot: trace.root,
  call: 0,
  position: 0,
  element: 40,
  part: Part.VALUE,
  lo: 0,
  hi: 0,
  from: new Uint8Array(32),
};
const TOTAL: Step = { ...STEP, position: 1, element: 1 };

const u16 = (length: number): Uint8Array => Uint8Array.of(length >> 8, length & 255);
const block = (bytes: Uint8Array): Uint8Array => concat(u16(bytes.length), bytes);
/** The parts of the step's witness; any of them may be another's. */
function witness({
  header = program.header,
  record = 0,
  recordPath = 0,
  input = 1,
  param = 2,
  paramPath = 2,
  leaf = 1,
}) {
  const recordTree = listTree(records.map(recordLeaf));
  const paramTree = listTree(params.map((tensor) => commitmentOf(tensor)));
  const read = (tensor: (typeof inputs)[number], way: Uint8Array, leafIndex: number): Uint8Array =>
    concat(
      encodeDescription(describeTensor(tensor)),
      rootOf(treeOf(tensor)),
      way,
      leafOf(tensor, leafIndex),
      ...proofOf(treeOf(tensor), leafIndex),
    );
  return concat(
    block(encodeHeader(header)),
    block(records[record]),
    ...proofOf(recordTree, recordPath),
    read(inputs[input], concat(...inputs.map((tensor) => commitmentOf(tensor))), leaf),
    read(params[param], concat(...proofOf(paramTree, paramPath)), leaf),
  );
}

const { evaluator, ask } = await deployStepEvaluator();
const evaluate = (step: Step, bytes: Uint8Array) => evaluator.evaluate(toStruct(step), toHex(bytes));

function refuses(name: string, bytes: Uint8Array, change: Partial<Step> = {}): Promise<void> {
  return expect(evaluate({ ...STEP, ...change }, bytes)).to.be.revertedWithCustomError(
    evaluator,
    `StepEvaluator_${name}`,
  ) as unknown as Promise<void>;
}

describe("step evaluator: refusals", () => {
  const right = witness({});

  it("takes the right witness, written by hand from the page", async () => {
    const { witness: made, result: expected } = new WitnessMaker(trace).make(STEP);
    expect(toHex(right)).to.equal(toHex(made));
    expect(await evaluate(STEP, right)).to.equal(toHex(expected));
  });

  it("Header: another program's header", () =>
    refuses("Header", witness({ header: { ...program.header, loweringVersion: 99 } })));

  it("Position: a call or a tensor beyond the last", async () => {
    await refuses("Position", right, { call: 1 });
    await refuses("Position", right, { position: 2 });
    await refuses("Position", right, { position: 0xffffffff });
  });

  it("Range: steps of a map, steps in the wrong order, steps beyond the extent", async () => {
    await refuses("Range", right, { part: Part.STEPS });
    await refuses("Range", right, { part: Part.FINAL });
    const { witness: bytes } = new WitnessMaker(trace).make(TOTAL);
    await refuses("Range", bytes, { ...TOTAL, part: Part.STEPS, lo: 3, hi: 2 });
    await refuses("Range", bytes, { ...TOTAL, part: Part.STEPS, lo: 0, hi: SIZE + 1 });
    await refuses("Range", bytes, { ...TOTAL, part: Part.STEPS, lo: 2 ** 40, hi: 2 ** 41 });
  });

  it("Record: another node's record, with its own path", async () => {
    await refuses("Record", witness({ record: 1 }));
    await refuses("Record", witness({ record: 1, recordPath: 1 }));
  });

  it("Inputs: another request's", () => refuses("Inputs", right, { claim: { ...STEP.claim, inputsRoot: trace.root } }));

  it("Path: another input, parameter or leaf, with its own path", async () => {
    await refuses("Path", witness({ input: 0 }));
    await refuses("Path", witness({ param: 1 }));
    await refuses("Path", witness({ param: 1, paramPath: 1 }));
    await refuses("Path", witness({ leaf: 0 }));
    await refuses("Path", right, { element: 20 });
    await refuses("Path", right, { claim: { ...STEP.claim, paramsRoot: trace.root } });
    const { witness: bytes } = new WitnessMaker(trace).make(TOTAL);
    await refuses("Path", bytes, { ...TOTAL, traceRoot: STEP.claim.paramsRoot });
  });

  it("Length: a byte more, a byte less, nothing, a witness that goes on for a step that ends early", async () => {
    await refuses("Length", Uint8Array.of(...right, 0));
    await refuses("Length", right.slice(0, -1));
    await refuses("Length", new Uint8Array(0));
    // Padding needs neither tensor nor leaf.
    await refuses("Length", right, { element: SIZE });
    await refuses("Length", right, { part: Part.SHAPE });
  });

  it("gives 0 for padding, up to the last number an element can have", async () => {
    const head = new WitnessMaker(trace).make({ ...STEP, element: SIZE }).witness;
    for (const element of [SIZE, 127, 2 ** 40, 2n ** 64n - 1n]) {
      const struct = { ...toStruct(STEP), element };
      expect(await evaluator.evaluate(struct, toHex(head))).to.equal(toHex(new Uint8Array(32)));
    }
  });
});

describe("step evaluator: as many inputs as there can be", () => {
  const example = mostInputs();
  const ran = run(example.program, example.request);
  const commitments = example.request.inputs.map((tensor) => commitmentOf(tensor));
  const shown = new Trace(ran);
  const step: Step = { ...STEP, claim: claimOf(ran), traceRoot: shown.root, element: 1 };
  const made = new WitnessMaker(shown).make(step);

  it("reads the last", async () => {
    expect(commitments.length).to.equal(64);
    expect(await evaluate(step, made.witness)).to.equal(toHex(made.result));
  });

  it("refuses other commitments: one changed, two exchanged, one less, one more", async () => {
    const list = concat(...commitments);
    const at = Buffer.from(made.witness).indexOf(list);
    const withList = (other: readonly Uint8Array[]): Uint8Array =>
      concat(made.witness.subarray(0, at), ...other, made.witness.subarray(at + list.length));
    const last = commitments.length - 1;
    expect(withList(commitments)).to.deep.equal(made.witness);
    await refuses("Inputs", withList(commitments.with(1, commitments[0])), step);
    await refuses("Inputs", withList(commitments.with(last, commitments[0])), step);
    await refuses("Inputs", withList(commitments.with(0, commitments[last]).with(last, commitments[0])), step);
    await refuses("Inputs", withList(commitments.slice(1)), step);
    await refuses("Inputs", withList([commitments[0], ...commitments]), step);
  });
});

describe("step evaluator: registers", () => {
  it("reads as 0 what only an earlier, longer section wrote", async () => {
    const long = reduceRecord(
      { dtype: DType.INT32, shape: [1], extent: 3, accumulators: [DType.INT32] },
      {
        init: (code) => [
          code.iadd(code.iadd(code.constant(5), code.constant(6)), code.imul(code.calls(), code.seed(0))),
        ],
        step: (code) => [code.iadd(code.acc(0), code.iadd(code.step(), code.imul(code.step(), code.calls())))],
        final: (code) => code.acc(0),
      },
    );
    const first = long.constants.length;
    const finals: readonly Section[] = [
      // The third register, never written; and the sum of the second and the third, where the first is written.
      { results: [first + 2], code: new Uint8Array(0) },
      { results: [first], code: Uint8Array.of(OPCODE.iadd, first + 1, first + 2, 0) },
    ];
    for (const final of finals) {
      const prompt = [encodeRecord({ ...long, final } as NodeRecord)];
      const program = assembleProgram({ prompt, outputs: [0] });
      const ran = run(program, { inputs: [], symbols: [], seed: 7n, calls: 1 });
      const shown = new Trace(ran);
      const step: Step = { ...STEP, claim: claimOf(ran), traceRoot: shown.root, element: 0 };
      const made = new WitnessMaker(shown).make(step);
      expect(made.result, "twin").to.deep.equal(new Uint8Array(32));
      expect(await evaluate(step, made.witness)).to.equal(toHex(made.result));
    }
  });
});

describe("step evaluator: stops", () => {
  it("gives 0 in a call whose flag says so, and refuses a flag that is not the trace's", async () => {
    const example = earlyStop();
    const honest = run(example.program, example.request);
    const { stop } = example.program.header;
    expect(stop.decode).to.not.equal(NO_NODE);
    const claim = claimOf(honest);
    const flagged = new Trace(honest).withTensor(1, 0, { dtype: DType.BOOL, shape: [1], data: Uint8Array.of(1) });
    const step: Step = { ...STEP, claim, traceRoot: flagged.root, call: 1, position: 1, element: 0 };
    const made = new WitnessMaker(flagged).make(step);
    expect(await evaluate(step, made.witness)).to.equal(toHex(new Uint8Array(32)));
    await refuses("Path", made.witness, { ...step, traceRoot: new Trace(honest).root });
    // The flag itself is proven false.
    const flag: Step = { ...step, position: 0 };
    const [answer] = await ask([{ step: flag, witness: new WitnessMaker(flagged).make(flag).witness }]);
    expect(answer.result).to.equal(toHex(new Uint8Array(32)));
  });
});
