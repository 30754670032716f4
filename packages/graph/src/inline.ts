/** Functions that a model defines, as the graphs that stand in for their calls. */
import { check, type Place } from "./errors.ts";
import { MAX_NESTING, type OnnxFunction } from "./onnx/model.ts";
import type { AttributeProto, GraphProto, NodeProto } from "./onnx/schema.ts";

/**
 * The body of a function with the attributes of a call in place of its references to them. An attribute that neither the
 * call nor the function's defaults give is left out.
 */
export function functionBody({ proto }: OnnxFunction, call: readonly AttributeProto[]): GraphProto {
  const given = new Map<string, AttributeProto>();
  for (const attribute of [...(proto.attributeProto ?? []), ...call]) given.set(attribute.name ?? "", attribute);
  return {
    node: (proto.node ?? []).map((node) => resolved(node, given)),
    input: (proto.input ?? []).map((name) => ({ name })),
    output: (proto.output ?? []).map((name) => ({ name })),
  };
}

function resolved(node: NodeProto, given: ReadonlyMap<string, AttributeProto>, depth = 0): NodeProto {
  check(depth <= MAX_NESTING, "TOO_LARGE", `subgraphs are nested more than ${MAX_NESTING} deep`);
  const attribute = (node.attribute ?? []).flatMap((own): AttributeProto[] => {
    if (own.refAttrName === undefined) return [withSubgraphs(own, given, depth + 1)];
    const value = given.get(own.refAttrName);
    return value === undefined ? [] : [{ ...value, name: own.name ?? "" }];
  });
  return { ...node, attribute };
}

function withSubgraphs(
  attribute: AttributeProto,
  given: ReadonlyMap<string, AttributeProto>,
  depth: number,
): AttributeProto {
  const { g, graphs } = attribute;
  if (g === undefined && graphs === undefined) return attribute;
  const inside = (graph: GraphProto): GraphProto => ({
    ...graph,
    node: (graph.node ?? []).map((node) => resolved(node, given, depth)),
  });
  return { ...attribute, ...(g && { g: inside(g) }), ...(graphs && { graphs: graphs.map(inside) }) };
}

/** Where a node of a function's body lies: the call, then the node inside. */
export function placeInside(call: Place, inner: Place): Place {
  const node = [call.node, inner.node].filter((part) => part !== undefined).join(": ");
  return { ...call, node };
}
