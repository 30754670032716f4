import { expect } from "chai";
import { DType, loadWord, storeWord } from "./dtype.ts";
import { run } from "./interpreter.ts";
import { NodeMachine, operandsOf } from "./nodeMachine.ts";
import { accumulatorsAt, packSnapshot, snapshotLength, unpackSnapshot } from "./snapshot.ts";
import { randomProgram } from "./testing/randomProgram.ts";
import { computedCalls, severalAccumulators } from "./testing/tinyPrograms.ts";

describe("snapshot", () => {
  it("packs accumulators one after the other, a nibble in a byte", () => {
    const dtypes = [DType.INT4, DType.FLOAT32, DType.BOOL, DType.INT64];
    const snapshot = packSnapshot(dtypes, [-1, 0x3f800000, 1, -2]);
    expect([...snapshot]).to.deep.equal([0x0f, 0, 0, 0x80, 0x3f, 1, 0xfe, 255, 255, 255, 255, 255, 255, 255]);
    expect(unpackSnapshot(dtypes, snapshot)).to.deep.equal([-1, 0x3f800000, 1, -2]);
    expect(snapshotLength(dtypes)).to.equal(14);
  });

  it("gives the accumulators at any step, the last leading to the element", () => {
    const { program, request } = severalAccumulators();
    const result = run(program, request);
    const snapshots = accumulatorsAt(result, 0, 0, 1, [0, 3, 10]);
    expect(snapshots.map((snapshot) => snapshot.length)).to.deep.equal([20, 20, 20]);
    expect(unpackSnapshot([DType.FLOAT32, DType.INT32], snapshots[0])).to.deep.equal([0xff800000, -1]);
    expect(accumulatorsAt(result, 0, 0, 1, [3, 3, 0])).to.deep.equal([snapshots[1], snapshots[1], snapshots[0]]);
    expect(() => accumulatorsAt(result, 0, 0, 1, [11])).to.throw(RangeError);
    expect(() => accumulatorsAt(result, 0, 0, 3, [0])).to.throw(RangeError);
  });

  it("is zero in a stopped call, and refuses a map", () => {
    const { program, request } = computedCalls();
    expect(() => accumulatorsAt(run(program, request), 1, 0, 0, [0])).to.throw(RangeError, "no reduction");
  });

  it("leads from step to step in random programs", () => {
    let steps = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { program, request } = randomProgram(seed);
      const result = run(program, request);
      const { layout } = result;
      for (let call = 0; call < layout.calls; call++) {
        for (let node = 0; node < layout.nodes(call); node++) {
          const geometry = layout.geometry(call, node);
          if (!geometry.valid || geometry.record.kind !== "reduce" || geometry.description.count === 0) continue;
          const { accumulators: dtypes, dtype } = geometry.record;
          const all = Array.from({ length: geometry.extent + 1 }, (_, r) => r);
          const element = geometry.description.count - 1;
          const snapshots = accumulatorsAt(result, call, node, element, all);
          const position = layout.firstNode(call) + node;
          if (result.tensor(call, position).data.length === 0) {
            for (const snapshot of snapshots) expect(snapshot.every((byte) => byte === 0)).to.equal(true);
            continue;
          }
          const machine = new NodeMachine(operandsOf(result), layout.request, call, node, geometry);
          machine.moveTo(element);
          for (let r = 0; r < geometry.extent; r++, steps++) {
            const next = machine.step(r, unpackSnapshot(dtypes, snapshots[r]));
            expect(packSnapshot(dtypes, next)).to.deep.equal(snapshots[r + 1]);
          }
          const bytes = new Uint8Array(8);
          storeWord(dtype, machine.final(unpackSnapshot(dtypes, snapshots[geometry.extent])), bytes, 0);
          const { data } = result.tensor(call, position);
          expect(loadWord(dtype, bytes, 0)).to.equal(loadWord(dtype, data, element));
        }
      }
    }
    expect(steps).to.be.greaterThan(500);
  });
});
