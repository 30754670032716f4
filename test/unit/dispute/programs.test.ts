/**
 * Disputes over hand-written programs on the real step evaluator: calls, histories, row groups that load from the disputed
 * leaf, several accumulators, records that break rules; and inputs and weights that a challenger lacks. Every tensor of every
 * call is lied about in two ways: one element alone, and the run that follows from it; by whom short reductions are proven whole,
 * and by whom every one is cut down to single steps.
 *
 * @weight 30
 */
import { expect } from "chai";
import type { ContractMethod } from "ethers";
import { network } from "hardhat";
import {
  argumentsOf,
  DEMAND_GAS,
  nextProviderMove,
  packDemand,
  type Move,
  type MoveOf,
} from "../../../packages/dispute/src/index.ts";
import { DType } from "../../../packages/vm/src/dtype.ts";
import { encodeHeader, MAX_HEADER_BYTES, MAX_INPUTS } from "../../../packages/vm/src/header.ts";
import { run } from "../../../packages/vm/src/interpreter.ts";
import { assembleProgram, type Program } from "../../../packages/vm/src/program.ts";
import { encodeRecord, MAX_RECORD_BYTES } from "../../../packages/vm/src/record.ts";
import { mapRecord } from "../../../packages/vm/src/recordBuilder.ts";
import type { Request } from "../../../packages/vm/src/request.ts";
import { shape, type ShapeExpression } from "../../../packages/vm/src/shapeExpression.ts";
import type { Tensor } from "../../../packages/vm/src/tensor.ts";
import { floats, mostInputs, tinyPrograms } from "../../../packages/vm/src/testing/tinyPrograms.ts";
import { Trace } from "../../../packages/vm/src/trace.ts";
import { challenge, play, postRun, readGame, send, setTable } from "../../helpers/dispute-table.ts";

/** Gas credited for a supply, and the least of a byte of calldata (contracts/dispute/Bond.sol). */
const SUPPLY_GAS = 400_000;
const FLOOR_BYTE_GAS = 40;

const chain = await network.create();

/** A game on an honest run, its trace opened; and the provider's answers. */
async function opened(program: Program, request: Request) {
  const table = await setTable(chain, "StepEvaluator");
  const played = await postRun(table, run(program, request));
  const { dispute, provider } = played;
  const id = await challenge(table, played);
  const answer = async (): Promise<Move> =>
    nextProviderMove(dispute, await readGame(table, id), provider.trace, provider.machine, 0) as Move;
  await send(table, table.operator, await answer());
  const { pinned: expected } = await readGame(table, id);
  return { table, id, expected, answer };
}

describe("Withheld inputs and weights", () => {
  it("are supplied with their proof, and with no other's", async () => {
    const { program, request } = weighted();
    const { table, id, expected, answer } = await opened(program, request);
    const { game, operator, challenger } = table;
    for (const kind of ["input", "parameter"] as const) {
      const what = packDemand({ kind, call: 0, node: 1, leaf: 2 });
      await send(table, challenger, { kind: "demand", game: id, expected, what });
      const right = (await answer()) as MoveOf<"supply">;
      const { leaf } = right;
      const wrong: readonly [Partial<typeof leaf>, string][] = [
        [{ leaf: leaf.leaf.map((byte) => byte ^ 1) }, "Withheld_Hash"],
        [{ root: leaf.path[0] }, "Withheld_Hash"],
        [{ description: leaf.description ^ (1n << 128n) }, "Withheld_Hash"],
        [{ leaf: new Uint8Array(0) }, "Withheld_Length"],
        [{ path: leaf.path.slice(1) }, "Withheld_Length"],
        [{ rest: leaf.rest.slice(1) }, "Withheld_Length"],
        [{ rest: [...leaf.rest].reverse() }, "Withheld_Hash"],
      ];
      for (const [change, error] of wrong) {
        const values = argumentsOf({ ...right, leaf: { ...leaf, ...change } });
        const supplied = game.connect(operator).getFunction<ContractMethod>(right.kind)(...values);
        await expect(supplied, `${kind}: ${Object.keys(change)[0]}`).to.be.revertedWithCustomError(game, error);
      }
      await send(table, operator, right);
      expect((await readGame(table, id)).stage).to.equal("pick");
    }
  });

  it("cost no more than is credited, of as many inputs as there can be and in the longest header", async () => {
    const { program, request } = mostInputs();
    const { table, id, expected, answer } = await opened(withLongHeader(program), request);
    const { operator, challenger } = table;
    const what = packDemand({ kind: "input", call: 0, node: MAX_INPUTS - 1, leaf: 0 });
    await send(table, challenger, { kind: "demand", game: id, expected, what });
    const right = (await answer()) as MoveOf<"supply">;
    expect(right.leaf.rest).to.have.length(MAX_INPUTS);
    const { gas } = await send(table, operator, right);
    // The largest input's tree is 32 levels higher: as many siblings, carried and hashed.
    expect(Number(gas) + 32 * (32 * FLOOR_BYTE_GAS + 300)).to.be.lessThan(SUPPLY_GAS);
    console.log(`      ${gas} gas`);
  });

  it("cost no more than is credited, of a short record and of the longest beside the longest header", async () => {
    const { request } = weighted();
    const input = { dtype: DType.FLOAT32, shape: [shape.constant(100)] };
    const record = (zeros: number): Uint8Array => {
      const frame = {
        dtype: DType.FLOAT32,
        shape: [without(shape.constant(100), shape.call, zeros)],
        operands: [{ kind: "input", index: 1 } as const],
      };
      return encodeRecord(mapRecord(frame, (code) => code.load(0, code.linear())));
    };
    const longest = record(Math.floor((MAX_RECORD_BYTES - record(0).length) / 2));
    expect(longest.length).to.be.within(MAX_RECORD_BYTES - 1, MAX_RECORD_BYTES);
    const programOf = (prompt: Uint8Array): Program =>
      assembleProgram({ prompt: [prompt], outputs: [0], inputs: [input, input] });
    for (const program of [programOf(record(0)), withLongHeader(programOf(longest))]) {
      const { table, id, expected, answer } = await opened(program, request);
      const { challenger, game } = table;
      const [supplier] = table.strangers;
      const evaluator = await chain.ethers.getContractFactory("StepEvaluator");
      const what = packDemand({ kind: "record", call: 0, node: 0, leaf: 0 });
      await send(table, challenger, { kind: "demand", game: id, expected, what });
      const right = (await answer()) as MoveOf<"supply">;
      // A byte that nothing reads would be credited more than it costs.
      const padded = argumentsOf({ ...right, witness: Uint8Array.from([...right.witness, 0]) });
      await expect(
        game.connect(supplier).getFunction<ContractMethod>("supply")(...padded),
      ).to.be.revertedWithCustomError(evaluator, "StepEvaluator_Length");
      const before = await chain.ethers.provider.getBalance(supplier.address);
      const { gas } = await send(table, supplier, right);
      const paid = before - (await chain.ethers.provider.getBalance(supplier.address));
      // What reading took is measured.
      expect(await game.credits(supplier.address)).to.be.within(paid, (paid * 5n) / 4n);
      // A third of a demand's money is room for a price that rises.
      expect(gas).to.be.lessThan((DEMAND_GAS.record * 2n) / 3n);
      console.log(`      ${gas} gas`);
    }
  });
});

/** An expression from which another is subtracted so many times; of call 0 its number takes the fewest bytes, and away nothing. */
function without(expression: ShapeExpression, right: ShapeExpression, times: number): ShapeExpression {
  return Array.from({ length: times }).reduce<ShapeExpression>((left) => ({ op: "sub", left, right }), expression);
}

/** The program with a header as long as there can be. */
function withLongHeader(program: Program): Program {
  const { header } = program;
  const [first, ...others] = header.inputs;
  const left = MAX_HEADER_BYTES - encodeHeader(header).length;
  const size = without(first.shape[0], shape.constant(0), Math.floor(left / 3));
  const long = { ...program, header: { ...header, inputs: [{ ...first, shape: [size] }, ...others] } };
  expect(encodeHeader(long.header).length).to.be.within(MAX_HEADER_BYTES - 2, MAX_HEADER_BYTES);
  return long;
}

/** The sum of the second of two inputs and the second of three parameters, 100 numbers each: trees of four leaves. */
function weighted(): { program: Program; request: Request } {
  const size = 100;
  const numbers = (scale: number): Tensor =>
    floats(
      [size],
      Array.from({ length: size }, (_, i) => scale * (i + 1)),
    );
  const input = { dtype: DType.FLOAT32, shape: [shape.constant(size)] };
  const sum = mapRecord(
    {
      dtype: DType.FLOAT32,
      shape: [size],
      operands: [
        { kind: "input", index: 1 },
        { kind: "parameter", index: 1 },
      ],
    },
    (code) => code.fadd(code.load(0, code.linear()), code.load(1, code.linear())),
  );
  const params = [3, 4, 5].map(numbers);
  return {
    program: assembleProgram({ prompt: [encodeRecord(sum)], params, outputs: [0], inputs: [input, input] }),
    request: { inputs: [1, 2].map(numbers), symbols: [], seed: 0n, calls: 1 },
  };
}

describe("Disputes over programs", () => {
  for (const { name, program, request } of tinyPrograms()) {
    it(`proves one wrong number anywhere in ${name}`, async () => {
      const honest = run(program, request);
      const { layout } = honest;
      const table = await setTable(chain, "StepEvaluator");
      let claimId = 0n;
      for (let call = 0; call < layout.calls; call++) {
        for (let position = 0; position < layout.positions(call); position++) {
          const { length } = honest.tensor(call, position).data;
          if (length === 0) continue;
          const wrong = Math.floor(length / 2);
          const alone = (trace: Trace): Trace => {
            const leaf = trace.leaf(call, position, Math.floor(wrong / 128));
            leaf[wrong % 128] ^= 1;
            return trace.withLeaf(call, position, Math.floor(wrong / 128), leaf);
          };
          const followed = (): Trace =>
            new Trace(
              run(program, request, (atCall, atPosition, tensor) => {
                if (atCall !== call || atPosition !== position) return tensor;
                const data = tensor.data.slice();
                data[wrong] ^= 1;
                return { ...tensor, data };
              }),
            );
          for (const lie of [alone, followed]) {
            for (const mostSteps of [undefined, 0]) {
              claimId++;
              const played = await postRun(table, honest, lie, { claimId });
              await play(table, played, await challenge(table, played), { mostSteps });
              const told = `call ${call}, tensor ${position}, ${lie.name}, ${mostSteps} steps`;
              expect(table.made.at(-1)?.kind, told).to.equal("prove");
              expect(await table.holder.rewarded(claimId), told).to.equal(table.challenger.address);
            }
          }
        }
      }
    });
  }
});
