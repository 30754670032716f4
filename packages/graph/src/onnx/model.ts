/**
 * An ONNX file, read and checked: one graph of named values in an order in which each is defined before it is used. The
 * protobuf message is never seen outside this folder.
 */
import { GraphError, check, type Place } from "../errors.ts";
import {
  decodeModelProto,
  longToBigInt,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type OperatorSetIdProto,
  type ValueInfoProto,
} from "./schema.ts";
import type { Tensor } from "@assay/vm";
import { FLOAT64, heldType, readStrings, readTensor, STRING, type ExternalData } from "./tensor.ts";

/** Oldest and newest operator sets of `ai.onnx` and `ai.onnx.ml` that the importer knows. */
export const OPSETS = { least: 7, greatest: 25 } as const;
export const ML_OPSETS = { least: 1, greatest: 5 } as const;
/** Domain of the operators of classical machine learning. */
export const ML = "ai.onnx.ml";
/** Most nodes of one graph. */
export const MAX_GRAPH_NODES = 2 ** 16;
/** Deepest nesting of subgraphs. */
export const MAX_NESTING = 16;

/** A dimension as declared: a size, a name, or neither. */
export type DeclaredDimension = number | string | undefined;

/** A graph's input or output as declared. */
export interface DeclaredValue {
  readonly name: string;
  /** Element type code, of float32 for float64; 0 if undeclared. */
  readonly elementType: number;
  /** Whether it is declared to hold float64. */
  readonly isFloat64: boolean;
  /** Absent where the rank is not declared. */
  readonly shape: readonly DeclaredDimension[] | undefined;
}

export interface OnnxNode {
  readonly operator: string;
  /** Empty for `ai.onnx`. */
  readonly domain: string;
  /** Empty names are absent inputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly proto: NodeProto;
  readonly place: Place;
}

export interface OnnxGraph {
  /** Sorted so that definitions come before uses. */
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Of constants that are tensors of strings, the strings that the integers stand for. */
  readonly strings: ReadonlyMap<string, readonly string[]>;
}

/** A function that the model itself defines: its body is read where it is called, with the attributes of the call. */
export interface OnnxFunction {
  readonly proto: FunctionProto;
  /** Versions of the operator sets that its body uses. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly place: Place;
}

export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** By `functionKey`. */
  readonly functions: ReadonlyMap<string, OnnxFunction>;
  /** Version of each operator set by domain; `ai.onnx` is the empty domain. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly external: ExternalData | undefined;
}

/** Reads and checks a model. Throws `GraphError`. */
export function readModel(bytes: Uint8Array, file?: string, external?: ExternalData): OnnxModel {
  const place: Place = file === undefined ? {} : { file };
  let proto: ModelProto;
  try {
    proto = decodeModelProto(bytes);
  } catch (error) {
    throw new GraphError("MALFORMED_FILE", `not an ONNX file: ${reasonOf(error)}`, place, { cause: error });
  }
  const { graph } = proto;
  check(graph !== undefined && proto.irVersion !== undefined, "MALFORMED_FILE", "not an ONNX file: no graph", place);
  const version = longToBigInt(proto.irVersion);
  check(version >= 3n, "UNSUPPORTED_VERSION", `IR version ${version} is older than 3`, place);
  const opsets = readOpsets(proto.opsetImport, place);
  const metadata = new Map((proto.metadataProps ?? []).map(({ key = "", value = "" }) => [key, value]));
  return {
    graph: readGraph(graph, place, external),
    functions: readFunctions(proto, place),
    opsets,
    metadata,
    external,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readOpsets(protos: readonly OperatorSetIdProto[] | undefined, place: Place): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain = "", version } of protos ?? []) {
    const key = plainDomain(domain);
    const number = Number(longToBigInt(version ?? 0));
    // Exporters write the same line twice.
    const same = (opsets.get(key) ?? number) === number;
    check(same, "DUPLICATE_NAME", `operator set ${JSON.stringify(domain)} is imported in two versions`, place);
    opsets.set(key, number);
  }
  check(opsets.size > 0, "UNSUPPORTED_VERSION", "the operator set version is not given", place);
  for (const [domain, { least, greatest }] of [["", OPSETS] as const, [ML, ML_OPSETS] as const]) {
    const version = opsets.get(domain) ?? least;
    const named = domain === "" ? "operator set" : `operator set ${domain}`;
    const known = version >= least && version <= greatest;
    check(known, "UNSUPPORTED_VERSION", `${named} ${version} is not ${least} to ${greatest}`, place);
  }
  return opsets;
}

/** The default domain has two names. */
function plainDomain(domain: string | undefined): string {
  return domain === undefined || domain === "ai.onnx" ? "" : domain;
}

/** What a call and a function's definition agree in. */
export function functionKey({ domain, overload = "" }: NodeProto | FunctionProto, name: string): string {
  return JSON.stringify([plainDomain(domain), name, overload]);
}

function readFunctions({ functions = [] }: ModelProto, file: Place): Map<string, OnnxFunction> {
  const read = new Map<string, OnnxFunction>();
  check(functions.length <= MAX_GRAPH_NODES, "TOO_LARGE", `${functions.length} functions`, file);
  for (const proto of functions) {
    const { name = "" } = proto;
    const place = { ...file, node: `function ${JSON.stringify(name)}` };
    check(name !== "", "MALFORMED_FILE", "a function without a name", place);
    const key = functionKey(proto, name);
    check(!read.has(key), "DUPLICATE_NAME", `function ${JSON.stringify(name)} is defined twice`, place);
    read.set(key, { proto, opsets: readOpsets(proto.opsetImport, place), place });
  }
  return read;
}

/** Reads a graph; `outer` are the names that a subgraph may use from around it. */
export function readGraph(
  proto: GraphProto,
  file: Place,
  external?: ExternalData,
  outer?: { has(name: string): boolean },
): OnnxGraph {
  const defined = new Set<string>();
  const define = (name: string, place: Place): void => {
    check(name !== "", "MALFORMED_FILE", "a value without a name", place);
    check(!defined.has(name), "DUPLICATE_NAME", `${JSON.stringify(name)} is defined twice`, place);
    defined.add(name);
  };
  check((proto.sparseInitializer ?? []).length === 0, "UNSUPPORTED", "sparse constants are not supported", file);

  const constants = new Map<string, Tensor>();
  const strings = new Map<string, readonly string[]>();
  for (const tensor of proto.initializer ?? []) {
    const place = { ...file, node: `constant ${JSON.stringify(tensor.name ?? "")}` };
    const { name = "" } = tensor;
    define(name, place);
    if (tensor.dataType === STRING) {
      const read = readStrings(tensor, place);
      constants.set(name, read.tensor);
      strings.set(name, read.strings);
    } else constants.set(name, readTensor(tensor, place, external));
  }
  // Up to IR version 3, constants are listed among the inputs too.
  const declared = (proto.input ?? []).map((input) => readDeclared(input, file));
  const inputs = declared.filter(({ name }) => !constants.has(name));
  const listed = new Set<string>();
  for (const { name } of declared) {
    check(!listed.has(name), "DUPLICATE_NAME", `${JSON.stringify(name)} is an input twice`, {
      ...file,
      node: `input ${name}`,
    });
    listed.add(name);
  }
  for (const { name } of inputs) define(name, { ...file, node: `input ${JSON.stringify(name)}` });

  const protos = proto.node ?? [];
  check(protos.length <= MAX_GRAPH_NODES, "TOO_LARGE", `${protos.length} nodes`, file);
  const nodes = protos.map((node, i) => readNode(node, i, file));
  for (const { outputs, place } of nodes) for (const name of outputs) if (name !== "") define(name, place);
  // A map from labels to scores is given as its tensor of scores.
  const maps = new Set(nodes.filter(({ operator }) => operator === "ZipMap").flatMap((node) => node.outputs));
  // What a subgraph gives may be an optional or a sequence, where nothing asks for it.
  const outputs = (proto.output ?? []).map((output) => {
    const isFree = maps.has(output.name ?? "") || (outer !== undefined && output.type?.tensorType === undefined);
    return readDeclared(isFree ? { name: output.name ?? "" } : output, file);
  });
  check(outputs.length > 0, "MALFORMED_FILE", "the graph has no outputs", file);
  const known = (name: string): boolean => name === "" || defined.has(name) || (outer?.has(name) ?? false);
  for (const { inputs: names, place } of nodes) {
    for (const name of names) check(known(name), "UNDEFINED_NAME", `nothing defines ${JSON.stringify(name)}`, place);
  }
  for (const { name } of outputs) {
    check(name !== "" && known(name), "UNDEFINED_NAME", `nothing defines output ${JSON.stringify(name)}`, file);
  }
  return { nodes: sorted(nodes), inputs, outputs, constants, strings };
}

function readNode(proto: NodeProto, position: number, file: Place): OnnxNode {
  const operator = proto.opType ?? "";
  const name = proto.name === undefined || proto.name === "" ? `#${position}` : JSON.stringify(proto.name);
  const place = { ...file, node: `node ${name} (${operator})` };
  check(operator !== "", "MALFORMED_FILE", "a node without an operator", place);
  return {
    operator,
    domain: plainDomain(proto.domain),
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    proto,
    place,
  };
}

/** What exporters write for the name of a dimension that has none. */
const NAMELESS = ["", "?", "None", "-1"];

function readDeclared(proto: ValueInfoProto, file: Place): DeclaredValue {
  const name = proto.name ?? "";
  const tensor = proto.type?.tensorType;
  const place = { ...file, node: `value ${JSON.stringify(name)}` };
  if (proto.type !== undefined) {
    check(tensor !== undefined, "UNSUPPORTED", "only tensors can be inputs and outputs", place);
  }
  const shape =
    tensor?.shape &&
    (tensor.shape.dim ?? []).map(({ dimValue, dimParam }): DeclaredDimension => {
      if (dimParam !== undefined && !NAMELESS.includes(dimParam)) return dimParam;
      if (dimValue === undefined) return undefined;
      const value = longToBigInt(dimValue);
      // Exporters write an open size as -1, too.
      if (value < 0n) return undefined;
      check(value < 1n << 48n, "TOO_LARGE", `dimension ${value}`, place);
      return Number(value);
    });
  const { elemType = 0 } = tensor ?? {};
  return { name, elementType: heldType(elemType), isFloat64: elemType === FLOAT64, shape };
}

/** A topological order: each node after those it uses, otherwise as in the file. Throws CYCLE. */
function sorted(nodes: readonly OnnxNode[]): OnnxNode[] {
  const producer = new Map<string, number>();
  nodes.forEach((node, i) => node.outputs.forEach((name) => producer.set(name, i)));
  producer.delete("");
  const used = nodes.map(({ inputs, proto }) => {
    const names = [...inputs, ...capturedNames(proto)];
    return names.map((name) => producer.get(name)).filter((index): index is number => index !== undefined);
  });
  const order: OnnxNode[] = [];
  const state = new Uint8Array(nodes.length); // 0 not seen, 1 being visited, 2 in the order
  for (let root = 0; root < nodes.length; root++) {
    const path = state[root] === 0 ? [{ index: root, next: 0 }] : [];
    while (path.length > 0) {
      const top = path[path.length - 1];
      state[top.index] = 1;
      const child = used[top.index][top.next++];
      if (child === undefined) {
        state[top.index] = 2;
        order.push(nodes[top.index]);
        path.pop();
      } else if (state[child] === 1) {
        throw new GraphError("CYCLE", "the node depends on its own output", nodes[child].place);
      } else if (state[child] === 0) {
        path.push({ index: child, next: 0 });
      }
    }
  }
  return order;
}

/** Names that a node's subgraphs use from around them. */
function capturedNames({ attribute = [] }: NodeProto, depth = 0): string[] {
  const graphs = attribute.flatMap(({ g, graphs = [] }) => (g === undefined ? graphs : [g, ...graphs]));
  if (graphs.length === 0) return [];
  check(depth < MAX_NESTING, "TOO_LARGE", `subgraphs are nested more than ${MAX_NESTING} deep`);
  return graphs.flatMap((graph) => {
    const { node = [], input = [], initializer = [], output = [] } = graph;
    const own = new Set([...input, ...initializer].map(({ name }) => name));
    for (const { output: names = [] } of node) for (const name of names) own.add(name);
    const used = [
      ...node.flatMap((inner) => [...(inner.input ?? []), ...capturedNames(inner, depth + 1)]),
      ...output.map(({ name = "" }) => name),
    ];
    return used.filter((name) => !own.has(name));
  });
}
