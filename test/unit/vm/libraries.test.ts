/**
 * The step evaluator's libraries, one by one, against their twins: shape expressions, headers, records, elements, trees
 * and the claim's hash, on random bytes and on well-formed ones damaged a little. VM_SEED sets the seed.
 */
import { expect } from "chai";
import { claimHash } from "../../../packages/vm/src/claim.ts";
import { ByteReader, ByteWriter } from "../../../packages/vm/src/bytes.ts";
import { bitsOf, DType, isDType, loadWord, storeWord } from "../../../packages/vm/src/dtype.ts";
import { decodeHeader, encodeHeader, HeaderError, type ProgramHeader } from "../../../packages/vm/src/header.ts";
import { fromHex, toHex } from "../../../packages/vm/src/hash.ts";
import { decodeRecord, encodeRecord, geometryOf } from "../../../packages/vm/src/record.ts";
import { packSymbols } from "../../../packages/vm/src/request.ts";
import {
  decodeShape,
  encodeShape,
  evaluateShape,
  shape,
  ShapeExpressionError,
  usesCall,
  type ShapeExpression,
} from "../../../packages/vm/src/shapeExpression.ts";
import { packShape } from "../../../packages/vm/src/tensorShape.ts";
import { Random } from "../../../packages/vm/src/testing/random.ts";
import { randomProgram } from "../../../packages/vm/src/testing/randomProgram.ts";
import { depthOf } from "../../../packages/vm/src/tree.ts";
import { unsignedOf } from "../../../packages/vm/src/word.ts";
import { deployStepEvaluator, toStruct } from "../../helpers/stepEvaluator.ts";

const random = new Random(Number(process.env.VM_SEED ?? 5));
const { ethers, harness } = await deployStepEvaluator();

const SYMBOLS = [0, 1, 3, 128, 65_535, 0xffffffff, 7, 200];
const CALL = 11;
const MALFORMED = 2n ** 256n - 1n;

/** `bytes` with one of: a bit flipped, its end cut off, a byte more, a byte of another value. */
function damaged(bytes: Uint8Array, from = 0): Uint8Array {
  const place = random.between(from, bytes.length - 1);
  switch (random.below(4)) {
    case 0:
      return bytes.slice(0, place);
    case 1:
      return Uint8Array.of(...bytes, random.below(256));
    case 2:
      return bytes.map((byte, i) => (i === place ? random.below(256) : byte));
    default:
      return bytes.map((byte, i) => (i === place ? byte ^ (1 << random.below(8)) : byte));
  }
}

describe("shape expressions on chain", () => {
  const CODES = [0, 1, 2, 3, 4, 5, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0xff];

  function randomExpression(depth: number): ShapeExpression {
    if (depth === 0 || random.chance(20)) {
      const leaf = random.below(4);
      if (leaf === 0) return shape.call;
      if (leaf === 1) return shape.symbol(random.below(8));
      return shape.constant(random.pick([0, 1, 2, random.below(300), random.u32(), 2 ** 36, 2 ** 48 - 1]));
    }
    const op = random.pick(["add", "sub", "mul", "div", "ceilDiv", "rem", "min", "max"] as const);
    return { op, left: randomExpression(depth - 1), right: randomExpression(depth - 1) };
  }

  const well = Array.from({ length: 400 }, () => encodeShape(randomExpression(random.below(5))));
  const all = [
    ...well,
    ...well.map((bytes) => damaged(bytes)),
    ...Array.from({ length: 400 }, () => Uint8Array.from({ length: random.below(14) }, () => random.pick(CODES))),
    Uint8Array.of(...Array.from({ length: 8 }, () => [1, 1]).flat(), ...new Array<number>(7).fill(0x10), 0),
    Uint8Array.of(...Array.from({ length: 9 }, () => [1, 1]).flat(), ...new Array<number>(8).fill(0x10), 0),
  ];

  /** The value, and whether the call stands in it; nothing where the bytes are not one expression. */
  function twin(bytes: Uint8Array): [bigint, boolean] | undefined {
    try {
      const reader = new ByteReader(bytes);
      const expression = decodeShape(reader);
      return reader.done ? [BigInt(evaluateShape(expression, SYMBOLS, CALL)), usesCall(expression)] : undefined;
    } catch (error) {
      if (!(error instanceof ShapeExpressionError)) throw error;
      return undefined;
    }
  }

  it(`give the value of ${all.length} byte strings, or refuse them`, async () => {
    const [values, calls] = await harness.expressions(all.map(toHex), packSymbols(SYMBOLS), CALL);
    let valid = 0;
    all.forEach((bytes, i) => {
      const expected = twin(bytes);
      expect(values[i], toHex(bytes)).to.equal(expected?.[0] ?? MALFORMED);
      if (!expected) return;
      expect(calls[i], toHex(bytes)).to.equal(expected[1]);
      valid++;
    });
    expect(valid).to.be.within(420, all.length - 300);
  });
});

describe("program headers on chain", () => {
  const headers = Array.from({ length: 40 }, (_, seed) => encodeHeader(randomProgram(seed).program.header));

  function isValid(bytes: Uint8Array): boolean {
    try {
      decodeHeader(bytes);
      return true;
    } catch (error) {
      if (!(error instanceof HeaderError)) throw error;
      return false;
    }
  }

  it("are valid or not as off chain, also when damaged", async () => {
    const all = [
      ...headers,
      ...headers.flatMap((header) => Array.from({ length: 12 }, () => damaged(header))),
      // The roots and addresses, most of the bytes, are free; the rest is what rules are about.
      ...headers.flatMap((header) => Array.from({ length: 12 }, () => damaged(header, 262))),
      ...headers.flatMap((header) =>
        Array.from({ length: 24 }, () => {
          const place = random.pick([random.below(17), random.between(113, 165)]);
          return header.map((byte, i) => (i === place ? random.pick([0, 1, 2, 3, 255, random.below(256)]) : byte));
        }),
      ),
    ];
    const valid: boolean[] = [];
    for (let i = 0; i < all.length; i += 200)
      valid.push(...(await harness.validHeaders(all.slice(i, i + 200).map(toHex))));
    all.forEach((header, i) => expect(valid[i], toHex(header)).to.equal(isValid(header)));
    expect(valid.filter((holds) => holds).length).to.be.within(60, all.length - 300);
  });

  it("keep every bound on numbers of nodes, parameters and calls", async () => {
    const { header } = randomProgram(3).program;
    const base: ProgramHeader = {
      ...header,
      counts: { prompt: 1, decode: 1, epilogue: 1 },
      outputs: [0],
      stop: { prompt: 0, decode: 0xffffffff },
      calls: { least: 2, greatest: 9 },
    };
    const bytes = encodeHeader(base);
    const cases: [offset: number, value: number, valid: boolean][] = [
      [5, 0x10000, true],
      [5, 0x10001, false],
      [5, 0, false],
      [9, 0x10000, true],
      [9, 0x10001, false],
      [13, 0x10001, false],
      [13, 0, false],
      [113, 0x10000, true],
      [113, 0x10001, false],
      [118, 1, false],
      [122, 1, false],
      [150, 1, false],
      [154, 0, true],
      [158, 1, false],
      [158, 10, false],
      [162, 0x100000, true],
      [162, 0x100001, false],
    ];
    const changed = cases.map(([offset, value]) => {
      const writer = new ByteWriter()
        .put(bytes.subarray(0, offset))
        .u32(value)
        .put(bytes.subarray(offset + 4));
      return writer.bytes;
    });
    const valid: boolean[] = await harness.validHeaders(changed.map(toHex));
    cases.forEach(([offset, value, expected], i) => {
      expect(valid[i], `${value} at ${offset}`).to.equal(expected);
      expect(isValid(changed[i]), `${value} at ${offset}`).to.equal(expected);
    });
  });

  it("declare at most 64 inputs", async () => {
    const { header } = randomProgram(3).program;
    const declaring = (inputs: number): Uint8Array => {
      const bytes = encodeHeader({ ...header, inputs: [] });
      const writer = new ByteWriter().put(bytes.subarray(0, bytes.length - 1)).u8(inputs);
      for (let i = 0; i < inputs; i++) writer.u8(DType.FLOAT32).u8(0);
      return writer.bytes;
    };
    const headers = [64, 65, 255].map(declaring);
    expect(await harness.validHeaders(headers.map(toHex))).to.deep.equal([true, false, false]);
    expect(headers.map(isValid)).to.deep.equal([true, false, false]);
  });

  it("are at most 4,096 bytes long", async () => {
    const padded = (terms: number): Uint8Array => {
      const { header } = randomProgram(3).program;
      const bytes = encodeHeader({ ...header, inputs: [] });
      const writer = new ByteWriter()
        .put(bytes.subarray(0, bytes.length - 1))
        .u8(1)
        .u8(1)
        .u8(1)
        .u8(1)
        .u8(0);
      for (let i = 0; i < terms; i++) writer.u8(1).u8(1).u8(0x10);
      return writer.u8(0).bytes;
    };
    const long = padded(2000);
    const terms = Math.floor((4096 - (long.length - 6000)) / 3);
    expect(await harness.validHeaders([padded(terms), padded(terms + 1)].map(toHex))).to.deep.equal([true, false]);
    expect([padded(terms), padded(terms + 1)].map(isValid)).to.deep.equal([true, false]);
  });
});

describe("node records on chain", () => {
  it("have the same shape as off chain, also when damaged", async () => {
    const records = Array.from({ length: 60 }, (_, seed) => randomProgram(seed).program).flatMap(
      ({ prompt, decode, epilogue }) => [...prompt, ...decode, ...epilogue],
    );
    const all = [
      ...records,
      ...records.filter(({ length }) => length > 0).flatMap((bytes) => Array.from({ length: 6 }, () => damaged(bytes))),
      ...Array.from({ length: 200 }, () => random.bytes(random.below(40))),
    ];
    let valid = 0;
    for (let i = 0; i < all.length; i += 200) {
      const batch = all.slice(i, i + 200);
      const shapes = await harness.shapes(batch.map(toHex), packSymbols(SYMBOLS), CALL);
      batch.forEach((bytes, index) => {
        const geometry = geometryOf(decodeRecord(bytes), SYMBOLS, CALL, index);
        expect(ethers.toBeHex(shapes[index], 32), toHex(bytes)).to.equal(toHex(packShape(geometry)));
        if (geometry.valid) valid++;
      });
    }
    expect(valid).to.be.within(records.length, all.length - 500);
  });

  it("may have 256 registers and 4,096 bytes, not more", async () => {
    const record = (constants: number, instructions: number, padding: number): Uint8Array => {
      const section = (results: number) => ({
        results: new Uint8Array(results),
        code: new Uint8Array(4 * instructions),
      });
      // 4-byte constants in an extent: five bytes each, and an operation.
      const extent = Array.from({ length: padding }).reduce<ShapeExpression>(
        (sum) => ({ op: "add", left: sum, right: shape.constant(0x10000) }),
        shape.constant(1),
      );
      return encodeRecord({
        kind: "reduce",
        dtype: DType.FLOAT32,
        shape: [],
        operands: [],
        constants: new Array<number>(constants).fill(0),
        extent,
        accumulators: [DType.FLOAT32],
        init: section(1),
        step: section(1),
        final: section(1),
      });
    };
    const all = [
      record(0, 255, 0),
      record(1, 255, 0),
      record(2, 255, 0),
      record(255, 1, 0),
      record(255, 2, 0),
      record(0, 255, 169),
      record(0, 255, 170),
      record(0, 255, 171),
    ];
    const shapes = await harness.shapes(all.map(toHex), 0, 0);
    const valid = all.map((bytes, i) => {
      const geometry = geometryOf(decodeRecord(bytes), [], 0, i);
      expect(ethers.toBeHex(shapes[i], 32)).to.equal(toHex(packShape(geometry)));
      return geometry.valid;
    });
    expect(valid.slice(0, 5)).to.deep.equal([true, true, false, true, false]);
    expect(valid.slice(5)).to.deep.equal(all.slice(5).map(({ length }) => length <= 4096));
    expect(new Set(valid.slice(5)).size).to.equal(2);
  });
});

describe("elements on chain", () => {
  it("have the widths of their types, and no other code has one", async () => {
    const widths = await harness.widths();
    widths.forEach((width, code) => expect(width).to.equal(BigInt(isDType(code) ? bitsOf(code) : 0)));
  });

  for (const [name, dtype] of Object.entries(DType)) {
    it(`${name.toLowerCase()}: load and store as off chain`, async () => {
      const patterns = [0, 1, 0x7f, 0x80, 0xff, 0x7fc1, 0xff80, 0x7f80, 0x7c01, 0xfc00, 0x8000];
      const bytes = new ByteWriter().put(random.bytes(512));
      for (const high of patterns) for (const low of patterns) bytes.put(Uint8Array.of(low, low >> 8, high, high >> 8));
      const data = bytes.bytes;
      const count = (data.length * 8) / bitsOf(dtype);
      const [loaded, stored] = await harness.words(dtype, toHex(data), Math.floor(count));
      loaded.forEach((word, i) => {
        const expected = loadWord(dtype, data, i);
        expect(word, `element ${i}`).to.equal(BigInt.asUintN(256, BigInt.asIntN(64, unsignedOf(expected))));
        const alone = new Uint8Array(32);
        storeWord(dtype, expected, alone, 0);
        expect(stored[i], `element ${i}`).to.equal(toHex(alone));
      });
    });
  }
});

describe("trees and claims on chain", () => {
  it("have the same depths", async () => {
    const counts = Array.from({ length: 41 }, (_, k) => [2 ** k - 1, 2 ** k, 2 ** k + 1]).flat();
    expect(await harness.depths(counts)).to.deep.equal(counts.map((count) => BigInt(depthOf(count))));
  });

  it("have the same claim hash", async () => {
    const claim = {
      programRoot: random.bytes(32),
      paramsRoot: random.bytes(32),
      inputsRoot: random.bytes(32),
      outputsRoot: random.bytes(32),
      seed: random.word256(),
      symbols: packSymbols(SYMBOLS),
      calls: 77,
    };
    const holder = await harness.getAddress();
    const { chainId } = await ethers.provider.getNetwork();
    const place = { traceRoot: new Uint8Array(32), call: 0, position: 0, element: 0, lo: 0, hi: 0 } as const;
    const struct = toStruct({ ...place, claim, part: 0, from: new Uint8Array(32) }).claim;
    expect(await harness.hashClaim(struct, holder)).to.equal(toHex(claimHash(claim, chainId, fromHex(holder))));
  });
});
