import { expect } from "chai";
import { ByteReader } from "./bytes.ts";
import { toHex, fromHex } from "./hash.ts";
import {
  decodeShape,
  encodeShape,
  equalShape,
  evaluateShape,
  formatShape,
  productOf,
  SATURATION,
  shape,
  ShapeExpressionError,
  simplifyShape,
  usesCall,
  type ShapeExpression,
} from "./shapeExpression.ts";
import { Random } from "./testing/random.ts";

const OPS = ["add", "sub", "mul", "div", "ceilDiv", "rem", "min", "max"] as const;

function randomExpression(random: Random, depth: number): ShapeExpression {
  if (depth === 0 || random.chance(20)) {
    const constant = random.pick([0, 1, 2, 255, 256, 0xffffffff, 2 ** 32, SATURATION, random.u32()]);
    return random.pick([shape.call, shape.symbol(random.below(8)), shape.constant(constant)]);
  }
  const op = random.pick(OPS);
  return { op, left: randomExpression(random, depth - 1), right: randomExpression(random, depth - 1) };
}

/** The value by definition, in exact integers. */
function exact(expression: ShapeExpression, symbols: readonly number[], call: number): bigint {
  const most = (1n << 48n) - 1n;
  if (expression.op === "const") return BigInt(expression.value);
  if (expression.op === "symbol") return BigInt(symbols[expression.index] ?? 0);
  if (expression.op === "call") return BigInt(call);
  const a = exact(expression.left, symbols, call);
  const b = exact(expression.right, symbols, call);
  const value = {
    add: () => a + b,
    sub: () => (a > b ? a - b : 0n),
    mul: () => a * b,
    div: () => (b === 0n ? 0n : a / b),
    ceilDiv: () => (b === 0n ? 0n : (a + b - 1n) / b),
    rem: () => (b === 0n ? 0n : a % b),
    min: () => (a < b ? a : b),
    max: () => (a > b ? a : b),
  }[expression.op]();
  return value > most ? most : value;
}

const encoded = (expression: ShapeExpression): string => toHex(encodeShape(expression)).slice(2);
const decoded = (hex: string): ShapeExpression => decodeShape(new ByteReader(fromHex(hex)));

describe("shape expression", () => {
  const random = new Random(3);

  it("has the bytes of the format", () => {
    expect(encoded(shape.constant(7))).to.equal("010700");
    expect(encoded(shape.constant(256))).to.equal("020000010000");
    expect(encoded(shape.add(shape.mul(shape.symbol(2), 3), shape.call))).to.equal(
      "03020103" + "12" + "04" + "10" + "00",
    );
    expect(evaluateShape(decoded(encoded(shape.constant(SATURATION))), [], 0)).to.equal(SATURATION);
  });

  it("means the same in numbers as in exact integers, encoded or simplified", () => {
    for (let i = 0; i < 3000; i++) {
      const expression = randomExpression(random, random.below(4));
      const symbols = Array.from({ length: 8 }, () => random.pick([0, 1, 2, 3, 1000, 0xffffffff]));
      const call = random.below(2 ** 20);
      const value = Number(exact(expression, symbols, call));
      expect(evaluateShape(expression, symbols, call), formatShape(expression)).to.equal(value);
      const again = decoded(encoded(expression));
      expect(evaluateShape(again, symbols, call)).to.equal(value);
      expect(encoded(again), "canonical").to.equal(encoded(expression));
      const simple = simplifyShape(expression);
      expect(evaluateShape(simple, symbols, call), formatShape(simple)).to.equal(value);
      expect(equalShape(simplifyShape(simple), simple), formatShape(simple)).to.equal(true);
    }
  });

  it("saturates products in order", () => {
    expect(productOf([])).to.equal(1);
    expect(productOf([2 ** 36, 2 ** 36])).to.equal(SATURATION);
    expect(productOf([2 ** 36, 2 ** 36, 0])).to.equal(0);
  });

  it("folds constants and units", () => {
    expect(shape.mul(shape.add(2, 3), 4)).to.deep.equal(shape.constant(20));
    expect(shape.add(shape.symbol(1), 0)).to.deep.equal(shape.symbol(1));
    expect(shape.mul(1, shape.call)).to.deep.equal(shape.call);
    expect(shape.mul(shape.call, 0)).to.deep.equal(shape.constant(0));
    expect(usesCall(shape.mul(shape.symbol(0), shape.add(1, shape.call)))).to.equal(true);
    expect(usesCall(shape.symbol(0))).to.equal(false);
    expect(equalShape(shape.symbol(0), shape.symbol(1))).to.equal(false);
    expect(equalShape(shape.call, shape.add(shape.call, 1))).to.equal(false);
  });

  it("refuses malformed bytes, and says where", () => {
    const refuses = (hex: string, reason: ShapeExpressionError["reason"], offset: number): void => {
      expect(() => decoded(hex), hex)
        .to.throw(ShapeExpressionError)
        .that.includes({ reason, offset });
    };
    refuses("", "truncated", 0);
    refuses("0107", "truncated", 2);
    refuses("02000001", "truncated", 1);
    refuses("00", "values", 0);
    refuses("0101010200", "values", 4);
    refuses("010110", "underflow", 2);
    refuses("050000", "operation", 0);
    refuses("0300180000", "operation", 2);
    refuses("0308", "symbol", 0);
    refuses("0101".repeat(9), "overflow", 16);
  });

  it("refuses to encode what does not fit", () => {
    let deep: ShapeExpression = shape.call;
    for (let i = 0; i < 8; i++) deep = { op: "add", left: shape.call, right: deep };
    expect(() => encodeShape(deep)).to.throw(RangeError, "9 values");
    expect(() => encodeShape(shape.constant(2 ** 48))).to.throw(RangeError);
    expect(() => encodeShape(shape.constant(-1))).to.throw(RangeError);
    expect(() => encodeShape(shape.symbol(8))).to.throw(RangeError);
  });
});
