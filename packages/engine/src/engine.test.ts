/**
 * The engine's bits on hand-written and random programs: every tensor of every call, whatever computes it.
 * ASSAY_RANDOM_PROGRAMS=15000 compares more.
 *
 * @weight 60
 */
import { isDType, loadWord, run, wordsOf, type Run } from "@assay/vm";
import { randomProgram } from "@assay/vm/testing/randomProgram";
import { tinyPrograms, type Example } from "@assay/vm/testing/tinyPrograms";
import { expect } from "chai";
import { Engine, PlainEngine, type EngineOptions } from "./index.ts";
import { eachGeneratedSet } from "./ccode/testing.ts";

/** Random programs that are compared; the default is what CI runs. */
const PROGRAMS = Number(process.env.ASSAY_RANDOM_PROGRAMS ?? 2000);

/** Of them, those that run with the emulated multiply-add, in generated C, and by two threads, each of which must start. */
const EMULATED = 300;
const COMPILED = Math.ceil(PROGRAMS / 10);
const THREADED = 20;

/** Every element of every tensor of every call, as bits. */
function compare(name: string, ours: Run, reference: Run): void {
  const { layout } = reference;
  for (let call = 0; call < layout.calls; call++) {
    for (let position = 0; position < layout.positions(call); position++) {
      const { dtype, count } = reference.description(call, position);
      const [mine, theirs] = [ours.tensor(call, position), reference.tensor(call, position)];
      expect(isDType(dtype)).to.equal(true);
      for (let element = 0; element < count; element++) {
        const got = loadWord(mine.dtype, mine.data, element);
        const wanted = loadWord(theirs.dtype, theirs.data, element);
        if (got !== wanted)
          expect(got, `${name}: call ${call}, position ${position}, element ${element}`).to.equal(wanted);
      }
      const length = Math.min(mine.data.length, theirs.data.length);
      expect(mine.data.slice(0, length), `${name}: bytes`).to.deep.equal(theirs.data.slice(0, length));
    }
  }
}

/** Everything that a run keeps, and then the outputs alone, whose tensors share memory. */
function both({ name, program, request }: Example, options: EngineOptions = {}): void {
  const reference = run(program, request);
  const engine = new Engine(program, options);
  compare(name, engine.run(request), reference);
  const outputs = engine.infer(request);
  expect(outputs.map(wordsOf), `${name}: outputs`).to.deep.equal(reference.outputs.map(wordsOf));
  engine.close();
}

describe("engine", () => {
  for (const example of tinyPrograms()) it(`gives the interpreter's bits: ${example.name}`, () => both(example));

  it("says of each run what it was asked, though runs of one size share a plan", () => {
    const { program, request } = tinyPrograms()[0];
    const engine = new Engine(program);
    const other = { ...request, inputs: [...request.inputs], seed: request.seed + 1n };
    const runs = [request, other].map((asked) => engine.run(asked));
    expect(runs[0].layout.request).to.equal(request);
    expect(runs[1].layout.request).to.equal(other);
  });

  it(`gives the interpreter's bits on ${PROGRAMS} random programs`, function () {
    this.timeout(600_000);
    for (let seed = 0; seed < PROGRAMS; seed++) both(randomProgram(seed));
  });

  it(`gives the interpreter's bits on ${PROGRAMS} random programs, by the plain executor`, function () {
    this.timeout(600_000);
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const { name, program, request } = randomProgram(seed);
      compare(name, new PlainEngine(program).run(request), run(program, request));
    }
  });

  it("gives the interpreter's bits where the machine does not fuse", () => {
    for (let seed = 0; seed < EMULATED; seed++) both(randomProgram(seed), { emulate: true, backend: "wasm" });
  });

  it("gives the interpreter's bits in generated C, whatever the instruction set", function () {
    this.timeout(600_000);
    const programs = Array.from({ length: COMPILED }, (_, seed) => randomProgram(seed));
    const examples = [...tinyPrograms(), ...programs];
    eachGeneratedSet(examples, (options) => {
      for (const example of examples) both(example, options);
    });
  });

  it("gives the interpreter's bits by two threads", function () {
    this.timeout(120_000);
    for (let seed = 0; seed < THREADED; seed++) both(randomProgram(seed), { threads: 2 });
  });

  it("gives the same bits the second time, from kept kernels", () => {
    for (const { name, program, request } of tinyPrograms()) {
      const engine = new Engine(program);
      const first = engine.run(request);
      compare(name, engine.run(request), first);
    }
  });

  it("computes what follows a tampered tensor from the tampered tensor", () => {
    const { program, request } = tinyPrograms()[0];
    const tamper = (_call: number, position: number, tensor: Run["outputs"][number]): Run["outputs"][number] =>
      position === 0 ? { ...tensor, data: new Uint8Array(tensor.data.length) } : tensor;
    const ours = new Engine(program).run(request, tamper);
    compare("tampered", ours, run(program, request, tamper));
    expect(wordsOf(ours.tensor(0, 0)).every((word) => word === 0)).to.equal(true);
  });
});
