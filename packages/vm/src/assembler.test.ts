import { expect } from "chai";
import { AssemblyError, CodeBuilder, ConstantPool, type AssemblyErrorCode } from "./assembler.ts";
import { disassemble } from "./disassembler.ts";
import { fromNumber } from "./float32.ts";
import { OPCODE } from "./opcodes.ts";
import { execute, run, type ScalarContext } from "./scalarMachine.ts";

const CONTEXT: ScalarContext = {
  coordinates: [1, 2],
  linear: 12,
  extents: [3, 10],
  symbols: [],
  call: 0,
  calls: 1,
  seed: 0n,
  step: 0,
  accumulators: [],
  load: (operand, element) => 100 * operand + Number(element),
};

function refusal(action: () => unknown): AssemblyErrorCode | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof AssemblyError) return error.code;
    throw error;
  }
  return undefined;
}

describe("assembler", () => {
  it("puts constants first and resolves values at the end", () => {
    const b = new CodeBuilder();
    const x = b.iadd(b.linear(), b.constantInt(5));
    const section = b.finish([b.imul(x, b.constantInt(7))]);
    expect([...b.pool.seal()]).to.deep.equal([5, 7]);
    expect([...section.code]).to.deep.equal([OPCODE.linear, 0, 0, 0, OPCODE.iadd, 2, 0, 0, OPCODE.imul, 3, 1, 0]);
    expect(section.results).to.deep.equal([4]);
    expect(run(b.pool.seal(), section, CONTEXT)).to.deep.equal([119]);
  });

  it("shares one pool between the sections of a record", () => {
    const pool = new ConstantPool();
    const first = new CodeBuilder(pool);
    const second = new CodeBuilder(pool);
    const shared = first.constantFloat(1);
    const sum = second.fadd(shared, second.constantFloat(2));
    const one = first.finish([first.fneg(shared)]);
    const two = second.finish([sum]);
    expect(run(pool.seal(), one, CONTEXT)).to.deep.equal([fromNumber(-1)]);
    expect(run(pool.seal(), two, CONTEXT)).to.deep.equal([fromNumber(3)]);
  });

  it("reuses identical instructions and drops those that no result needs", () => {
    const b = new CodeBuilder();
    const x = b.load(1, b.linear());
    expect(b.load(1, b.linear())).to.equal(x);
    expect(b.load(2, b.linear())).to.not.equal(x);
    b.fmul(x, x);
    const section = b.finish([x, b.iadd(x, x)]);
    expect(section.code.length).to.equal(12);
    expect(run([], section, CONTEXT)).to.deep.equal([112, 224]);
  });

  it("makes every 64-bit integer", () => {
    for (const n of [
      0n,
      1n,
      0xffffffffn,
      1n << 32n,
      -1n,
      -(1n << 31n),
      -(1n << 31n) - 1n,
      (1n << 64n) - 1n,
      -(1n << 63n),
    ]) {
      const b = new CodeBuilder();
      const section = b.finish([b.constantInt(n)]);
      expect(BigInt(run(b.pool.seal(), section, CONTEXT)[0]), `${n}`).to.equal(BigInt.asIntN(64, n));
    }
  });

  it("refuses what cannot be encoded, by a typed error", () => {
    const long = new CodeBuilder();
    let x = long.linear();
    for (let i = 0; i < 254; i++) x = long.iadd(x, x);
    long.finish([x, long.linear()]);
    expect(refusal(() => long.finish([long.iadd(x, long.iadd(x, x))]))).to.equal("TOO_MANY_REGISTERS");

    const loads = new CodeBuilder();
    let sum = loads.load(0, loads.linear());
    for (let i = 1; i < 9; i++) sum = loads.iadd(sum, loads.load(i, loads.linear()));
    expect(refusal(() => loads.finish([sum]))).to.equal("TOO_MANY_LOADS");
    expect(refusal(() => loads.constant(77))).to.equal("POOL_SEALED");

    const b = new CodeBuilder();
    expect(refusal(() => b.fneg(sum))).to.equal("FOREIGN_VALUE");
    expect(refusal(() => b.finish([sum]))).to.equal("FOREIGN_VALUE");
    expect(refusal(() => b.op("fadd", b.linear()))).to.equal("WRONG_OPERAND");
    expect(refusal(() => b.op("fneg", 3))).to.equal("WRONG_OPERAND");
    expect(refusal(() => b.op("index", b.linear()))).to.equal("WRONG_OPERAND");
    expect(refusal(() => b.index(256))).to.equal("OUT_OF_RANGE");
    expect(refusal(() => b.constant(-1))).to.equal("OUT_OF_RANGE");
    expect(refusal(() => b.constantInt(1n << 64n))).to.equal("OUT_OF_RANGE");
  });
});

describe("disassembler", () => {
  it("writes one line per constant, instruction and result", () => {
    const b = new CodeBuilder();
    const section = b.finish([b.fadd(b.load(0, b.linear()), b.constantFloat(1))]);
    expect(disassemble(b.pool.seal(), section)).to.deep.equal([
      "r0 = constant 0x3f800000 (1)",
      "r1 = linear",
      "r2 = load 0, r1, r0",
      "r3 = fadd r2, r0",
      "result r3",
    ]);
  });

  it("shows the values of a run, floats as pattern and number", () => {
    const b = new CodeBuilder();
    const section = b.finish([b.fmul(b.itof(b.linear()), b.constantFloat(0.5))]);
    const registers = execute(b.pool.seal(), section, CONTEXT);
    expect(disassemble(b.pool.seal(), section, registers).slice(1)).to.deep.equal([
      "r1 = linear  ; 12",
      "r2 = itof r1  ; 0x41400000 (12)",
      "r3 = fmul r2, r0  ; 0x40c00000 (6)",
      "result r3",
    ]);
  });

  it("names unknown opcodes", () => {
    expect(disassemble([], { results: [9], code: Uint8Array.of(0xee, 1, 2, 3) })).to.deep.equal([
      "r0 = unknown 0xee",
      "result r9",
    ]);
  });
});
