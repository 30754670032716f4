/**
 * Every instruction on special words: over vectors, over single words, over lanes that count, and in a reduction; by the
 * interpreter, WebAssembly and generated C of every instruction set that this machine runs.
 *
 * @weight 60
 */
import { assembleProgram, DType, encodeRecord, mapRecord, nameOf, reduceRecord, run, shape, wordsOf } from "@assay/vm";
import { INSTRUCTIONS } from "@assay/vm/isa";
import type { Mnemonic } from "@assay/vm/opcodes";
import type { CodeBuilder, Value } from "@assay/vm/assembler";
import { byteLength, type NodeRecord, type Program, type Request, type Tensor } from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
import { Engine, type EngineOptions } from "./index.ts";
import { eachGeneratedSet } from "./ccode/testing.ts";

/** Elements: whole vectors of every width, four at once, and a rest. */
const COUNT = 83;
const UNIFORM = 5;
const STEPS = 6;
const { FLOAT32, INT64, INT32, UINT8 } = DType;

const SPECIALS: readonly bigint[] = [
  ...[0n, 1n, 2n, 7n, 31n, 32n, 63n, 64n, 127n, 128n, 255n, 32767n, 32768n, 65535n],
  ...[
    -1n,
    -2n,
    -128n,
    -129n,
    -32768n,
    -(2n ** 31n),
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ],
  // As binary32: ±0, subnormals, ±1, halves, what rounds to integers, what leaves 8, 16, 32 and 64 bits, ±∞, NaNs.
  ...[
    0x80000000n,
    0x80000001n,
    0x007fffffn,
    0x00800000n,
    0x3f800000n,
    0xbf800000n,
    0x3f000000n,
    0x40200000n,
    0xbfc00000n,
  ],
  ...[
    0x4b000001n,
    0x4b800001n,
    0x42fe0000n,
    0x43800000n,
    0x46fffe00n,
    0x477fff00n,
    0x4effffffn,
    0x4f000000n,
    0xcf000000n,
  ],
  ...[0x4f7fffffn, 0x4f800000n, 0x5effffffn, 0x5f000000n, 0xdf000000n, 0x5f800000n, 0x7f7fffffn, 0xff7fffffn],
  ...[0x7f800000n, 0xff800000n, 0x7fc00000n, 0xffc12345n, 0x7f800001n],
  // As binary16 and bfloat16, and what rounds to them.
  ...[
    0x03ffn,
    0x0400n,
    0x7bffn,
    0x7c00n,
    0xfc00n,
    0x7e01n,
    0x477fefffn,
    0x477ff000n,
    0x387fffffn,
    0x33000000n,
    0x33000001n,
  ],
];

function words(dtype: DType, random: Random): Tensor {
  const width = byteLength(dtype, 1);
  const data = new Uint8Array(width * COUNT);
  for (let i = 0; i < COUNT; i++) {
    const any = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
    let pattern = random.chance(75) ? random.pick(SPECIALS) : any;
    for (let k = 0; k < width; k++, pattern >>= 8n) data[i * width + k] = Number(pattern & 255n);
  }
  return { dtype, shape: [COUNT], data };
}

/** One instruction over three operands of one type, in every surrounding. */
function exampleOf(name: Mnemonic, dtype: DType, seed: number): { name: string; program: Program; request: Request } {
  const random = new Random(seed);
  const operands = [0, 1, 2].map((index) => ({ kind: "input", index }) as const);
  const arity = INSTRUCTIONS.find((one) => one.name === name)!.reads.length;
  const apply = (code: CodeBuilder, at: (operand: number) => Value): Value =>
    code.op(name, ...Array.from({ length: arity }, (_, i) => at(i)));
  const loads = (code: CodeBuilder, place: Value) => (operand: number) => code.load(operand, place);
  const vector = (result: DType): NodeRecord =>
    mapRecord({ dtype: result, shape: [COUNT], operands }, (code) => apply(code, loads(code, code.linear())));
  const records: NodeRecord[] = [
    vector(INT64),
    vector(FLOAT32),
    mapRecord({ dtype: INT64, shape: [COUNT, UNIFORM], operands }, (code) => apply(code, loads(code, code.index(0)))),
    mapRecord({ dtype: INT64, shape: [COUNT], operands }, (code) =>
      apply(code, (operand) => (operand === 0 ? code.linear() : code.load(operand, code.linear()))),
    ),
    reduceRecord(
      { dtype: INT64, shape: [COUNT - STEPS], operands, extent: STEPS, accumulators: [dtype] },
      {
        init: (code) => [code.load(0, code.linear())],
        step: (code) => {
          const place = code.iadd(code.linear(), code.step());
          return [apply(code, (operand) => (operand === 0 ? code.acc(0) : code.load(operand, place)))];
        },
        final: (code) => code.acc(0),
      },
    ),
  ];
  const inputs = operands.map(() => words(dtype, random));
  const program = assembleProgram({
    prompt: records.map(encodeRecord),
    outputs: [0],
    inputs: inputs.map((input) => ({ dtype, shape: [shape.constant(input.shape[0])] })),
  });
  return { name: `${name} of ${nameOf(dtype)}`, program, request: { inputs, symbols: [], seed: 1n, calls: 1 } };
}

describe("instructions", () => {
  const computing = INSTRUCTIONS.filter(({ code }) => code >= 0x10);
  const examples = computing.flatMap(({ name, reads }, i) => {
    // Wide and narrow operands, floats or integers.
    const dtypes = /[fhb]/.test(reads) ? [FLOAT32, INT64] : [INT64, INT32, UINT8];
    return dtypes.map((dtype, k) => exampleOf(name as Mnemonic, dtype, 4 * i + k));
  });
  let wanted: readonly (readonly unknown[])[] = [];

  before(() => {
    wanted = examples.map(({ program, request }) => tensorsOf(run(program, request)));
  });

  const tensorsOf = (result: ReturnType<typeof run>): unknown[] =>
    Array.from({ length: result.layout.positions(0) }, (_, position) => wordsOf(result.tensor(0, position)));

  function check(options: EngineOptions): void {
    examples.forEach(({ name, program, request }, i) => {
      const found = tensorsOf(new Engine(program, options).run(request));
      found.forEach((tensor, position) =>
        expect(tensor, `${name}, node ${position}`).to.deep.equal(wanted[i][position]),
      );
    });
  }

  it(`${computing.length} by WebAssembly`, () => check({ backend: "wasm" })).timeout(120_000);
  it("by WebAssembly that does not fuse", () => check({ backend: "wasm", emulate: true })).timeout(120_000);
  it("by generated C", () => eachGeneratedSet(examples, check)).timeout(600_000);
});
