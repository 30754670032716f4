/**
 * Disputes over hand-written programs on the real step evaluator: calls, histories, row groups that load from the disputed
 * leaf, several accumulators, records that break rules. Every tensor of every call is lied about in two ways: one element
 * alone, and the run that follows from it.
 *
 * @weight 15
 */
import { expect } from "chai";
import { network } from "hardhat";
import { run } from "../../../packages/vm/src/interpreter.ts";
import { tinyPrograms } from "../../../packages/vm/src/testing/tinyPrograms.ts";
import { Trace } from "../../../packages/vm/src/trace.ts";
import { challenge, play, postRun, setTable } from "../../helpers/dispute-table.ts";

const chain = await network.create();

describe("Disputes over programs", () => {
  for (const { name, program, request } of tinyPrograms()) {
    it(`proves one wrong number anywhere in ${name}`, async () => {
      const honest = run(program, request);
      const { layout } = honest;
      const table = await setTable(chain, "StepEvaluator", { shortSteps: 2 });
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
            claimId++;
            const played = await postRun(table, honest, lie, { claimId });
            await play(table, played, await challenge(table, played));
            expect(table.made.at(-1)?.kind, `call ${call}, tensor ${position}, ${lie.name}`).to.equal("prove");
            expect(await table.holder.rewarded(claimId)).to.equal(table.challenger.address);
          }
        }
      }
    });
  }
});
