import { expect } from "chai";
import { philox4x32 } from "./philox.ts";
import { Stream } from "./random.ts";

const hex = (words: Uint32Array) => [...words].map((word) => word.toString(16).padStart(8, "0")).join(" ");

describe("random", () => {
  // Known answers published with Random123 (kat_vectors, philox4x32, 10 rounds).
  const known = [
    ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ];
  for (const [counter, key, expected] of known) {
    it(`gives the published block of counter ${counter}`, () => {
      const words = (text: string) => text.split(" ").map((word) => parseInt(word, 16));
      const out = new Uint32Array(4);
      const [key0, key1] = words(key);
      philox4x32(out, Uint32Array.from(words(counter)), key0, key1);
      expect(hex(out)).to.equal(expected);
    });
  }

  it("agrees with a 64-bit integer twin on random counters", () => {
    const source = new Stream(11);
    const out = new Uint32Array(4);
    for (let i = 0; i < 500; i++) {
      const counter = Uint32Array.from({ length: 4 }, () => source.word());
      const key = [source.word(), source.word()];
      let [c0, c1, c2, c3] = [...counter].map(BigInt);
      let [k0, k1] = key.map(BigInt);
      for (let round = 0; round < 10; round++) {
        const a = c0 * 0xd2511f53n;
        const b = c2 * 0xcd9e8d57n;
        [c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, b & 0xffffffffn, (a >> 32n) ^ c3 ^ k1, a & 0xffffffffn];
        k0 = (k0 + 0x9e3779b9n) & 0xffffffffn;
        k1 = (k1 + 0xbb67ae85n) & 0xffffffffn;
      }
      philox4x32(out, counter, key[0], key[1]);
      expect([...out].map(BigInt)).to.deep.equal([c0, c1, c2, c3]);
    }
  });

  it("gives the words of xoshiro128** 1.1 by its authors' C from the state 1, 2, 3, 4", () => {
    const expected = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ];
    const stream = Stream.at([1, 2, 3, 4]);
    expect(expected.map(() => stream.word())).to.deep.equal(expected);
  });

  it("agrees with a twin over big integers, word by word and in bulk, and begins at its place's Philox block", () => {
    const M = 0xffffffffn;
    const rotated = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & M;
    const block = new Uint32Array(4);
    philox4x32(block, Uint32Array.of(0, 5, 4, 3), 7, 2);
    const s = [...block].map(BigInt);
    const stream = new Stream(2 * 2 ** 32 + 7, 3, 4, 5);
    const bulk = new Uint32Array(333);
    for (let i = 0; i < 1_000; i++) {
      const expected = (rotated((s[1] * 5n) & M, 7n) * 9n) & M;
      const t = (s[1] << 9n) & M;
      s[2] ^= s[0];
      s[3] ^= s[1];
      s[1] ^= s[2];
      s[0] ^= s[3];
      s[2] ^= t;
      s[3] = rotated(s[3], 11n);
      if (i >= 333 && i < 666) {
        if (i === 333) stream.fill(bulk);
        expect(BigInt(bulk[i - 333])).to.equal(expected);
      } else expect(BigInt(stream.word())).to.equal(expected);
    }
  });

  it("spreads small and large bounds evenly", () => {
    const stream = new Stream(9);
    for (const n of [3, 2 ** 21, 2 ** 21 + 1, 3_000_000_000, 2 ** 32]) {
      let sum = 0;
      for (let i = 0; i < 20_000; i++) {
        const x = stream.below(n);
        if (!(x >= 0 && x < n && Number.isInteger(x))) expect.fail(`${x} below ${n}`);
        sum += x / n;
      }
      expect(sum / 20_000, String(n)).to.be.closeTo((n - 1) / (2 * n), 5 * Math.sqrt(1 / 12 / 20_000));
    }
  });

  it("gives one sequence per place and the same one again", () => {
    const take = (stream: Stream) => Array.from({ length: 8 }, () => stream.word()).join();
    const places: [number, number, number, number][] = [
      [1, 0, 0, 0],
      [2, 0, 0, 0],
      [2 ** 40 + 1, 0, 0, 0],
      [1, 1, 0, 0],
      [1, 0, 1, 0],
      [1, 0, 0, 1],
    ];
    const sequences = places.map((place) => take(new Stream(...place)));
    expect(new Set(sequences).size).to.equal(places.length);
    expect(places.map((place) => take(new Stream(...place)))).to.deep.equal(sequences);
    expect(() => new Stream(-1)).to.throw(RangeError);
  });

  it("draws uniform, bounded, exponential and normal numbers with the right moments", () => {
    const stream = new Stream(5);
    const count = 100_000;
    const mean = (draw: () => number) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += draw();
      return sum / count;
    };
    // Five standard errors each.
    const near = (value: number, expected: number, deviation: number) =>
      expect(Math.abs(value - expected)).to.be.below((5 * deviation) / Math.sqrt(count));
    near(
      mean(() => stream.uniform()),
      0.5,
      Math.sqrt(1 / 12),
    );
    near(
      mean(() => stream.below(7)),
      3,
      2,
    );
    near(
      mean(() => Number(stream.chance(0.05))),
      0.05,
      0.22,
    );
    near(
      mean(() => stream.exponential(3)),
      3,
      3,
    );
    near(
      mean(() => stream.normal()),
      0,
      1,
    );
    near(
      mean(() => stream.normal() ** 2),
      1,
      Math.SQRT2,
    );
    const seen = new Set(Array.from({ length: 500 }, () => stream.below(7)));
    expect([...seen].sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });
});
