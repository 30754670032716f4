/**
 * Gated recurrent unit. The input's products are one node before the recurrence; the recurrence itself is a row group over
 * time: gates, candidate, state. Of a single time step no group is needed.
 *
 *   z, r = f(x·W + b_W + (h·R + b_R))
 *   n    = g(x·W + b_W + r (h·R + b_R))   or, without linear_before_reset, g(x·W + b_W + ((r h)·R + b_R))
 *   h'   = (1 - z) n + z h
 */
import type { Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { dotProduct } from "../lowering/dot.ts";
import { clipped, lowerDirections, readRecurrence } from "../lowering/recurrence.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";

export const GRU: Operator = {
  name: "GRU",
  inputs: [3, 6],
  outputs: 2,
  lower(node) {
    const linear = node.attributes.flag("linear_before_reset", false);
    const recurrence = readRecurrence(node, { gates: 3, activations: ["Sigmoid", "Tanh"], initial: [5] });
    const { batch, hidden, time, dtype } = recurrence;
    const one = 0x3f800000;
    return lowerDirections(node, recurrence, (direction) => {
      const { projected, bias, weight, previous, declare } = direction;
      const [f, g] = direction.activations;
      const gates = declare([time, batch, Dimension.constant(2 * hidden)]);
      const candidate = declare([time, batch, Dimension.constant(hidden)]);
      const state = declare([time, batch, Dimension.constant(hidden)]);
      const before = (code: NodeCode, k: Value) => previous(0, code, state.value, k);

      gates.define({
        kind: "reduce",
        ...dotProduct({
          dtype,
          extent: Dimension.constant(hidden),
          factors: (code, k) => [before(code, k), weight(code, code.index(2), k)],
          final: (code, sum) => {
            const recurrent = code.fadd(sum, bias(code, code.index(2)));
            return f(code, clipped(code, recurrence, code.fadd(projected(code, code.index(2)), recurrent)));
          },
        }),
      });
      const gate = (code: NodeCode, which: 0 | 1, j: Value) => {
        const [t, b] = code.coordinates();
        return code.read(gates.value, code.linearIndex(gates.value.shape, [t, b, code.plus(j, which * hidden)]));
      };
      candidate.define({
        kind: "reduce",
        ...dotProduct({
          dtype,
          extent: Dimension.constant(hidden),
          factors(code, k) {
            const h = before(code, k);
            const w = weight(code, code.plus(code.index(2), 2 * hidden), k);
            return [linear ? h : code.fmul(gate(code, 1, k), h), w];
          },
          final(code, sum) {
            const j = code.plus(code.index(2), 2 * hidden);
            const recurrent = code.fadd(sum, bias(code, j));
            const gated = linear ? code.fmul(gate(code, 1, code.index(2)), recurrent) : recurrent;
            return g(code, clipped(code, recurrence, code.fadd(projected(code, j), gated)));
          },
        }),
      });
      state.define({
        kind: "map",
        value(code) {
          const j = code.index(2);
          const z = gate(code, 0, j);
          const kept = code.fmul(code.fsub(code.constant(one), z), code.read(candidate.value, code.linear()));
          return direction.carried(0, code, state.value, j, code.ffma(z, before(code, j), kept));
        },
      });
      return [state.value];
    });
  },
};
