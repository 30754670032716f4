/**
 * Caches of the small decoder in other layouts than [batch, heads, positions, size] for keys and values apart: how the model
 * is given them, extends them, and hands them back.
 */
import { DType } from "@assay/vm";
import type { NodeSpec, ValueSpec } from "./onnxBuilder.ts";

/** Nodes that make the cache `output` of the past and the current rows, both as [batch, heads, positions, size]. */
export type Join = (past: string, current: string, output: string) => NodeSpec[];

export interface CacheLayout {
  /** Names of the states and their shapes, in sizes and the words batch, heads, length and size. */
  readonly pasts: Readonly<Record<string, readonly (string | number)[]>>;
  /** Makes keys or values of the past from the states. */
  readonly before: readonly NodeSpec[];
  /** As the standard layout has it, if absent. */
  readonly join?: Join;
  /** Makes the states of this call from `present.0.key` and `present.0.value`. */
  readonly after: readonly NodeSpec[];
}

export const node = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: NodeSpec["attributes"] = {},
): NodeSpec => ({ operator, inputs, outputs: [output], attributes });

/** The name of the output that follows a state. */
export const presentOf = (past: string): string =>
  past.replace("past_key_values", "present").replace("past", "present");

export const joined: Join = (past, current, output) => [node("Concat", [past, current], output, { axis: 2 })];

/** Joined as float16, where the cache is binary32 outside. */
export const joinedAsHalf: Join = (past, current, output) => [
  node("Cast", [past], `${output}.old`, { to: DType.FLOAT16 }),
  node("Cast", [current], `${output}.row`, { to: DType.FLOAT16 }),
  ...joined(`${output}.old`, `${output}.row`, `${output}.half`),
  node("Cast", [`${output}.half`], output, { to: DType.FLOAT32 }),
];

const [KEY, VALUE] = ["past_key_values.0.key", "past_key_values.0.value"];
const [NEW_KEY, NEW_VALUE] = ["present.0.key", "present.0.value"];
const COMBINED = { past_0: [2, "batch", "heads", "length", "size"] };
const stack = (key: string): NodeSpec[] => [
  node("Unsqueeze", [key, "first"], "key.single"),
  node("Unsqueeze", [NEW_VALUE, "first"], "value.single"),
  node("Concat", ["key.single", "value.single"], "present_0", { axis: 0 }),
];
/** Rows brought into another order of axes, joined there to the past as `long`, and brought back. */
const turned = (past: string, current: string, long: string, output: string, there: number[], back: number[]) => [
  node("Transpose", [current], `${output}.turned`, { perm: there }),
  node("Concat", [past, `${output}.turned`], long, { axis: there.indexOf(2) }),
  node("Transpose", [long], output, { perm: back }),
];

export const LAYOUTS = {
  "keys and values apart": {
    pasts: { [KEY]: ["batch", "heads", "length", "size"], [VALUE]: ["batch", "heads", "length", "size"] },
    before: [],
    after: [],
  },
  "keys and values in one, as GPT-2 has them": {
    pasts: COMBINED,
    before: [node("Gather", ["past_0", "zero"], KEY), node("Gather", ["past_0", "step"], VALUE)],
    after: stack(NEW_KEY),
  },
  "keys and values in one, split": {
    pasts: COMBINED,
    before: [
      { operator: "Split", inputs: ["past_0"], outputs: ["key.half", "value.half"], attributes: { axis: 0 } },
      node("Squeeze", ["key.half", "first"], KEY),
      node("Squeeze", ["value.half", "first"], VALUE),
    ],
    after: stack(NEW_KEY),
  },
  "keys and values in one, keys extended by column": {
    pasts: COMBINED,
    before: [
      node("Gather", ["past_0", "zero"], "key.rows"),
      node("Transpose", ["key.rows"], KEY, { perm: [0, 1, 3, 2] }),
      node("Slice", ["past_0", "one", "two", "first"], "value.half"),
      node("Squeeze", ["value.half", "first"], VALUE),
    ],
    join: (past, current, output) =>
      output === NEW_KEY
        ? turned(past, current, "key.long", output, [0, 1, 3, 2], [0, 1, 3, 2])
        : joined(past, current, output),
    after: stack(NEW_KEY),
  },
  "keys and values in one, each head apart": {
    pasts: COMBINED,
    before: [node("Gather", ["past_0", "zero"], KEY), node("Gather", ["past_0", "step"], VALUE)],
    join: (past, current, output) => {
      const halves = (from: string, name: string): NodeSpec => ({
        ...node("Split", [from], "", { axis: 1 }),
        outputs: [0, 1].map((half) => `${output}.${name}.${half}`),
      });
      return [
        halves(past, "old"),
        halves(current, "row"),
        ...[0, 1].flatMap((half) => joined(`${output}.old.${half}`, `${output}.row.${half}`, `${output}.${half}`)),
        node("Concat", [`${output}.0`, `${output}.1`], output, { axis: 1 }),
      ];
    },
    after: stack(NEW_KEY),
  },
  "positions first": {
    pasts: {
      past_keys: ["length", "batch", "heads", "size"],
      past_values: ["length", "batch", "heads", "size"],
    },
    before: [],
    join: (_past, current, output) => {
      const what = output === NEW_KEY ? "keys" : "values";
      return turned(`past_${what}`, current, `present_${what}`, output, [2, 0, 1, 3], [1, 2, 0, 3]);
    },
    after: [],
  },
  "keys and values beside each other": {
    pasts: { past_0: ["batch", "heads", "length", "size + size"] },
    before: [],
    join: (_past, _current, output) =>
      output === NEW_KEY
        ? [
            node("Concat", ["k", "v"], "beside", { axis: 3 }),
            node("Concat", ["past_0", "beside"], "present_0", { axis: 2 }),
            { operator: "Split", inputs: ["present_0"], outputs: [NEW_KEY, NEW_VALUE], attributes: { axis: 3 } },
          ]
        : [],
    after: [],
  },
} as const satisfies Record<string, CacheLayout>;

export type LayoutName = keyof typeof LAYOUTS;

/** The states of a layout as inputs, or as outputs: `length` names the number of positions. */
export function declaredStates(
  { pasts }: CacheLayout,
  sizes: { readonly heads: number; readonly size: number; readonly length: string },
  nameOf: (past: string) => string,
  dtype: number,
): ValueSpec[] {
  const known: Record<string, number | string> = { ...sizes, "size + size": 2 * sizes.size };
  return Object.entries(pasts).map(([past, shape]) => ({
    name: nameOf(past),
    dtype,
    shape: shape.map((size) => (typeof size === "number" ? size : (known[size] ?? size))),
  }));
}
