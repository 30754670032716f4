/** Two products that read one parameter at places whose tables have the same digest: each has its own packed form. */
import {
  assembleProgram,
  DType,
  encodeRecord,
  float32,
  reduceRecord,
  shape,
  tensorOfWords,
  type Program,
} from "@assay/vm";
import { Random } from "@assay/vm/testing/random";
import { expect } from "chai";
import { digest } from "./plan/tables.ts";
import { onEveryBackend, type Example } from "./testing/everyBackend.ts";

const [ROWS, COLUMNS, DEPTH] = [2, 32, 20];
const ELEMENTS = 6000;
/** The first lane and the distance of lanes: found by trying. */
const ALIKE = [
  { first: 563, apart: 3 },
  { first: 2841, apart: 7 },
] as const;

const random = new Random(4);
const floats = (shape: readonly number[]) =>
  tensorOfWords(
    DType.FLOAT32,
    shape,
    Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () =>
      float32.fromNumber(random.between(-999, 999) / 300),
    ),
  );

/** Σ x[i, r] · w[first + apart · n + r] for each of the two. */
function program(): Program {
  const records = ALIKE.map(({ first, apart }) =>
    reduceRecord(
      {
        dtype: DType.FLOAT32,
        shape: [ROWS, COLUMNS],
        operands: [
          { kind: "input", index: 0 },
          { kind: "parameter", index: 0 },
        ],
        extent: shape.constant(DEPTH),
        accumulators: [DType.FLOAT32],
      },
      {
        init: (code) => [code.constant(0)],
        step(code) {
          const x = code.load(0, code.iadd(code.imul(code.index(0), code.constant(DEPTH)), code.step()));
          const lane = code.iadd(code.constant(first), code.imul(code.constant(apart), code.index(1)));
          return [code.ffma(x, code.load(1, code.iadd(lane, code.step())), code.acc(0))];
        },
        final: (code) => code.acc(0),
      },
    ),
  );
  return assembleProgram({
    prompt: records.map(encodeRecord),
    params: [floats([ELEMENTS])],
    inputs: [{ dtype: DType.FLOAT32, shape: [shape.constant(ROWS), shape.constant(DEPTH)] }],
    outputs: [0, 1],
  });
}

describe("packed parameters of tables alike", () => {
  const example: Example = {
    name: "two products",
    program: program(),
    request: { inputs: [floats([ROWS, DEPTH])], symbols: [], seed: 0n, calls: 1 },
  };

  it("are of tables that differ, and whose digests do not", () => {
    const [one, other] = ALIKE.map(({ first, apart }) =>
      Int32Array.from({ length: COLUMNS }, (_, n) => first + apart * n),
    );
    expect(digest(one)).to.equal(digest(other));
    expect(one).to.not.deep.equal(other);
  });

  onEveryBackend([example]);
});
