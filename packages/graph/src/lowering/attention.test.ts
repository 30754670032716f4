/**
 * What attention promises beyond its cases: masked positions contribute nothing whatever they hold, a token's answer is the
 * same whether its past comes from this call or from a cache, and packed inputs are the same numbers.
 */
import { expect } from "chai";
import { denseBytes, DType, float32, makeTensor, storeWord, type Tensor } from "@assay/vm";
import { MICROSOFT } from "../operator.ts";
import { ours } from "../testing/caseModel.ts";
import { buildModel, type AttributeValue } from "../testing/onnxBuilder.ts";
import { Random } from "../testing/random.ts";

type Values = (place: number) => number;

function tensor(shape: readonly number[], values: Values, dtype: DType = DType.FLOAT32): Tensor {
  const made = makeTensor(dtype, shape);
  const count = shape.reduce((product, size) => product * size, 1);
  for (let i = 0; i < count; i++) {
    const value = values(i);
    storeWord(dtype, dtype === DType.FLOAT32 ? float32.fromNumber(value) : value, made.data, i);
  }
  return made;
}

function normal(seed: number): Values {
  const random = new Random(seed);
  return () => random.normal();
}

/** Outputs of a node. Inputs that are undefined are absent. */
function outputsOf(
  operator: string,
  inputs: readonly (Tensor | undefined)[],
  attributes: Readonly<Record<string, AttributeValue>>,
  { domain = "", outputs = 1, constants = [] as readonly number[] } = {},
): readonly Tensor[] {
  const names = inputs.map((input, i) => (input === undefined ? "" : `input${i}`));
  const given = inputs.flatMap((input, i) => (input === undefined ? [] : [{ i, input, name: names[i] }]));
  const results = Array.from({ length: outputs }, (_, i) => `output${i}`);
  const runtime = given.filter(({ i }) => !constants.includes(i));
  const bytes = buildModel({
    opset: 23,
    nodes: [{ operator, domain, inputs: names, outputs: results, attributes }],
    inputs: runtime.map(({ name, input }) => ({ name, dtype: input.dtype, shape: [...input.shape] })),
    outputs: results.map((name) => ({ name, dtype: DType.FLOAT32 })),
    constants: Object.fromEntries(
      given.filter(({ i }) => constants.includes(i)).map(({ name, input }) => [name, input]),
    ),
  });
  return ours({ bytes, inputs: runtime.map(({ name, input }) => [name, input] as const) });
}

const hex = (value: Tensor) => Buffer.from(denseBytes(value)).toString("hex");
const asIs = (value: Tensor, shape: readonly number[]): Tensor => ({ ...value, shape: [...shape] });

/** Positions `from` to `to` of [1, heads, positions, size]. */
function slice(value: Tensor, from: number, to: number): Tensor {
  const [, heads, positions, size] = value.shape;
  const data = denseBytes(value);
  const parts = Array.from({ length: heads }, (_, h) =>
    data.subarray(4 * (h * positions + from) * size, 4 * (h * positions + to) * size),
  );
  return { dtype: value.dtype, shape: [1, heads, to - from, size], data: Uint8Array.from(Buffer.concat(parts)) };
}

describe("attention", () => {
  const size = 4;

  it("skips masked positions, whatever they hold", () => {
    const hidden = (place: number) => Math.floor(place / size) % 3 === 1;
    const mask = tensor([2, 6], (i) => (i % 3 === 1 ? 0 : 1), DType.BOOL);
    const q = tensor([1, 1, 2, size], normal(1));
    const [key, value] = [2, 3].map((seed) => {
      const values = Array.from({ length: 6 * size }, normal(seed));
      return (poison: number) => tensor([1, 1, 6, size], (i) => (hidden(i) ? poison : values[i]));
    });
    const [clean, ...poisoned] = [0, NaN, Infinity, -Infinity, 3e38].map((poison) =>
      hex(outputsOf("Attention", [q, key(poison), value(poison), mask], {})[0]),
    );
    for (const bits of poisoned) expect(bits).to.equal(clean);
  });

  it("gives a row that sees nothing zeros", () => {
    const [q, k, v] = [1, 2, 3].map((seed) => tensor([1, 1, 2, size], normal(seed)));
    const mask = tensor([2, 2], (i) => (i < 2 ? 0 : 1), DType.BOOL);
    const [output] = outputsOf("Attention", [q, k, v, mask], {});
    expect([...denseBytes(output).subarray(0, 4 * size)]).to.deep.equal(new Array(4 * size).fill(0));
    expect([...denseBytes(output).subarray(4 * size)]).not.to.deep.equal(new Array(4 * size).fill(0));
  });

  it("does not depend on masked positions behind the last, nor on how many blocks they fill", () => {
    const q = tensor([1, 1, 1, size], normal(1));
    for (const seen of [5, 511, 512, 513, 600]) {
      const [longK, longV] = [2, 3].map((seed) => tensor([1, 1, 1100, size], normal(seed)));
      const mask = tensor([1, 1100], (j) => (j < seen ? 1 : 0), DType.BOOL);
      const [long] = outputsOf("Attention", [q, longK, longV, mask], {});
      const [short] = outputsOf("Attention", [q, slice(longK, 0, seen), slice(longV, 0, seen)], {});
      expect(hex(long), `${seen} positions`).to.equal(hex(short));
    }
  });

  it("answers a token alike from a cache and from a prompt", () => {
    const attributes = { num_heads: 4, kv_num_heads: 2, do_rotary: 1 };
    const [q, k, v] = [64, 32, 32].map((width, i) => tensor([1, 6, width], normal(i + 1)));
    const angles = [7, 8].map((seed) => tensor([9, 8], normal(seed)));
    const run = (from: number, to: number, past: readonly (Tensor | undefined)[]) => {
      const rows = [q, k, v].map(({ dtype, shape, data }) => ({
        dtype,
        shape: [1, to - from, shape[2]],
        data: data.slice(4 * from * shape[2], 4 * to * shape[2]),
      }));
      const lengths = tensor([1], () => to - 1, DType.INT32);
      const total = tensor([], () => to, DType.INT32);
      return outputsOf("GroupQueryAttention", [...rows, ...past, lengths, total, ...angles], attributes, {
        domain: MICROSOFT,
        outputs: 3,
        constants: [6],
      });
    };
    const [whole, keys, values] = run(0, 6, [undefined, undefined]);
    let past: readonly (Tensor | undefined)[] = [undefined, undefined];
    const rows = [0, 1, 2, 3, 4, 5].map((at) => {
      const [row, ...present] = run(at, at + 1, past);
      past = present;
      return hex(row);
    });
    expect(rows.join("")).to.equal(hex(whole));
    expect(past.map((present) => hex(present!))).to.deep.equal([hex(keys), hex(values)]);
  });

  it("reads packed queries, keys and values as the same numbers", () => {
    const [batch, positions, heads] = [2, 3, 2];
    const all = normal(4);
    const packed = tensor([batch, positions, heads, 3, size], all);
    const part = (index: number) => {
      const data = new Uint8Array(4 * batch * positions * heads * size);
      for (let row = 0; row < batch * positions * heads; row++) {
        data.set(packed.data.subarray(4 * size * (3 * row + index), 4 * size * (3 * row + index + 1)), 4 * size * row);
      }
      return { dtype: DType.FLOAT32, shape: [batch, positions, heads * size], data };
    };
    const [q, k, v] = [0, 1, 2].map(part);
    const run = (inputs: readonly Tensor[]) =>
      hex(outputsOf("MultiHeadAttention", inputs, { num_heads: heads }, { domain: MICROSOFT })[0]);
    expect(run([packed])).to.equal(run([q, k, v]));
    const pairs = new Uint8Array(8 * batch * positions * heads * size);
    for (let row = 0; row < batch * positions * heads; row++) {
      [k, v].forEach(({ data }, i) => {
        pairs.set(data.subarray(4 * size * row, 4 * size * (row + 1)), 4 * size * (2 * row + i));
      });
    }
    const both = { dtype: DType.FLOAT32, shape: [batch, positions, heads, 2, size], data: pairs };
    expect(run([q, both])).to.equal(run([q, k, v]));
  });

  it("gives a head of its own the shared one's numbers", () => {
    const q = tensor([1, 4, 3, size], normal(1));
    const [k, v] = [2, 3].map((seed) => tensor([1, 2, 5, size], normal(seed)));
    const twice = (value: Tensor): Tensor => {
      const bytes = 4 * 5 * size;
      const [first, second] = [value.data.subarray(0, bytes), value.data.subarray(bytes)];
      return asIs({ ...value, data: Uint8Array.from(Buffer.concat([first, first, second, second])) }, [1, 4, 5, size]);
    };
    const [shared] = outputsOf("Attention", [q, k, v], {});
    const [own] = outputsOf("Attention", [q, twice(k), twice(v)], {});
    expect(hex(shared)).to.equal(hex(own));
  });
});
