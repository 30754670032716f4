/**
 * Loads of neighbours and of elements a distance apart, guarded or not, inside their tensor and across its ends: by the
 * interpreter, WebAssembly and generated C of every instruction set that this machine runs.
 */
import {
  assembleProgram,
  DType,
  encodeRecord,
  mapRecord,
  nameOf,
  run,
  shape,
  tensorOfWords,
  wordsOf,
  type Program,
  type Request,
} from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
import { eachGeneratedSet } from "./ccode/testing.ts";
import { Engine, type EngineOptions } from "./index.ts";

/** Rows that are read, elements of each, and elements made of each: whole vectors of every width, four at once, and a rest. */
const ROWS = 3;
const WIDTH = 250;
const COUNT = 83;
const DISTANCES = [1, 2, 3, 5];
/** How far before a row its first load lies. */
const BEFORE = [0, 1, 4];
const { FLOAT32, INT32, UINT8 } = DType;

interface Example {
  readonly name: string;
  readonly program: Program;
  readonly request: Request;
}

/** Element [row, i] is the row's element distance · i - before: 0 outside the row, or whatever lies there. */
function exampleOf(dtype: DType, distance: number, before: number, guarded: boolean): Example {
  const random = new Random(distance * 8 + before);
  const record = mapRecord({ dtype, shape: [ROWS, COUNT], operands: [{ kind: "input", index: 0 }] }, (code) => {
    const place = code.isub(code.imul(code.index(1), code.constant(distance)), code.constant(before));
    const at = code.iadd(code.imul(code.index(0), code.constant(WIDTH)), place);
    if (!guarded) return code.load(0, at);
    return code.load(0, code.select(code.ult(place, code.constant(WIDTH)), at, code.constantInt(-1)));
  });
  const elements = Array.from({ length: ROWS * WIDTH }, () =>
    dtype === UINT8 ? random.below(256) : random.u32() >>> 2,
  );
  const program = assembleProgram({
    prompt: [encodeRecord(record)],
    outputs: [0],
    inputs: [{ dtype, shape: [shape.constant(ROWS), shape.constant(WIDTH)] }],
  });
  const inputs = [tensorOfWords(dtype, [ROWS, WIDTH], elements)];
  const name = `${nameOf(dtype)}, ${distance} apart, ${before} before${guarded ? ", guarded" : ""}`;
  return { name, program, request: { inputs, symbols: [], seed: 0n, calls: 1 } };
}

describe("loads", () => {
  const examples = [FLOAT32, INT32, UINT8].flatMap((dtype) =>
    DISTANCES.flatMap((distance) =>
      BEFORE.flatMap((before) => [true, false].map((guarded) => exampleOf(dtype, distance, before, guarded))),
    ),
  );

  function check(options: EngineOptions): void {
    for (const { name, program, request } of examples) {
      const wanted = wordsOf(run(program, request).tensor(0, 0));
      expect(wordsOf(new Engine(program, options).run(request).tensor(0, 0)), name).to.deep.equal(wanted);
    }
  }

  it(`${examples.length} by WebAssembly`, () => check({ backend: "wasm" }));
  it("by generated C", () => eachGeneratedSet(examples, check)).timeout(600_000);
});
