/** Long short-term memory: gates in ONNX's order input, output, forget, cell, with optional peepholes. */
import { Dimension } from "../dimension.ts";
import { dotProduct } from "../lowering/dot.ts";
import { lowerLSTM, LSTM_KIND } from "../lowering/lstm.ts";
import { readRecurrence } from "../lowering/recurrence.ts";
import type { Operator } from "../operator.ts";

export const LSTM: Operator = {
  name: "LSTM",
  inputs: [3, 8],
  outputs: 3,
  lower(node) {
    const recurrence = readRecurrence(node, LSTM_KIND);
    const { batch, hidden, time, dtype } = recurrence;
    return lowerLSTM(node, recurrence, ({ projected, bias, weight, previous, declare }) => {
      const { value, define } = declare([time, batch, Dimension.constant(4 * hidden)]);
      return {
        value,
        define(state) {
          define({
            kind: "reduce",
            ...dotProduct({
              dtype,
              extent: Dimension.constant(hidden),
              factors: (code, k) => [previous(0, code, state, k), weight(code, code.index(2), k)],
              final: (code, sum) =>
                code.fadd(projected(code, code.index(2)), code.fadd(sum, bias(code, code.index(2)))),
            }),
          });
        },
      };
    });
  },
};
