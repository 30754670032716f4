/** Cases of recurrences: lengths by row, peepholes, clipping, activations with parameters. */
import { DType } from "@assay/vm";
import { f, typed, type CaseTable, type InputCase, type OperatorCase } from "../case.ts";

const [time, batch, size, hidden] = [5, 2, 3, 4];
const weights = (gates: number, directions: number): InputCase[] => [
  f(directions, gates * hidden, size),
  f(directions, gates * hidden, hidden),
  f(directions, 2 * gates * hidden),
];
const lengths = (...values: number[]): InputCase => ({ ...typed(DType.INT32, [batch]), values });
const state = (directions: number): InputCase => f(directions, batch, hidden);

function cases(gates: number, states: number, functions: number): OperatorCase[] {
  const x = f(time, batch, size);
  const names = (...some: string[]) => some.slice(0, functions);
  const initial = (directions: number) => Array.from({ length: states }, () => state(directions));
  const all: Pick<OperatorCase, "inputs" | "attributes">[] = [
    { inputs: [x, ...weights(gates, 1), lengths(3, 5)] },
    { inputs: [x, ...weights(gates, 1), lengths(4, 2), ...initial(1)], attributes: { direction: "reverse" } },
    { inputs: [x, ...weights(gates, 2), lengths(5, 1), ...initial(2)], attributes: { direction: "bidirectional" } },
    { inputs: [x, ...weights(gates, 1)], attributes: { clip: { float: 0.5 } } },
    {
      inputs: [x, ...weights(gates, 1)],
      attributes: {
        activations: names("HardSigmoid", "Elu", "Softsign"),
        activation_alpha: { floats: [0.25, 0.75].slice(0, functions) },
        activation_beta: { floats: [0.4] },
      },
    },
    {
      inputs: [x, ...weights(gates, 1)],
      attributes: {
        activations: names("LeakyRelu", "Sigmoid", "ScaledTanh"),
        activation_alpha: { floats: [0.1, 1.5].slice(0, functions === 3 ? 2 : 1) },
        ...(functions === 3 && { activation_beta: { floats: [0.8] } }),
      },
    },
  ];
  return all.map(({ inputs, attributes }) => ({
    inputs,
    attributes: { ...attributes, hidden_size: hidden },
    outputs: 1 + states,
    tolerance: 1e-5,
  }));
}

const x = f(time, batch, size);
const peepholes = [x, ...weights(4, 1), lengths(5, 3), state(1), state(1), f(1, 3 * hidden)];
const LSTM: OperatorCase[] = [
  { inputs: peepholes, attributes: { hidden_size: hidden }, outputs: 3, tolerance: 1e-5 },
  {
    inputs: [x, ...weights(4, 1)],
    attributes: { hidden_size: hidden, input_forget: 1 },
    outputs: 3,
    tolerance: 1e-5,
  },
];

export const CASES: CaseTable = {
  "": { GRU: cases(3, 1, 2), LSTM: [...cases(4, 2, 3), ...LSTM], RNN: cases(1, 1, 1) },
};
