/**
 * From lowered nodes to a program: nodes that nothing needs are dropped, the rest are numbered in order, parameters in
 * the order of their first use, and each is encoded as a record. Names end here.
 */
import {
  assembleProgram,
  bytesIdentity,
  encodeRecord,
  HeaderError,
  MAX_COUNT,
  MAX_GROUP_COUNT,
  MAX_GROUP_ROWS,
  MAX_MEMBERS,
  MAX_NODES,
  MAX_PARAMETERS,
  MAX_RANK,
  MAX_RECORD_BYTES,
  NO_NODE,
  type Bounds,
  type Hash,
  type InputType,
  type NodeRecord,
  type Operand,
  type Program,
  type Tensor,
} from "@assay/vm";
import { countOf } from "./dimension.ts";
import { check, GraphError } from "./errors.ts";
import type { ImportOptions } from "./importOptions.ts";
import { isGrouped, LoweredNode, writeBody, type RowGroup } from "./loweredNode.ts";
import type { Source, TensorValue } from "./tensorValue.ts";

/** Version of the lowering: a change to any operator's code or to fusion raises it. */
export const LOWERING_VERSION = 1;

/** What a program is encoded from. */
export interface Lowered {
  readonly prompt: readonly LoweredNode[];
  readonly decode?: readonly LoweredNode[];
  readonly epilogue?: readonly LoweredNode[];
  readonly outputs: readonly LoweredNode[];
  readonly stop?: { readonly prompt: LoweredNode; readonly decode: LoweredNode };
  readonly inputs: readonly InputType[];
  readonly symbols: readonly Bounds[];
  readonly calls?: Bounds;
  readonly tokenizer?: Hash;
  readonly chatTemplate?: Hash;
  readonly labels?: Hash;
}

/** Those of `nodes` that the roots need, in order; a row group stays whole. */
export function reachable(nodes: readonly LoweredNode[], roots: readonly LoweredNode[]): LoweredNode[] {
  const own = new Set(nodes);
  const needed = new Set<LoweredNode>();
  const waiting = [...roots];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (needed.has(node) || !own.has(node)) continue;
    needed.add(node);
    waiting.push(...node.operands.nodes, ...(node.group?.nodes ?? []));
  }
  return nodes.filter((node) => needed.has(node));
}

/** The program. Throws `GraphError` (TOO_LARGE) where it is beyond the format's bounds. */
export function encodeProgram(lowered: Lowered): Program {
  const params: Tensor[] = [];
  const paramIndex = new Map<object, number>();
  const lists = { prompt: lowered.prompt, decode: lowered.decode ?? [], epilogue: lowered.epilogue ?? [] };
  const places = new Map<LoweredNode, number>();
  for (const list of Object.values(lists)) {
    check(list.length <= MAX_NODES, "TOO_LARGE", `${list.length} nodes in one list`);
    list.forEach((node, place) => places.set(node, place));
  }
  const placeOf = (node: LoweredNode | undefined): number => (node && places.get(node)) ?? NO_NODE;
  const parameterOf = (tensor: Tensor): number => {
    const known = paramIndex.get(bytesIdentity(tensor));
    if (known !== undefined) return known;
    paramIndex.set(bytesIdentity(tensor), params.length);
    check(params.length < MAX_PARAMETERS, "TOO_LARGE", "too many parameters");
    return params.push(tensor) - 1;
  };
  const operandOf = (source: Source, group: RowGroup | undefined): Operand => {
    switch (source.kind) {
      case "input":
        return { kind: "input", index: source.index };
      case "parameter":
        return { kind: "parameter", index: parameterOf(source.tensor) };
      case "node":
        return { kind: group?.nodes.includes(source.node) ? "row" : "node", index: placeOf(source.node) };
      case "history":
        return { kind: "history", prompt: placeOf(source.history.prompt), decode: placeOf(source.history.decode) };
      case "splat":
      case "view":
        throw new Error(`a ${source.kind} is code, not an operand`);
    }
  };
  const encode = (node: LoweredNode): Uint8Array => {
    check(node.shape.length <= MAX_RANK, "TOO_LARGE", `${node.operator}: a tensor of rank ${node.shape.length}`);
    // What such a record computes would be one zero; sizes that depend on symbols are judged with the request.
    const sizes = [...node.shape, countOf(node.shape), ...(node.body.kind === "reduce" ? [node.body.extent] : [])];
    const most = Math.max(...sizes.map(({ constant }) => constant ?? 0));
    check(most <= MAX_COUNT, "TOO_LARGE", `${node.operator}: ${most} elements or steps`);
    const { sections, operands } = writeBody(node, node.body);
    const [first, step, final] = sections.sections;
    const { group } = node;
    if (isGrouped(node)) checkGroup(node);
    const common = {
      dtype: node.dtype,
      ...(group && { group: { start: placeOf(group.nodes[0]), end: placeOf(group.nodes[0]) + group.nodes.length } }),
      shape: node.shape.map((size) => size.toExpression()),
      operands: operands.sources.map((source) => operandOf(source, group)),
      constants: sections.constants,
    };
    const { body } = node;
    if (body.kind === "reduce" && body.extent.usesCall) throw new Error(`${node.operator}: an unbounded reduction`);
    const record: NodeRecord =
      body.kind === "map"
        ? { kind: "map", ...common, value: first }
        : {
            kind: "reduce",
            ...common,
            extent: body.extent.toExpression(),
            accumulators: body.accumulators,
            init: first,
            step,
            final,
          };
    const bytes = encodeFields(node, record);
    check(bytes.length <= MAX_RECORD_BYTES, "TOO_LARGE", `${node.operator}: a record of ${bytes.length} bytes`);
    return bytes;
  };

  try {
    return assembleProgram({
      loweringVersion: LOWERING_VERSION,
      prompt: lists.prompt.map(encode),
      decode: lists.decode.map(encode),
      epilogue: lists.epilogue.map(encode),
      params,
      outputs: lowered.outputs.map(placeOf),
      ...(lowered.stop && {
        stop: { prompt: placeOf(lowered.stop.prompt), decode: placeOf(lowered.stop.decode) },
      }),
      ...(lowered.calls && { calls: lowered.calls }),
      symbols: lowered.symbols,
      inputs: lowered.inputs,
      ...(lowered.tokenizer && { tokenizer: lowered.tokenizer }),
      ...(lowered.chatTemplate && { chatTemplate: lowered.chatTemplate }),
      ...(lowered.labels && { labels: lowered.labels }),
    });
  } catch (error) {
    if (error instanceof HeaderError) throw new GraphError("TOO_LARGE", error.message, {}, { cause: error });
    throw error;
  }
}

/** Throws TOO_LARGE where a row group is beyond the format's bounds (docs/program.md, "Node records"). */
function checkGroup({ operator, group, shape }: LoweredNode): void {
  const members = group?.nodes.length ?? 0;
  const rows = shape[0].constant ?? 0;
  const count = countOf(shape).constant ?? 0;
  const most = (number: number, what: string, limit: number): void =>
    check(number <= limit, "TOO_LARGE", `${operator}: a row group of ${number} ${what}, of at most ${limit}`);
  most(members, "tensors", MAX_MEMBERS);
  most(rows, "rows", MAX_GROUP_ROWS);
  most(count, "elements of a tensor", MAX_GROUP_COUNT);
}

function encodeFields(node: LoweredNode, record: NodeRecord): Uint8Array {
  try {
    return encodeRecord(record);
  } catch (error) {
    if (error instanceof RangeError)
      throw new GraphError("TOO_LARGE", `${node.operator}: ${error.message}`, {}, { cause: error });
    throw error;
  }
}

/** A value's type as the header holds it. */
export function typeOf({ dtype, shape }: TensorValue): InputType {
  return { dtype, shape: shape.map((size) => size.toExpression()) };
}

/** Content addresses that the options give. */
export function addressesOf({ tokenizer, chatTemplate, labels }: ImportOptions) {
  return { ...(tokenizer && { tokenizer }), ...(chatTemplate && { chatTemplate }), ...(labels && { labels }) };
}
