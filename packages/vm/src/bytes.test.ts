import { expect } from "chai";
import { ByteReader, ByteWriter, concat, equalBytes, TruncatedError } from "./bytes.ts";
import { fromHex, toHex } from "./hash.ts";
import { Random } from "./testing/random.ts";

describe("bytes", () => {
  it("writes and reads big-endian fields of any width", () => {
    const random = new Random(1);
    for (let i = 0; i < 2000; i++) {
      const value = random.word256() >> BigInt(random.below(257));
      const width = Math.max(1, Math.ceil(value.toString(16).length / 2));
      const padded = new ByteWriter().uint(width + random.below(3), value).bytes;
      expect(BigInt(toHex(padded))).to.equal(value);
      if (value > 255n) expect(() => new ByteWriter().uint(width - 1, value)).to.throw(RangeError);
      if (value <= Number.MAX_SAFE_INTEGER) {
        expect(new ByteWriter().uint(width, Number(value)).bytes).to.deep.equal(
          new ByteWriter().uint(width, value).bytes,
        );
        expect(new ByteReader(padded).uint(padded.length)).to.equal(Number(value));
      }
      expect(new ByteReader(new ByteWriter().u256(value).bytes).u256()).to.equal(value);
    }
    expect(() => new ByteWriter().u8(-1)).to.throw(RangeError);
    expect(() => new ByteWriter().u8(256)).to.throw(RangeError);
    expect(() => new ByteWriter().u32(NaN)).to.throw(RangeError);
    expect(new ByteWriter().u8(1).u16(2).u64(3).bytes).to.deep.equal(Uint8Array.of(1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3));
  });

  it("says where bytes end too early", () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3));
    expect(reader.u16()).to.equal(0x102);
    expect(() => reader.u16())
      .to.throw(TruncatedError)
      .that.includes({ offset: 2 });
    expect(() => reader.take(2)).to.throw(TruncatedError);
    expect(reader.u8()).to.equal(3);
    expect(reader.done).to.equal(true);
  });

  it("joins, compares and shows", () => {
    const bytes = concat(Uint8Array.of(0, 255), new Uint8Array(0), Uint8Array.of(16));
    expect(toHex(bytes)).to.equal("0x00ff10");
    expect(equalBytes(fromHex("0x00FF10"), bytes)).to.equal(true);
    expect(equalBytes(fromHex("00ff"), bytes)).to.equal(false);
    expect(() => fromHex("0x0")).to.throw(RangeError);
    expect(() => fromHex("zz")).to.throw(RangeError);
  });
});
