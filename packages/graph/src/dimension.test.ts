/** Symbolic sizes: equal ones are recognised, and as shape expressions they have the right values. */
import { expect } from "chai";
import { evaluateShape } from "@assay/vm";
import { Dimension } from "./dimension.ts";
import { GraphError } from "./errors.ts";
import { Random } from "./testing/random.ts";

const n = Dimension.symbol(0);
const m = Dimension.symbol(1);

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
    for (let round = 0; round < 2000; round++) {
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
    expect(n.sub(m).least).to.equal(-Infinity);
    expect(n.sub(5).div(2).least).to.equal(-Infinity);
    expect(n.sub(5).max(2).least).to.equal(2);
    expect(n.div(m).add(1).least).to.equal(1);
    expect(n.mul(n.sub(5).div(2)).least).to.equal(-Infinity);
    expect(n.min(0).equals(0) && n.max(0).equals(n) && n.add(m).min(m).equals(m)).to.equal(true);
    expect(n.min(3).equals(3) || n.min(3).equals(n)).to.equal(false);
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
