/** Simple recurrence: h' = f(x·W + b_W + (h·R + b_R)), a row group over time. */
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { activation } from "../lowering/activation.ts";
import { dotProduct } from "../lowering/dot.ts";
import { lowerDirections, readRecurrence } from "../lowering/recurrence.ts";
import type { Operator } from "../operator.ts";

export const RNN: Operator = {
  name: "RNN",
  inputs: [3, 6],
  outputs: 2,
  lower(node) {
    const recurrence = readRecurrence(node, { gates: 1, activations: ["Tanh"], initial: [5] });
    check(recurrence.clip === undefined, "UNSUPPORTED", "clip");
    const { batch, hidden, time, dtype } = recurrence;
    return lowerDirections(node, recurrence, ({ projected, bias, weight, previous, declare, activations }) => {
      const [f] = activations.map(activation);
      const state = declare([time, batch, Dimension.constant(hidden)]);
      state.define({
        kind: "reduce",
        ...dotProduct({
          dtype,
          extent: Dimension.constant(hidden),
          factors: (code, k) => [previous(0, code, state.value, k), weight(code, code.index(2), k)],
          final: (code, sum) =>
            f(code, code.fadd(projected(code, code.index(2)), code.fadd(sum, bias(code, code.index(2))))),
        }),
      });
      return [state.value];
    });
  },
};
