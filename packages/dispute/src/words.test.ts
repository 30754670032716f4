/** Segments, positions, clocks and names, packed and cut as the contracts do. */
import { expect } from "chai";
import { packClock, punch, startClock, unpackClock } from "./clock.ts";
import { claimOf, numberOf, packGameId } from "./gameId.ts";
import { BLOCK_LOG2, groupLevels } from "./layout.ts";
import { packPosition, unpackPosition, type Position } from "./position.ts";
import { cutsOf, packSegment, pieceOf, unpackSegment, type Segment } from "./reduction.ts";

const stored = Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 0);
const whole = (extent: number): Segment => ({ stored, offset: 2047, from: 0, to: extent });

describe("Reduction", () => {
  // extent, pieces at most → steps with snapshots in the first publication
  const cases: readonly [number, number, readonly number[]][] = [
    [1, 4, [1]],
    [4, 4, [1, 2, 3, 4]],
    [5, 4, [2, 4, 5]],
    [9, 4, [3, 6, 9]],
    [10, 4, [3, 6, 9, 10]],
  ];
  for (const [extent, most, cuts] of cases) {
    it(`cuts ${extent} steps into at most ${most} pieces`, () => {
      expect(cutsOf(whole(extent), most, extent)).to.deep.equal(cuts);
      const pieces = cuts.map((_, i) => pieceOf(whole(extent), i, most));
      expect(pieces.map(({ to }) => to)).to.deep.equal(cuts);
      expect(pieces.map(({ from }) => from)).to.deep.equal([0, ...cuts.slice(0, -1)]);
    });
  }

  it("leaves out the end of a piece, which is known already", () => {
    const piece = pieceOf(whole(100), 1, 4);
    expect([piece.from, piece.to]).to.deep.equal([25, 50]);
    expect(cutsOf(piece, 4, 100)).to.deep.equal([32, 39, 46]);
  });

  it("is packed in 32 bytes", () => {
    const segment: Segment = { stored, offset: 2047, from: 2 ** 36 - 5, to: 2 ** 36 };
    expect(unpackSegment(packSegment(segment))).to.deep.equal(segment);
  });
});

describe("Position", () => {
  it("is packed in one number", () => {
    const position: Position = { list: "blocks", height: 29, call: 2 ** 20 - 1, node: 2 ** 16, block: 2 ** 29 - 1 };
    expect(unpackPosition(packPosition(position))).to.deep.equal(position);
  });

  it("descends lists in groups as equal as they can be", () => {
    const groups = (height: number, arityLog2: number): number[] => {
      const levels: number[] = [];
      for (let left = height; left > 0; left -= levels[levels.length - 1])
        levels.push(groupLevels(left, { arityLog2 }));
      return levels;
    };
    expect(groups(8, 5)).to.deep.equal([4, 4]);
    expect(groups(12, 5)).to.deep.equal([4, 4, 4]);
    expect(groups(17, 5)).to.deep.equal([5, 4, 4, 4]);
    expect(groups(3, 5)).to.deep.equal([3]);
    expect(groups(0, 5)).to.deep.equal([]);
    expect(2 ** BLOCK_LOG2 * 128).to.equal(1024);
  });
});

describe("Clock", () => {
  it("is packed in one number", () => {
    const clock = startClock(345_600, 86_400, 1_790_000_000);
    expect(unpackClock(packClock(clock))).to.deep.equal(clock);
  });

  it("takes a side's time, and leaves it the extension", () => {
    const clock = startClock(1000, 500, 100);
    expect(punch(clock, "provider", 60, 300)).to.deep.equal({ provider: 800, challenger: 500, since: 300 });
    expect(punch(clock, "provider", 60, 1090)).to.deep.equal({ provider: 60, challenger: 500, since: 1090 });
    expect(punch(clock, "challenger", 60, 100)).to.deep.equal({ provider: 1000, challenger: 500, since: 100 });
  });
});

describe("GameId", () => {
  it("joins a claim and a game's number", () => {
    const id = packGameId(2n ** 200n + 7n, 3);
    expect([claimOf(id), numberOf(id)]).to.deep.equal([2n ** 200n + 7n, 3]);
    expect(() => packGameId(2n ** 224n, 1)).to.throw(RangeError);
  });
});
