/**
 * What the inputs and outputs of a decoding step are for, told by their names, as exporters give them.
 *
 * | name | is |
 * |---|---|
 * | `input_ids`, `decoder_input_ids`, `tokens`, `token` | the tokens, [1, sequence] |
 * | `attention_mask` | ones for all positions, [1, past + sequence] |
 * | `position_ids`, `cache_position` | the positions of the tokens, [1, sequence] or [sequence] |
 * | `use_cache_branch` | whether there is a past, one boolean |
 * | `past…` and `present…`, `…_in` and `…_out` | states: what an output holds is the next call's input |
 * | such a pair with `.encoder.` in its name | what the prompt makes of an encoder's output: the same in all later calls |
 * | `encoder_…` | an encoder's output and mask: inputs of the program, the same in all calls |
 * | `logits` | the scores of the next token, [1, sequence, vocabulary] |
 */
import { check } from "../errors.ts";
import type { DeclaredValue, OnnxModel } from "../onnx/model.ts";

const TOKENS = ["input_ids", "decoder_input_ids", "tokens", "token"];
const LOGITS = "logits";
/** Inputs that follow from the call number and the length of the prompt. */
const DERIVED = ["attention_mask", "position_ids", "cache_position", "use_cache_branch"] as const;
export type DerivedName = (typeof DERIVED)[number];

/** A state input, and the output that follows it. */
export interface State {
  readonly past: DeclaredValue;
  readonly present: DeclaredValue;
  /** Whether what the prompt makes of it stands for all calls. */
  readonly lasting: boolean;
}

export interface Roles {
  readonly tokens: DeclaredValue;
  readonly logits: DeclaredValue;
  readonly states: readonly State[];
  readonly derived: readonly { readonly name: DerivedName; readonly input: DeclaredValue }[];
  /** Inputs of the program beside the tokens. */
  readonly encoded: readonly DeclaredValue[];
}

function isTokens({ name }: DeclaredValue): boolean {
  return TOKENS.includes(name);
}

/** Names that the output of a state input may have. */
function presentNames(past: string): string[] {
  const names: string[] = [];
  if (past.startsWith("past_key_values")) names.push(past.replace("past_key_values", "present"));
  if (past.startsWith("past")) names.push(past.replace("past", "present"));
  if (past.endsWith("_in")) names.push(`${past.slice(0, -3)}_out`);
  return names;
}

/**
 * The roles in a decoding step; undefined where the model has no states, no tokens or no logits. Throws UNSUPPORTED for an
 * input with no role.
 */
export function rolesOf(model: OnnxModel): Roles | undefined {
  const { inputs, outputs } = model.graph;
  const output = (name: string) => outputs.find((candidate) => candidate.name === name);
  const states = inputs.flatMap((past) => {
    const present = presentNames(past.name)
      .map(output)
      .find((found) => found !== undefined);
    return present === undefined ? [] : [{ past, present, lasting: past.name.includes(".encoder.") }];
  });
  if (states.length === 0) return undefined;
  const rest = inputs.filter((input) => !states.some(({ past }) => past === input));
  const derived = rest.flatMap((input) => {
    const name = DERIVED.find((known) => known === input.name);
    return name === undefined ? [] : [{ name, input }];
  });
  const encoded = rest.filter(({ name }) => name.startsWith("encoder_"));
  const others = rest.filter((input) => !encoded.includes(input) && !DERIVED.some((known) => known === input.name));
  const [tokens, ...further] = others.sort((a, b) => Number(isTokens(b)) - Number(isTokens(a)));
  const logits = output(LOGITS);
  if (tokens === undefined || !isTokens(tokens) || logits === undefined) return undefined;
  check(
    further.length === 0,
    "UNSUPPORTED",
    `a decoding step with the inputs ${others.map(({ name }) => name).join(", ")}; beside states and ` +
      `${DERIVED.join(", ")} and encoder_… it may have ${tokens.name} only`,
  );
  return { tokens, logits, states, derived, encoded };
}
