/** The program of a model without a loop: one call, whose nodes hold the outputs. */
import { keccak, MAX_INPUTS, MAX_OUTPUTS } from "@assay/vm";
import { addressesOf, encodeProgram, typeOf } from "./encode.ts";
import { check } from "./errors.ts";
import { finished } from "./finish.ts";
import { Graph } from "./graph.ts";
import { computed } from "./lowerGraph.ts";
import type { ModelImport } from "./modelImport.ts";
import { outputNode } from "./output.ts";
import { importedAs, labelBytes, type Imported } from "./report.ts";
import { declaredType } from "./symbols.ts";
import type { TensorValue } from "./tensorValue.ts";

/** Lowers the model's graph once. Throws `GraphError`. */
export function lowerOneCall(own: ModelImport): Imported {
  const { model, options, symbols, lowering } = own;
  const { inputs, outputs } = model.graph;
  const { endTokens, sampling, calls } = options;
  const looped = endTokens !== undefined || sampling !== undefined || calls !== undefined;
  check(!looped, "BAD_OPTION", "calls, end tokens and sampling are for models that generate, with states to keep");
  check(inputs.length <= MAX_INPUTS, "TOO_LARGE", `${inputs.length} inputs; a program has at most ${MAX_INPUTS}`);
  const many = `${outputs.length} outputs; a program has at most ${MAX_OUTPUTS} (--output chooses)`;
  check(outputs.length <= MAX_OUTPUTS, "TOO_LARGE", many);
  const values = inputs.map((input, index): TensorValue => ({
    ...declaredType(input, (name) => symbols.dimension(name)),
    source: { kind: "input", index },
  }));
  const graph = new Graph();
  const named = lowering.lower(graph, new Map(inputs.map(({ name }, i) => [name, values[i]])));
  symbols.checkFew();
  const given = outputs.map(({ name }) => computed(named, name));
  const results = outputs.map((output, i) => outputNode(graph, output, given[i]));
  const labels = given.some((value) => value.labels !== undefined)
    ? given.map((value) => value.labels ?? null)
    : undefined;
  const nodes = results.map(({ node }) => node);
  const prompt = finished(graph, nodes);
  const program = encodeProgram({
    prompt,
    outputs: nodes,
    inputs: values.map(typeOf),
    symbols: symbols.bounds,
    ...(labels && { labels: keccak(labelBytes(labels)) }),
    ...addressesOf(options),
  });
  return importedAs(own, program, {
    prompt,
    inputs: inputs.map(({ name }, i) => [name, values[i]]),
    outputs: outputs.map(({ name }, i) => [name, results[i].value]),
    labels,
  });
}
