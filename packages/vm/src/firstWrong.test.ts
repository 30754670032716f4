import { expect } from "chai";
import { claimOf } from "./claim.ts";
import { firstWrong, wrongElement } from "./firstWrong.ts";
import { run } from "./interpreter.ts";
import { Part } from "./stepEvaluator.ts";
import { Random } from "./testing/random.ts";
import { randomProgram } from "./testing/randomProgram.ts";
import { leftAligned, storedBytes, type ElementPlace } from "./testing/steps.ts";
import { recurrence, tinyPrograms, type Example } from "./testing/tinyPrograms.ts";
import { Trace } from "./trace.ts";
import { evaluateWitness, WitnessMaker } from "./witness.ts";
import type { Word } from "./word.ts";

/** The chain's verdict on an element of a trace. */
function verdict({ program, request }: Example, shown: Trace, place: ElementPlace): Uint8Array {
  const claim = claimOf(run(program, request));
  const range = { part: Part.VALUE, lo: 0, hi: 0, from: new Uint8Array(32) };
  const step = { claim, traceRoot: shown.root, ...place, ...range };
  return evaluateWitness(step, new WitnessMaker(shown).make(step).witness);
}

const said = (trace: Trace, place: ElementPlace): Uint8Array => leftAligned(storedBytes(trace, place));
const flip = (word: Word): Word => (Number(word) === 0 ? 1 : 0);

describe("first wrong element", () => {
  it("is none where nothing differs", () => {
    for (const { program, request } of tinyPrograms()) {
      const trace = new Trace(run(program, request));
      expect(firstWrong(trace, new Trace(run(program, request)))).to.equal(undefined);
    }
  });

  it("in a row group is the first row by row, and only there the verdict contradicts the trace", () => {
    const example = recurrence();
    const { program, request } = example;
    const honest = new Trace(run(program, request));
    // The state is node 1; node 0 believes it a row later.
    const shown = new Trace(
      run(program, request, undefined, (_call, position, element, word) =>
        position === 1 && element === 12 ? flip(word) : word,
      ),
    );
    const wrong = firstWrong(honest, shown);
    expect(wrong).to.deep.equal({ call: 0, position: 1, element: 12 });
    expect(verdict(example, shown, wrong!)).to.deep.equal(said(honest, wrong!));
    expect(verdict(example, shown, wrong!)).to.not.deep.equal(said(shown, wrong!));

    const leftmost = wrongElement(honest, shown, 0, 0, 3);
    expect(leftmost).to.deep.equal({ call: 0, position: 0, element: 17 });
    expect(verdict(example, shown, leftmost!), "no contradiction there").to.deep.equal(said(shown, leftmost!));
  });

  it("convicts liars that believe their own lies, in random programs", () => {
    const random = new Random(17);
    let lies = 0;
    for (let seed = 0; seed < 300; seed++) {
      const example = randomProgram(seed);
      const { program, request } = example;
      const honestRun = run(program, request);
      const honest = new Trace(honestRun);
      const call = random.below(request.calls);
      const position = honest.layout.firstNode(call) + random.below(honest.layout.nodes(call));
      const { count } = honest.layout.description(call, position);
      const place = { call, position, element: random.below(Math.max(1, count)) };
      const shown = new Trace(
        run(program, request, undefined, (...[c, p, element, word]) =>
          c === call && p === position && element === place.element ? flip(word) : word,
        ),
      );
      const wrong = firstWrong(honest, shown);
      if (!wrong) continue;
      expect(wrong, `seed ${seed}`).to.deep.equal(place);
      expect(verdict(example, shown, wrong)).to.deep.equal(said(honest, wrong));
      expect(said(shown, wrong)).to.not.deep.equal(said(honest, wrong));
      lies++;
    }
    expect(lies).to.be.greaterThan(100);
  });

  it("finds padding and descriptions", () => {
    const { program, request } = recurrence();
    const honest = new Trace(run(program, request));
    const dirt = honest.leaf(0, 2, 0);
    dirt[127] = 1;
    const dirty = firstWrong(honest, honest.withLeaf(0, 2, 0, dirt));
    expect(dirty).to.deep.equal({ call: 0, position: 2, element: 31 });
    const other = honest.withDescription(0, 2, { ...honest.description(0, 2), groupEnd: 9 });
    expect(firstWrong(honest, other)).to.deep.equal({ call: 0, position: 2, element: 0 });
  });
});
