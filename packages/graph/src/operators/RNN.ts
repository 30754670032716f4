/** Simple recurrence: h' = f(x·W + b_W + (h·R + b_R)), a row group over time. */
import { Dimension } from "../dimension.ts";
import { dotProduct } from "../lowering/dot.ts";
import { clipped, lowerDirections, readRecurrence } from "../lowering/recurrence.ts";
import type { Operator } from "../operator.ts";

export const RNN: Operator = {
  name: "RNN",
  inputs: [3, 6],
  outputs: 2,
  lower(node) {
    const recurrence = readRecurrence(node, { gates: 1, activations: ["Tanh"], initial: [5] });
    const { batch, hidden, time, dtype } = recurrence;
    return lowerDirections(node, recurrence, (direction) => {
      const { projected, bias, weight, previous, declare } = direction;
      const [f] = direction.activations;
      const state = declare([time, batch, Dimension.constant(hidden)]);
      state.define({
        kind: "reduce",
        ...dotProduct({
          dtype,
          extent: Dimension.constant(hidden),
          factors: (code, k) => [previous(0, code, state.value, k), weight(code, code.index(2), k)],
          final(code, sum) {
            const j = code.index(2);
            const inner = code.fadd(projected(code, j), code.fadd(sum, bias(code, j)));
            return direction.carried(0, code, state.value, j, f(code, clipped(code, recurrence, inner)));
          },
        }),
      });
      return [state.value];
    });
  },
};
