import { expect } from "chai";
import { Stream } from "../random.ts";
import { END, NONE, Wheel } from "./wheel.ts";

const kindsOf = (size: number) =>
  Array.from({ length: 4 }, () => ({ due: new Uint32Array(size), next: new Int32Array(size) }));

describe("wheel", () => {
  it("fires in order of time, then of setting, like a sorted list, over all levels and with pauses", () => {
    const stream = new Stream(1);
    for (let round = 0; round < 40; round++) {
      const size = 1 + stream.below(400);
      const wheel = new Wheel(kindsOf(size), 5 + (round % 12));
      const waiting: { id: number; due: number; order: number }[] = [];
      const free = Array.from({ length: 4 * size }, (_, id) => id);
      let order = 0;
      const spans = [3, 300, 70_000, 2 ** 25, 2 ** 31];
      let end = 0;
      while (wheel.now < 2 ** 31) {
        const kept = waiting.length;
        for (let i = stream.below(20); i > 0 && free.length > 0; i--) {
          const id = free.splice(stream.below(free.length), 1)[0];
          const due = wheel.now + stream.below(spans[stream.below(5)]);
          wheel.set(id & 3, id >> 2, due);
          waiting.push({ id, due, order: order++ });
        }
        end = Math.min(2 ** 32 - 1, end + 1 + stream.below(spans[stream.below(5)]));
        expect(wheel.size).to.equal(waiting.length);
        for (;;) {
          waiting.sort((a, b) => a.due - b.due || a.order - b.order);
          const expected = waiting.length > 0 && waiting[0].due <= end ? waiting.shift() : undefined;
          const id = wheel.pop(end);
          expect(id).to.equal(expected?.id ?? NONE);
          expect(wheel.now).to.equal(expected?.due ?? end);
          if (id === NONE) break;
          free.push(id);
          if (stream.chance(0.3)) {
            const due = wheel.now + stream.below(spans[stream.below(4)]);
            wheel.set(id & 3, id >> 2, due);
            waiting.push({ id: free.pop()!, due, order: order++ });
          }
        }
        if (kept > 4 * size) break;
      }
    }
  });

  it("fires what is due in the past at once", () => {
    const wheel = new Wheel(kindsOf(2));
    wheel.pop(1000);
    wheel.set(0, 1, 5);
    expect(wheel.pop(1000)).to.equal(1 << 2);
    expect(wheel.now).to.equal(1000);
  });

  it("never fires what is set for the end of time or beyond", () => {
    for (const bits of [5, 6, 8, 11]) {
      const wheel = new Wheel(kindsOf(4), bits);
      for (const [owner, due] of [END, END + 1, 1e300, Infinity].entries()) wheel.set(0, owner, due);
      wheel.set(1, 0, END - 1);
      expect(wheel.pop(END - 1)).to.equal(1);
      expect(wheel.pop(END - 1)).to.equal(NONE);
      expect(wheel.now).to.equal(END - 1);
      expect(wheel.size).to.equal(4);
    }
  });
});
