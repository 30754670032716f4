import { expect } from "chai";
import { DType } from "./dtype.ts";
import {
  decodeHeader,
  encodeHeader,
  HeaderError,
  listOfCall,
  MAX_INPUTS,
  positionsOfCall,
  type ProgramHeader,
} from "./header.ts";
import { programRoot } from "./program.ts";
import { keccak } from "./hash.ts";
import { NO_NODE } from "./record.ts";
import { shape } from "./shapeExpression.ts";
import { randomProgram } from "./testing/randomProgram.ts";
import { earlyStop, tinyPrograms } from "./testing/tinyPrograms.ts";

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const HEADER: ProgramHeader = {
  loweringVersion: 3,
  counts: { prompt: 4, decode: 5, epilogue: 2 },
  roots: { prompt: hash(1), decode: hash(2), epilogue: hash(3) },
  parameterCount: 7,
  outputs: [1, 0],
  stop: { prompt: 3, decode: NO_NODE },
  calls: { least: 2, greatest: 100 },
  tokenizer: hash(4),
  chatTemplate: hash(5),
  labels: hash(6),
  symbols: [{ least: 1, greatest: 9 }],
  inputs: [{ dtype: DType.INT64, shape: [shape.symbol(0), shape.constant(300)] }],
};

describe("header", () => {
  it("lies at the offsets of the format", () => {
    const bytes = encodeHeader(HEADER);
    const view = new DataView(bytes.buffer);
    expect(bytes[0]).to.equal(3);
    expect([view.getUint16(1), view.getUint16(3)]).to.deep.equal([1, 3]);
    expect([5, 9, 13].map((at) => view.getUint32(at))).to.deep.equal([4, 5, 2]);
    expect([bytes[17], bytes[49], bytes[81]]).to.deep.equal([1, 2, 3]);
    expect(view.getUint32(113)).to.equal(7);
    expect(bytes[117]).to.equal(2);
    expect([118, 122, 126].map((at) => view.getUint32(at))).to.deep.equal([1, 0, 0]);
    expect([150, 154, 158, 162].map((at) => view.getUint32(at))).to.deep.equal([3, NO_NODE, 2, 100]);
    expect([bytes[166], bytes[198], bytes[230], bytes[262]]).to.deep.equal([4, 5, 6, 1]);
    expect([view.getUint32(263), view.getUint32(267), bytes[271], bytes[272], bytes[273]]).to.deep.equal([
      1, 9, 1, 7, 2,
    ]);
    expect(bytes.length).to.equal(274 + 3 + 6);
  });

  it("comes back from its bytes, and hashes to the program root", () => {
    expect(decodeHeader(encodeHeader(HEADER))).to.deep.equal(HEADER);
    for (const { program } of [...tinyPrograms(), ...Array.from({ length: 50 }, (_, seed) => randomProgram(seed))]) {
      expect(decodeHeader(encodeHeader(program.header))).to.deep.equal(program.header);
      expect(programRoot(program)).to.deep.equal(keccak(encodeHeader(program.header)));
    }
  });

  it("refuses what breaks a rule, and names the field", () => {
    const refuses = (field: string, change: Partial<ProgramHeader>): void => {
      const broken = { ...HEADER, ...change };
      expect(() => encodeHeader(broken), field)
        .to.throw(HeaderError)
        .that.includes({ field });
    };
    const { counts, stop } = HEADER;
    const once = { least: 1, greatest: 1 };
    refuses("counts.prompt", { counts: { ...counts, prompt: 0 } });
    refuses("counts.epilogue", { counts: { ...counts, epilogue: 0 } });
    refuses("counts.decode", { counts: { ...counts, decode: 2 ** 16 + 1 } });
    refuses("parameterCount", { parameterCount: 2 ** 16 + 1 });
    refuses("outputCount", { outputs: [] });
    refuses("outputCount", { outputs: Array.from({ length: 9 }, () => 0) });
    refuses("outputs[1]", { outputs: [1, 2] });
    refuses("stop.prompt", { stop: { ...stop, prompt: 4 } });
    refuses("stop.decode", { stop: { ...stop, decode: 5 } });
    refuses("calls", { calls: { least: 0, greatest: 5 } });
    refuses("calls", { calls: { least: 3, greatest: 2 } });
    refuses("calls", { calls: { least: 2, greatest: 2 ** 20 + 1 } });
    refuses("calls", { calls: { least: 1, greatest: 5 } });
    refuses("calls", { counts: { ...counts, decode: 0 }, calls: { least: 2, greatest: 3 } });
    refuses("calls", { counts: { prompt: 4, decode: 0, epilogue: 0 } });
    refuses("symbols", { symbols: Array.from({ length: 9 }, () => once) });
    refuses("symbols[0]", { symbols: [{ least: 2, greatest: 1 }] });
    refuses("inputs", { inputs: Array.from({ length: MAX_INPUTS + 1 }, () => ({ dtype: DType.BOOL, shape: [] })) });
    refuses("inputs[0].rank", { inputs: [{ dtype: DType.BOOL, shape: Array.from({ length: 9 }, () => shape.call) }] });
    refuses("inputs[0].shape", { inputs: [{ dtype: DType.BOOL, shape: [shape.call] }] });
  });

  it("declares up to 64 inputs", () => {
    expect(MAX_INPUTS).to.equal(64);
    const header = { ...HEADER, inputs: Array.from({ length: 64 }, () => HEADER.inputs[0]) };
    expect(decodeHeader(encodeHeader(header))).to.deep.equal(header);
  });

  it("refuses bytes that are no header", () => {
    const bytes = encodeHeader(HEADER);
    const refuses = (field: string, changed: Uint8Array): void => {
      expect(() => decodeHeader(changed), field)
        .to.throw(HeaderError)
        .that.includes({ field });
    };
    const at = (offset: number, value: number): Uint8Array => {
      const changed = bytes.slice();
      changed[offset] = value;
      return changed;
    };
    refuses("tag", at(0, 2));
    refuses("format", at(2, 2));
    refuses("outputCount", at(117, 9));
    refuses("outputs", at(129, 1));
    refuses("symbols", at(262, 9));
    refuses("inputs", at(271, MAX_INPUTS + 1));
    refuses("inputs[0].dtype", at(272, 0));
    refuses("inputs[0].rank", at(273, 9));
    refuses("inputs[0].shape", at(274, 9));
    refuses("length", new Uint8Array(4097));
    refuses("end", Uint8Array.of(...bytes, 0));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeHeader(bytes.subarray(0, length)), `${length} bytes`).to.throw(HeaderError);
    }
  });

  it("gives each call its list", () => {
    const lists = Array.from({ length: 4 }, (_, call) => listOfCall(HEADER, call, 4));
    expect(lists).to.deep.equal(["prompt", "decode", "decode", "epilogue"]);
    expect([0, 1, 3].map((call) => positionsOfCall(HEADER, call, 4))).to.deep.equal([4, 6, 2]);
    const { header } = earlyStop().program;
    expect(listOfCall(header, 1, 2)).to.equal("epilogue");
  });
});
