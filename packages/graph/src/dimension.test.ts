/** Symbolic sizes: equal ones are recognised, and as shape expressions they have the right values. */
import { expect } from "chai";
import { evaluateShape } from "@assay/vm";
import { Dimension } from "./dimension.ts";
import { GraphError } from "./errors.ts";
import { Random } from "./testing/random.ts";

const n = Dimension.symbol(0);
const m = Dimension.symbol(1);
/** Of 3 to 40. */
const k = Dimension.symbol(2, { least: 3, greatest: 40 });

describe("Dimension", () => {
  it("recognises equal sizes written differently", () => {
    expect(n.add(1).sub(1).equals(n)).to.equal(true);
    expect(n.mul(m).mul(12).div(m.mul(4)).equals(n.mul(3))).to.equal(true);
    expect(
      n
        .add(m)
        .mul(2)
        .equals(m.mul(2).add(n.mul(2))),
    ).to.equal(true);
    expect(n.mul(6).rem(3).constant).to.equal(0);
    expect(n.add(m).mul(64).div(n.add(m).mul(16)).constant).to.equal(4);
    expect(n.add(m).mul(n).div(m.add(n)).equals(n)).to.equal(true);
    expect(n.mul(3).add(m).div(n.add(m)).equals(2)).to.equal(false);
    expect(n.div(2).equals(n.ceilDiv(2))).to.equal(false);
    expect(Dimension.constant(7).div(2).constant).to.equal(3);
    expect(Dimension.constant(5).div(0).constant).to.equal(0);
  });

  it("has the value of its shape expression", () => {
    const random = new Random(7);
    const operations = ["add", "mul", "div", "ceilDiv", "rem", "min", "max"] as const;
    for (let round = 0; round < 20000; round++) {
      const values = [1 + random.below(20), 1 + random.below(20)];
      let size = random.pick([n, m]);
      let value = values[size === n ? 0 : 1];
      for (let k = random.below(5); k > 0; k--) {
        const other = random.pick([n, m, Dimension.constant(1 + random.below(9))]);
        const right = other === n ? values[0] : other === m ? values[1] : other.constant!;
        const operation = random.pick(operations);
        size = size[operation](other);
        value = {
          add: value + right,
          mul: value * right,
          div: Math.floor(value / right),
          ceilDiv: Math.ceil(value / right),
          rem: value % right,
          min: Math.min(value, right),
          max: Math.max(value, right),
        }[operation];
      }
      expect(evaluateShape(size.toExpression(), values, 0), size.key).to.equal(value);
    }
  });

  it("knows a value that it is never below", () => {
    const call = Dimension.call();
    expect(n.add(m).least).to.equal(0);
    expect(n.add(call).sub(1).least).to.equal(0);
    expect(n.mul(2).add(3).least).to.equal(3);
    expect(n.sub(m).least).to.equal(1 - 2 ** 32);
    expect(n.sub(5).div(2).least).to.equal(-3);
    expect(n.sub(5).max(2).least).to.equal(2);
    expect(n.div(m).add(1).least).to.equal(1);
    expect(n.mul(n.sub(5).div(2)).least).to.be.below(0);
    expect([k.least, k.greatest, k.mul(-2).least, k.mul(k).sub(k).greatest]).to.deep.equal([3, 40, -80, 1597]);
    expect([k.div(4).greatest, k.ceilDiv(4).greatest, k.rem(8).greatest]).to.deep.equal([10, 10, 7]);
    expect([k.div(n).least, k.div(n).greatest, k.div(call).greatest]).to.deep.equal([0, 40, 40]);
    expect(n.min(0).equals(0) && n.max(0).equals(n) && n.add(m).min(m).equals(m)).to.equal(true);
    expect(n.min(3).equals(3) || n.min(3).equals(n)).to.equal(false);
  });

  it("has one form for quotients by constants", () => {
    const halves = (size: Dimension, times: number): Dimension =>
      times === 0 ? size : halves(size.sub(1).div(2).add(1), times - 1);
    expect(halves(n, 5).equals(n.ceilDiv(32))).to.equal(true);
    expect(n.mul(6).add(9).div(4).equals(n.mul(3).add(4).div(2))).to.equal(true);
    expect(n.div(3).mul(2).div(4).equals(n.div(6))).to.equal(true);
    expect(
      n
        .div(3)
        .add(m)
        .div(4)
        .equals(n.add(m.mul(3)).div(12)),
    ).to.equal(true);
    expect(n.mul(5).add(7).rem(4).equals(n.add(3).rem(4))).to.equal(true);
    expect(n.mul(32).add(31).div(32).equals(n)).to.equal(true);
  });

  it("needs no lesser, greater or rest where the bounds say which it is", () => {
    expect(k.min(1000).equals(k) && k.min(2).equals(2) && k.max(1).equals(k) && k.max(41).equals(41)).to.equal(true);
    expect(k.rem(41).equals(k) && k.div(41).equals(0)).to.equal(true);
    expect(k.min(10).equals(k) || k.max(4).equals(k) || k.rem(40).equals(k)).to.equal(false);
  });

  it("replaces a symbol", () => {
    expect(n.div(2).add(m).atSymbol(0, k.mul(2)).equals(k.add(m))).to.equal(true);
    expect(n.min(50).atSymbol(0, k).equals(k)).to.equal(true);
    expect([...n.div(m.rem(3)).symbols, ...n.div(m.rem(3)).divisors]).to.deep.equal([0, 1, 3]);
  });

  it("refuses what grows without bound", () => {
    const grow = () => {
      let size = n.add(1);
      for (let k = 0; k < 100; k++) size = size.mul(size);
    };
    expect(grow).to.throw(GraphError, "TOO_LARGE");
    const nest = () => {
      let size = n;
      for (let k = 0; k < 100; k++) size = size.min(size.add(m)).max(size.mul(2));
    };
    expect(nest).to.throw(GraphError, "TOO_LARGE");
    expect(() => Dimension.constant(2 ** 52).mul(4)).to.throw(GraphError, "TOO_LARGE");
  });
});
