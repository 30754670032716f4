import { expect } from "chai";
import { readFileSync } from "node:fs";
import { DType } from "./dtype.ts";
import { keccak } from "./hash.ts";
import {
  decodeRecord,
  encodeRecord,
  geometryOf,
  MAX_COUNT,
  MAX_GROUP_COUNT,
  MAX_GROUP_ROWS,
  MAX_MEMBERS,
  MAX_RECORD_BYTES,
  RECORD_RULES,
  recordLeaf,
  type NodeRecord,
  type RecordRule,
} from "./record.ts";
import { mapRecord, reduceRecord } from "./recordBuilder.ts";
import { shape } from "./shapeExpression.ts";
import { Random } from "./testing/random.ts";
import { randomProgram } from "./testing/randomProgram.ts";

const MAP = mapRecord(
  {
    dtype: DType.FLOAT32,
    shape: [4, shape.symbol(0)],
    operands: [
      { kind: "input", index: 1 },
      { kind: "history", prompt: 2, decode: 3 },
    ],
    group: { start: 5, end: 7 },
  },
  (code) => code.fadd(code.load(0, code.linear()), code.constantFloat(1)),
);
const REDUCE = reduceRecord(
  { dtype: DType.INT8, shape: [], extent: shape.symbol(1), accumulators: [DType.INT32, DType.BOOL] },
  {
    init: (code) => [code.constant(0), code.constant(1)],
    step: (code) => [code.iadd(code.acc(0), code.step()), code.acc(1)],
    final: (code) => code.acc(0),
  },
);

/** Offsets in the bytes of MAP: kind, dtype, flags, group, rank, 4, symbol 0, operands … */
const MAP_OFFSET = { kind: 0, dtype: 1, flags: 2, group: 3, rank: 11, shape: 12, operands: 18, operandKind: 19 };
/** Offsets in the bytes of REDUCE: kind, dtype, flags, rank, operands, symbol 1, accumulators, their types. */
const REDUCE_OFFSET = { extent: 5, accumulators: 8, accumulatorDType: 9 };

function changed(record: NodeRecord, offset: number, value: number): Uint8Array {
  const bytes = encodeRecord(record);
  bytes[offset] = value;
  return bytes;
}

/** A record with so many constants and instructions. */
function longRecord(constants: number, instructions: number): NodeRecord {
  return {
    ...MAP,
    kind: "map",
    constants: Array.from({ length: constants }, () => 0),
    value: { results: [0], code: new Uint8Array(4 * instructions) },
  };
}

/** For each rule that bytes alone can break: bytes that break it, and where. */
const BROKEN: Partial<Record<RecordRule, [Uint8Array, number]>> = {
  length: [new Uint8Array(MAX_RECORD_BYTES + 1), MAX_RECORD_BYTES],
  truncated: [encodeRecord(MAP).slice(0, 17), 17],
  trailing: [Uint8Array.of(...encodeRecord(MAP), 0), encodeRecord(MAP).length],
  kind: [changed(MAP, MAP_OFFSET.kind, 2), MAP_OFFSET.kind],
  dtype: [changed(MAP, MAP_OFFSET.dtype, 8), MAP_OFFSET.dtype],
  flags: [changed(MAP, MAP_OFFSET.flags, 3), MAP_OFFSET.flags],
  group: [changed(MAP, MAP_OFFSET.group, 1), MAP_OFFSET.group],
  rank: [changed(MAP, MAP_OFFSET.rank, 9), MAP_OFFSET.rank],
  expression: [changed(MAP, MAP_OFFSET.shape, 0x18), MAP_OFFSET.shape],
  operands: [changed(MAP, MAP_OFFSET.operands, 17), MAP_OFFSET.operands],
  operandKind: [changed(MAP, MAP_OFFSET.operandKind, 5), MAP_OFFSET.operandKind],
  extentCall: [
    encodeRecord({ ...REDUCE, kind: "reduce", extent: shape.add(shape.call, 1) } as NodeRecord),
    REDUCE_OFFSET.extent,
  ],
  accumulators: [changed(REDUCE, REDUCE_OFFSET.accumulators, 5), REDUCE_OFFSET.accumulators],
  accumulatorDType: [changed(REDUCE, REDUCE_OFFSET.accumulatorDType, 0), REDUCE_OFFSET.accumulatorDType],
  registers: [encodeRecord(longRecord(3, 254)), encodeRecord(longRecord(3, 254)).length - 4 * 254 - 1],
};

/** For each rule that sizes break: dimensions and extent. */
const TOO_LARGE: Partial<Record<RecordRule, NodeRecord>> = {
  dimension: { ...MAP, shape: [shape.constant(MAX_COUNT + 1), shape.constant(0)] },
  extent: { ...REDUCE, extent: shape.constant(MAX_COUNT + 1) } as NodeRecord,
  count: { ...MAP, shape: [shape.constant(2 ** 20), shape.constant(2 ** 17)] },
  groupRows: { ...MAP, group: { start: 3, end: 5 }, shape: [shape.constant(MAX_GROUP_ROWS + 1)] },
  groupCount: { ...MAP, group: { start: 2, end: 4 }, shape: [shape.constant(2), shape.constant(MAX_GROUP_COUNT)] },
  member: MAP,
  members: { ...MAP, group: { start: 3, end: 3 + MAX_MEMBERS + 1 } },
};

describe("record", () => {
  it("comes back from its bytes", () => {
    for (const record of [MAP, REDUCE, longRecord(2, 254), longRecord(255, 1)]) {
      expect(decodeRecord(encodeRecord(record))).to.deep.equal({ valid: true, record });
    }
    for (let seed = 0; seed < 200; seed++) {
      const { program } = randomProgram(seed);
      for (const bytes of [...program.prompt, ...program.decode, ...program.epilogue]) {
        const decoded = decodeRecord(bytes);
        // Constants and sizes of random records are canonical unless damaged; then they are only read.
        if (decoded.valid) expect(decodeRecord(encodeRecord(decoded.record))).to.deep.equal(decoded);
      }
    }
  });

  for (const [rule, law] of Object.entries(RECORD_RULES)) {
    it(`${rule}: ${law}`, () => {
      const broken = BROKEN[rule as RecordRule];
      const large = TOO_LARGE[rule as RecordRule];
      expect(broken ?? large, "a case").to.not.equal(undefined);
      if (broken) expect(decodeRecord(broken[0])).to.deep.equal({ valid: false, rule, offset: broken[1] });
      if (large) expect(geometryOf(decodeRecord(encodeRecord(large)), [], 0, 3)).to.include({ valid: false, rule });
    });
  }

  it("has its rules in the documentation, word for word", () => {
    const page = readFileSync(new URL("../../../docs/program.md", import.meta.url), "utf8");
    const rows = Object.entries(RECORD_RULES).map(([rule, law]) => `| \`${rule}\` | ${law} |`);
    expect(page).to.include(rows.join("\n"));
  });

  it("never throws, whatever the bytes", () => {
    const random = new Random(5);
    for (let i = 0; i < 5000; i++) {
      const bytes = random.chance(50) ? random.bytes(random.below(60)) : encodeRecord(random.pick([MAP, REDUCE]));
      for (let k = random.below(3); k > 0 && bytes.length > 0; k--)
        bytes[random.below(bytes.length)] = random.below(256);
      const decoded = decodeRecord(bytes);
      const { description } = geometryOf(decoded, [3], 1, 9);
      expect(description.count).to.be.within(0, MAX_COUNT);
    }
  });

  it("has the geometry of its symbols and call", () => {
    const geometry = geometryOf(decodeRecord(encodeRecord(MAP)), [6], 0, 5);
    expect(geometry).to.deep.include({
      valid: true,
      dimensions: [4, 6],
      extent: 0,
      description: { dtype: DType.FLOAT32, count: 24, rows: 4, groupStart: 5, groupEnd: 7 },
    });
    const scalar = geometryOf(decodeRecord(encodeRecord(REDUCE)), [0, 9], 0, 8);
    expect(scalar).to.deep.include({
      extent: 9,
      description: { dtype: DType.INT8, count: 1, rows: 1, groupStart: 8, groupEnd: 9 },
    });
    const alone = { ...MAP, group: undefined };
    const limit = { ...alone, shape: [shape.constant(2 ** 18), shape.constant(2 ** 18)] };
    expect(geometryOf(decodeRecord(encodeRecord(limit)), [], 0, 0).description.count).to.equal(MAX_COUNT);
    const empty = { ...alone, shape: [shape.constant(2 ** 36), shape.constant(2 ** 36), shape.constant(0)] };
    expect(geometryOf(decodeRecord(encodeRecord(empty)), [], 0, 0)).to.deep.include({ valid: true });
  });

  it("stands for one zero where it is invalid, also in a group", () => {
    const bytes = Uint8Array.of(...encodeRecord(MAP), 0);
    expect(geometryOf(decodeRecord(bytes), [], 4, 6).description).to.deep.equal({
      dtype: DType.FLOAT32,
      count: 1,
      rows: 1,
      groupStart: 6,
      groupEnd: 7,
    });
  });

  it("has a leaf of 33 bytes", () => {
    const bytes = encodeRecord(MAP);
    expect(recordLeaf(bytes)).to.deep.equal(keccak(Uint8Array.of(0, ...keccak(bytes))));
  });
});
