import { expect } from "chai";
import * as float32 from "./float32.ts";

const { add, canonical, fma, fromNumber, mul, sub, toNumber } = float32;

const ONE = 0x3f800000;
const INFINITY = 0x7f800000;
const NANS = [0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff];

// What the differential tests (test/differential/float32.test.ts) prove in bulk, case by case where it is easy to get wrong.
describe("float32", () => {
  it("has one NaN, whatever comes in", () => {
    const { neg, abs, sqrt, floor, roundEven, minimum, maximum, div } = float32;
    for (const nan of NANS) {
      for (const unary of [canonical, neg, abs, sqrt, floor, roundEven]) expect(unary(nan)).to.equal(float32.NAN);
      for (const binary of [add, sub, mul, div, minimum, maximum]) {
        expect(binary(nan, ONE)).to.equal(float32.NAN);
        expect(binary(ONE, nan)).to.equal(float32.NAN);
      }
      expect(fma(0, INFINITY, nan)).to.equal(float32.NAN);
      expect(float32.toHalf(nan)).to.equal(float32.HALF_NAN);
      expect(float32.toBfloat16(nan)).to.equal(float32.BFLOAT16_NAN);
      expect(float32.toInt(nan, 64)).to.equal(0n);
    }
  });

  it("rounds fma once where rounding to 53 bits and then to 24 gives another result", () => {
    const [a, b, c] = [0x3f800001, 0x337ffffe, 0x3f800001];
    expect(fromNumber(toNumber(a) * toNumber(b) + toNumber(c))).to.equal(0x3f800002);
    expect(fma(a, b, c)).to.equal(0x3f800001);
  });

  it("rounds a 64-bit integer once where rounding to 53 bits and then to 24 gives another result", () => {
    const x = 2n ** 54n + 2n ** 30n + 1n;
    expect(fromNumber(Number(x))).to.equal(0x5a800000);
    expect(float32.fromUint64(x)).to.equal(0x5a800001);
    expect(float32.fromInt64(-x)).to.equal(0xda800001);
  });

  it("keeps subnormal results and rounds them once", () => {
    expect(mul(0x1a800000, 0x1a800000)).to.equal(0x00000002);
    expect(mul(0x00000001, 0x3f000000)).to.equal(0x00000000);
    expect(mul(0x00000003, 0x3f000000)).to.equal(0x00000002);
    expect(fma(0x00000001, 0x3f000000, 0x00000001)).to.equal(0x00000002);
    expect(sub(0x00800000, 0x00000001)).to.equal(0x007fffff);
  });

  it("signs its zeros", () => {
    expect(sub(ONE, ONE)).to.equal(0x00000000);
    expect(add(0x80000000, 0x80000000)).to.equal(0x80000000);
    expect(mul(0x80000000, ONE)).to.equal(0x80000000);
    expect(fma(ONE, 0x80000000, 0x00000000)).to.equal(0x00000000);
    expect(float32.minimum(0x00000000, 0x80000000)).to.equal(0x80000000);
    expect(float32.maximum(0x80000000, 0x00000000)).to.equal(0x00000000);
    expect(float32.ceil(0xbf000000)).to.equal(0x80000000);
    expect(float32.roundEven(0xbf000000)).to.equal(0x80000000);
  });

  it("gives unsigned patterns, also from signed arguments", () => {
    expect(canonical(-0x80000000)).to.equal(0x80000000);
    expect(float32.neg(ONE)).to.equal(0xbf800000);
    expect(float32.fromBfloat16(0xbf80)).to.equal(0xbf800000);
    expect(float32.fromHalf(0xbc00)).to.equal(0xbf800000);
  });

  it("truncates and saturates", () => {
    expect(float32.toInt(fromNumber(-1.75), 8)).to.equal(-1n);
    expect(float32.toInt(fromNumber(-1e30), 32)).to.equal(-(2n ** 31n));
    expect(float32.toInt(INFINITY, 64)).to.equal(2n ** 63n - 1n);
    expect(float32.toUint(fromNumber(-1e30), 16)).to.equal(0n);
    expect(float32.toUint(fromNumber(300.5), 8)).to.equal(255n);
    expect(float32.toUint(INFINITY, 64)).to.equal(2n ** 64n - 1n);
  });
});
