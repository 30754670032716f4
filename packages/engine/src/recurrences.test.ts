/**
 * Recurrences whose products are contractions, one for each row of a row group: RNN, GRU and LSTM with all that their options
 * change about the factor before the weights, and products in the body of a Scan. The engine's bits on every backend are the
 * interpreter's.
 *
 * @weight 40
 */
import { expect } from "chai";
import { rowContractions } from "./plan/rowContractions.ts";
import { onEveryBackend, type Example } from "./testing/everyBackend.ts";
import { planned } from "./testing/planned.ts";
import { readout, recurrence, scan } from "./testing/recurrences.ts";

/** How many contractions the row groups of a program's one list have. */
function contractionsOf(example: Example): number {
  const { list, surroundings, request, memory } = planned(example);
  return rowContractions(list, surroundings, request, memory).found.size;
}

describe("recurrences", () => {
  const examples = [
    ...(["RNN", "GRU", "LSTM"] as const).flatMap((operator) =>
      Array.from({ length: 10 }, (_, seed) => recurrence(operator, seed)),
    ),
    // Sums of more than one block, and of one row: with specials and without.
    ...[1, 3].flatMap((batch) => [recurrence("RNN", 20 + batch, { time: 3, batch, hidden: 515 })]),
    ...Array.from({ length: 6 }, (_, seed) => scan(seed)),
  ];
  it("have their contractions found", () => {
    for (const example of examples) expect(contractionsOf(example), example.name).to.be.at.least(example.contractions);
  });

  it("are left to generated code where their factors in all rows would fill the memory", () => {
    const [long, short] = [readout(9000), readout(8000)];
    expect([contractionsOf(long), contractionsOf(short)]).to.deep.equal([0, 1]);
  }).timeout(60_000);

  onEveryBackend(examples);
});
