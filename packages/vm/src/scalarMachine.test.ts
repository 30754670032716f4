/**
 * What the TypeScript machine promises beyond equal words: their canonical form. That it computes what the Solidity machine
 * computes, and what the laws say, is tested in `test/differential/scalarMachine.test.ts`.
 */
import { expect } from "chai";
import { CodeBuilder } from "./assembler.ts";
import { INSTRUCTIONS } from "./isa.ts";
import { execute, run, type ScalarContext } from "./scalarMachine.ts";
import { high32, low32, unsignedOf, wordFrom, wordFromHalves, type Word } from "./word.ts";

const EDGES: readonly bigint[] = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 52n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
const WORDS: readonly Word[] = EDGES.flatMap((edge) =>
  [-2n, -1n, 0n, 1n, 2n].flatMap((near) => [wordFrom(edge + near), wordFrom(-edge + near)]),
);

const CONTEXT: ScalarContext = {
  coordinates: [0, 5],
  linear: 5,
  extents: [1, 6],
  symbols: [9],
  call: 1,
  calls: 2,
  seed: 2n ** 256n - 1n,
  step: 3,
  accumulators: [],
  load: () => -1,
};

/** A number is a safe integer and not -0; a bigint is a signed 64-bit integer that is no safe one. */
function isCanonical(word: Word): boolean {
  if (typeof word === "number") return Number.isSafeInteger(word) && !Object.is(word, -0);
  return BigInt.asIntN(64, word) === word && !Number.isSafeInteger(Number(word));
}

describe("word", () => {
  it("keeps 64 bits, in one form", () => {
    for (const edge of EDGES) {
      for (const x of [edge, -edge, edge + 1n, -edge - 1n, edge + (1n << 64n)]) {
        const word = wordFrom(x);
        expect(isCanonical(word), `${x}`).to.equal(true);
        expect(unsignedOf(word)).to.equal(BigInt.asUintN(64, x));
        expect(BigInt(low32(word))).to.equal(x & 0xffffffffn);
        expect(BigInt(high32(word))).to.equal((x >> 32n) & 0xffffffffn);
        expect(wordFromHalves(high32(word), low32(word))).to.equal(word);
      }
    }
  });
});

describe("scalar machine in TypeScript", () => {
  it("gives canonical words for every instruction", () => {
    for (const { name, code, reads } of INSTRUCTIONS) {
      const first = reads.startsWith("n") ? 0 : 1;
      const section = {
        results: [2],
        code: Uint8Array.of(0x09, 0, 0, 0, 0x09, 1, 0, 0, code, 1 - first, 1, 1),
      };
      for (const a of WORDS) {
        for (const b of WORDS) {
          const [word] = run([], section, { ...CONTEXT, accumulators: [a, b] });
          if (!isCanonical(word)) expect.fail(`${name}(${a}, ${b}) gives ${word}, a ${typeof word}`);
        }
      }
    }
  });

  it("shows all registers, constants first", () => {
    const b = new CodeBuilder();
    const section = b.finish([b.iadd(b.index(1), b.constantInt(7))]);
    expect(execute(b.pool.seal(), section, CONTEXT)).to.deep.equal([7, 5, 12]);
  });

  it("ignores an incomplete last instruction", () => {
    expect(run([4], { results: [0, 1], code: Uint8Array.of(0x02, 0, 0) }, CONTEXT)).to.deep.equal([4, 0]);
  });
});
