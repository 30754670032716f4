import { expect } from "chai";
import { bitsOf, byteLength, DType, isDType, loadWord, nameOf, roundTrip, storeWord } from "./dtype.ts";
import { Random } from "./testing/random.ts";
import { wordFrom } from "./word.ts";

describe("dtype", () => {
  const random = new Random(7);

  it("knows ONNX's codes and widths", () => {
    expect(Object.values(DType).map((code) => [nameOf(code), bitsOf(code)])).to.deep.equal([
      ["float32", 32],
      ["uint8", 8],
      ["int8", 8],
      ["uint16", 16],
      ["int16", 16],
      ["int32", 32],
      ["int64", 64],
      ["bool", 8],
      ["float16", 16],
      ["uint32", 32],
      ["uint64", 64],
      ["bfloat16", 16],
      ["uint4", 4],
      ["int4", 4],
    ]);
    expect([0, 8, 11, 14, 15, 17, 20, 23, 255].filter(isDType)).to.deep.equal([]);
    expect([byteLength(DType.UINT4, 0), byteLength(DType.UINT4, 3), byteLength(DType.INT64, 3)]).to.deep.equal([
      0, 2, 24,
    ]);
  });

  it("extends, canonicalises and widens on load", () => {
    const ones = new Uint8Array(8).fill(255);
    const loaded = (dtype: DType, bytes: Uint8Array): unknown => loadWord(dtype, bytes, 0);
    expect(loaded(DType.INT8, ones)).to.equal(-1);
    expect(loaded(DType.UINT16, ones)).to.equal(65535);
    expect(loaded(DType.INT64, ones)).to.equal(-1);
    expect(loaded(DType.UINT64, ones), "the same word").to.equal(-1);
    expect(loaded(DType.UINT32, ones)).to.equal(0xffffffff);
    expect(loaded(DType.BOOL, ones)).to.equal(1);
    expect(loaded(DType.INT4, ones)).to.equal(-1);
    expect(loaded(DType.FLOAT32, ones)).to.equal(0x7fc00000);
    expect(loaded(DType.FLOAT16, ones)).to.equal(0x7fc00000);
    expect(loaded(DType.BFLOAT16, ones)).to.equal(0x7fc00000);
    expect(loaded(DType.FLOAT16, Uint8Array.of(0x00, 0x3c))).to.equal(0x3f800000);
    expect(loaded(DType.BFLOAT16, Uint8Array.of(0x80, 0x3f))).to.equal(0x3f800000);
    expect(loadWord(DType.INT64, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80), 0)).to.equal(-(1n << 63n));
    for (const dtype of Object.values(DType)) expect(loadWord(dtype, ones, 1000), "beyond the end").to.equal(0);
  });

  it("keeps the low nibble for the even element and leaves its neighbour alone", () => {
    const bytes = new Uint8Array(2);
    [1, -2, 3].forEach((word, i) => storeWord(DType.INT4, word, bytes, i));
    expect(bytes).to.deep.equal(Uint8Array.of(0xe1, 0x03));
    storeWord(DType.UINT4, 0x1f, bytes, 1);
    expect(bytes).to.deep.equal(Uint8Array.of(0xf1, 0x03));
  });

  it("is canonical after one store", () => {
    for (const dtype of Object.values(DType)) {
      for (let i = 0; i < 500; i++) {
        const word = wordFrom(random.word256() >> BigInt(random.below(256)));
        const once = roundTrip(dtype, word);
        expect(roundTrip(dtype, once), `${nameOf(dtype)} ${word}`).to.equal(once);
        const array = random.bytes(byteLength(dtype, 5));
        storeWord(dtype, word, array, 3);
        expect(loadWord(dtype, array, 3), `${nameOf(dtype)} ${word}`).to.equal(once);
      }
    }
  });
});
