import { expect } from "chai";
import { claimOf, type Claim } from "@assay/vm/claim";
import { firstWrong } from "@assay/vm/firstWrong";
import { run, type TamperElement } from "@assay/vm/interpreter";
import { Random } from "@assay/vm/testing/random";
import { randomProgram } from "@assay/vm/testing/randomProgram";
import { recurrence, type Example } from "@assay/vm/testing/tinyPrograms";
import { Trace } from "@assay/vm/trace";
import type { Word } from "@assay/vm/word";
import type { Machine } from "./machine.ts";
import { programMachine } from "./programMachine.ts";
import { ROWS, WIDTH, wideRecurrence } from "./testing/recurrences.ts";
import { sumOfOne } from "./testing/reductions.ts";
import { simulate, type Options, type Outcome } from "./testing/simulate.ts";

const flip = (word: Word): Word => (Number(word) === 0 ? 1 : 0);

/** What a liar does that tells each of these elements wrong and believes it. */
const tellingAll =
  (places: readonly { call: number; position: number; element: number }[]): TamperElement =>
  (call, position, element, word) =>
    places.some((lie) => lie.call === call && lie.position === position && lie.element === element) ? flip(word) : word;

function outcomeOf({ program, request }: Example, lie: (honest: Trace) => Trace, options?: Options): Outcome {
  const honest = run(program, request);
  return simulate(claimOf(honest), new Trace(honest), lie(new Trace(honest)), options);
}

const believed =
  ({ program, request }: Example, ...places: Parameters<typeof tellingAll>[0]) =>
  (): Trace =>
    new Trace(run(program, request, undefined, tellingAll(places)));

describe("the challenger", () => {
  it("makes no move against an honest answer", () => {
    const outcome = outcomeOf(recurrence(), (honest) => honest);
    expect(outcome).to.include({ convicted: false, lost: true });
  });

  it("convicts wherever one tensor is wrong", () => {
    for (const position of [0, 1, 2, 3]) {
      const outcome = outcomeOf(wideRecurrence(), (honest) => {
        const leaf = honest.leaf(0, position, 0);
        leaf[4] ^= 1;
        return honest.withLeaf(0, position, 0, leaf);
      });
      expect(outcome, `${position}`).to.include({ convicted: true, lost: false });
    }
  });

  it("convicts a liar that believes its own lie, anywhere in a row group", () => {
    for (const example of [recurrence(), wideRecurrence()]) {
      const honest = new Trace(run(example.program, example.request));
      const { rows, count, groupEnd } = honest.description(0, 0);
      for (let position = 0; position < groupEnd; position++) {
        for (let row = 0; row < rows; row++) {
          const element = (row * count) / rows + ((row * 5 + position) % (count / rows));
          const outcome = outcomeOf(example, believed(example, { call: 0, position, element }));
          expect(outcome, `${example.name} ${position} row ${row}`).to.include({ convicted: true, lost: false });
        }
      }
    }
  });

  it("convicts liars that make the tensors of a group differ as they please", () => {
    const example = wideRecurrence();
    const random = new Random(5);
    for (let round = 0; round < 60; round++) {
      const place = () => ({ call: 0, position: random.below(3), element: random.below(ROWS * WIDTH) });
      const lies = Array.from({ length: random.below(4) }, place);
      const outcome = outcomeOf(example, () => {
        let trace = believed(example, ...lies)();
        for (let i = random.below(4); i >= 0; i--) {
          const { position, element } = place();
          const leaf = trace.leaf(0, position, element >> 5);
          leaf[random.below(128)] ^= 1 + random.below(255);
          trace = trace.withLeaf(0, position, element >> 5, leaf);
        }
        return trace;
      });
      expect(outcome.convicted, `round ${round}`).to.equal(true);
    }
  });

  it("convicts by either half of a reduction of one step", () => {
    const example = sumOfOne();
    const lie = (honest: Trace): Trace => {
      const leaf = honest.leaf(0, 0, 0);
      leaf[0] ^= 1;
      return honest.withLeaf(0, 0, 0, leaf);
    };
    for (const spoilt of [0, 1]) {
      const machine = (claim: Claim): Machine => {
        const own = programMachine(claim, new Trace(run(example.program, example.request)));
        return {
          ...own,
          snapshots: (...at) => own.snapshots(...at).map((byte, i) => (i === 0 ? byte ^ spoilt : byte)),
        };
      };
      const outcome = outcomeOf(example, lie, { machine, mostSteps: 0 });
      expect(outcome.convicted).to.equal(true);
      expect(outcome.moves.slice(-3)).to.deep.equal(["reduce", "publish", "prove"]);
    }
  });

  it("convicts liars in random programs, also where groups are not in the order of their nodes", () => {
    const random = new Random(11);
    let lies = 0;
    for (let seed = 0; seed < 300; seed++) {
      const example = randomProgram(seed);
      const honest = new Trace(run(example.program, example.request));
      const call = random.below(example.request.calls);
      const position = honest.layout.firstNode(call) + random.below(honest.layout.nodes(call));
      const { count } = honest.description(call, position);
      const lie = believed(example, { call, position, element: random.below(Math.max(1, count)) });
      const wrong = firstWrong(honest, lie());
      const outcome = outcomeOf(example, lie);
      expect(outcome.convicted, `seed ${seed}`).to.equal(!!wrong);
      if (outcome.convicted) lies++;
    }
    expect(lies).to.be.greaterThan(100);
  });
});
