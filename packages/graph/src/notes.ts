/** What the report says of inputs, outputs and nodes that were taken otherwise than the file says: one sentence for each way. */
import type { DeclaredValue, OnnxGraph } from "./onnx/model.ts";
import { FLOAT64_REMARK } from "./onnx/tensor.ts";

/** Nodes that a sentence names; of more it says how many. */
const MOST_NAMED = 4;

/** The sentences; `ofNodes` are those of nodes' lowerings, each with the places of the nodes. */
export function notesOf(graph: OnnxGraph, ofNodes: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const float64 = [...placesOf("input", graph.inputs), ...placesOf("output", graph.outputs)];
  const texts = new Set([...(float64.length > 0 ? [FLOAT64_REMARK] : []), ...ofNodes.keys()]);
  return [...texts].map((text) => {
    const nodes = [...(ofNodes.get(text) ?? [])];
    const left = nodes.length - MOST_NAMED;
    const declared = text === FLOAT64_REMARK ? float64 : [];
    const places = [...declared, ...nodes.slice(0, MOST_NAMED), ...(left > 0 ? [`${left} more nodes`] : [])];
    return `${text}: ${places.join(", ")}`;
  });
}

function placesOf(kind: string, values: readonly DeclaredValue[]): string[] {
  return values.filter(({ isFloat64 }) => isFloat64).map(({ name }) => `${kind} ${JSON.stringify(name)}`);
}
