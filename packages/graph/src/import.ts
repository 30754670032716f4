/**
 * From an ONNX file to a program. The graph is lowered node by node into the canonical form, constants are folded, the
 * fusion pass runs, and names are dropped: the same file gives the same program root everywhere.
 */
import {
  DType,
  isDType,
  nameOf,
  paramsRoot,
  programRoot,
  toHex,
  hashSubtree,
  heldBytes,
  keccak,
  type Bounds,
  type Hash,
  type Program,
  type SubtreeHasher,
} from "@assay/vm";
import { bindInputs, type BoundValue } from "./bind.ts";
import { Dimension, formatShape, sameShape } from "./dimension.ts";
import { encodeProgram } from "./encode.ts";
import { check, GraphError, type Place } from "./errors.ts";
import { fold, MAX_FOLDED, type FoldingBudget } from "./fold.ts";
import { finished } from "./finish.ts";
import { generationOf, lowerGeneration } from "./generation.ts";
import type { Sampling } from "./generation/sampling.ts";
import { Graph } from "./graph.ts";
import type { LoweredNode } from "./loweredNode.ts";
import { functionBody, placeInside } from "./inline.ts";
import { Attributes } from "./onnx/attributes.ts";
import {
  functionKey,
  readGraph,
  readModel,
  type DeclaredValue,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from "./onnx/model.ts";
import type { GraphProto } from "./onnx/schema.ts";
import { STRING, type ExternalData } from "./onnx/tensor.ts";
import { NodeContext, type Operator, type Subgraph } from "./operator.ts";
import { operatorOf } from "./operators/index.ts";
import { refusal } from "./refusals.ts";
import { Scope } from "./scope.ts";
import { constantValue, isConstant, settled, type TensorValue } from "./tensorValue.ts";

export interface ImportOptions {
  /** Name of the model's file, for messages. */
  readonly file?: string;
  /** Reads files beside the model. */
  readonly external?: ExternalData;
  /** A size or bounds for each named dimension; those not given lie between 1 and `DEFAULT_GREATEST_SYMBOL`. */
  readonly symbols?: Readonly<Record<string, number | Bounds>>;
  /** Inputs that are fixed: they are constants of the program, not inputs. */
  readonly bind?: Readonly<Record<string, BoundValue>>;
  /** Bounds of the number of calls of a generation loop; `DEFAULT_CALLS` if absent. */
  readonly calls?: Bounds;
  /** The tokens that end a generation; otherwise the model's metadata say (`eos_token_id`). */
  readonly endTokens?: readonly number[];
  /** How tokens are drawn; the greatest logit if absent. */
  readonly sampling?: Sampling;
  /** Whether a model with state inputs and outputs becomes a generation loop; true if absent. */
  readonly generation?: boolean;
  /** Content addresses. */
  readonly tokenizer?: Hash;
  readonly chatTemplate?: Hash;
  readonly labels?: Hash;
  /** Hashes the parameters; the plain one of `@assay/vm` if absent. */
  readonly hasher?: SubtreeHasher;
  /** Told how far the import is, whenever a piece of external data has been read or of a parameter hashed. */
  readonly progress?: (progress: ImportProgress) => void;
}

/** How far an import is: bytes of external data read, or of parameters hashed. */
export interface ImportProgress {
  readonly stage: "reading" | "hashing";
  readonly done: number;
  readonly total: number;
}

/** Greatest value of a named dimension for which no bounds are given. */
export const DEFAULT_GREATEST_SYMBOL = 1024;

/** What an import found, for people. */
export interface ImportReport {
  readonly programRoot: string;
  readonly paramsRoot: string;
  /** Operators of the model and how often each occurs. */
  readonly operators: Readonly<Record<string, number>>;
  /** Named dimensions in the order of their symbols. */
  readonly symbols: readonly ({ readonly name: string } & Bounds)[];
  readonly inputs: readonly NamedType[];
  readonly outputs: readonly NamedType[];
  readonly parameters: { readonly count: number; readonly bytes: number };
  /** Records of each list. */
  readonly nodes: { readonly prompt: number; readonly decode: number; readonly epilogue: number };
  /** What each record comes from: the operator whose output it computes. */
  readonly nodeOperators: { readonly prompt: string[]; readonly decode: string[]; readonly epilogue: string[] };
  readonly metadata: Readonly<Record<string, string>>;
  /** Tokens that end a text; none where the model does not generate. */
  readonly endTokens: readonly number[];
  /**
   * Where an output was a tensor of strings: for each output the strings that its integers stand for, or null. The header's
   * content address of labels is the hash of `labelBytes` of it, unless the options give another.
   */
  readonly labels?: LabelTables;
}

/** For each output, the strings that its integers stand for, or null where they stand for themselves. */
export type LabelTables = readonly (readonly string[] | null)[];

/** Tables of labels as a file: JSON in UTF-8. */
export function labelBytes(labels: LabelTables): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(labels));
}

export interface NamedType {
  readonly name: string;
  readonly dtype: string;
  readonly shape: string;
}

export interface Imported {
  readonly program: Program;
  readonly report: ImportReport;
}

/** Imports a model. Throws `GraphError` with the file, the node and the reason. */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): Imported {
  const place: Place = options.file === undefined ? {} : { file: options.file };
  try {
    const bound = bindInputs(readModel(bytes, options.file, watched(options)), options);
    return new Importer(bound.model, bound.options).import();
  } catch (error) {
    if (error instanceof GraphError) throw error.at(place);
    throw error;
  }
}

/** The options' external data, with `progress` told of what is read. */
function watched({ external, progress }: ImportOptions): ExternalData | undefined {
  if (external === undefined || progress === undefined) return external;
  const files = new Set<string>();
  let [done, total] = [0, 0];
  const count = (bytes: number) => progress({ stage: "reading", done: (done += bytes), total });
  return (path) => {
    const file = external(path);
    if (!files.has(path)) total += file.length;
    files.add(path);
    if (file instanceof Uint8Array) return file;
    return {
      length: file.length,
      read: (offset, target) => {
        file.read(offset, target);
        // What is read again to be hashed or used is counted there.
        if (done < total) count(target.length);
      },
    };
  };
}

/** The named dimensions of a model, numbered in the order in which its inputs show them. */
export class Symbols {
  readonly names: string[] = [];
  readonly bounds: Bounds[] = [];
  readonly #options: Readonly<Record<string, number | Bounds>>;
  readonly #seen = new Set<string>();

  constructor(options: ImportOptions) {
    this.#options = options.symbols ?? {};
  }

  /** Throws BAD_OPTION where the options name a dimension that the model does not have. */
  checkUsed(): void {
    const unknown = Object.keys(this.#options).filter((name) => !this.#seen.has(name));
    check(unknown.length === 0, "BAD_OPTION", `the model has no dimension ${unknown.join(", ")}`);
  }

  /** The dimension of this name: a constant if the options fix it. */
  dimension(name: string): Dimension {
    this.#seen.add(name);
    const given = Object.hasOwn(this.#options, name) ? this.#options[name] : undefined;
    if (typeof given === "number") {
      check(Number.isInteger(given) && given >= 0, "BAD_OPTION", `symbol ${name} is ${given}`);
      return Dimension.constant(given);
    }
    const known = this.names.indexOf(name);
    if (known >= 0) return Dimension.symbol(known);
    check(this.names.length < 8, "TOO_LARGE", `${name} is the ninth named dimension; bind some with options`);
    const bounds = given ?? { least: 1, greatest: DEFAULT_GREATEST_SYMBOL };
    const valid = Number.isInteger(bounds.least) && bounds.least >= 0 && bounds.least <= bounds.greatest;
    check(valid && bounds.greatest < 2 ** 32, "BAD_OPTION", `symbol ${name} has bounds that are none`);
    this.names.push(name);
    this.bounds.push(bounds);
    return Dimension.symbol(this.names.length - 1);
  }
}

/** The type that an input declares. */
export function declaredType(
  value: DeclaredValue,
  dimension: (name: string) => Dimension,
): { dtype: DType; shape: Dimension[] } {
  const place = { node: `input ${JSON.stringify(value.name)}` };
  const { elementType } = value;
  if (!isDType(elementType)) {
    throw new GraphError("TYPE_MISMATCH", `element type ${elementType} is not supported`, place);
  }
  check(value.shape !== undefined, "UNSUPPORTED", "the shape is not declared", place);
  const shape = value.shape.map((size, axis) =>
    typeof size === "number" ? Dimension.constant(size) : dimension(size ?? `${value.name}.${axis}`),
  );
  return { dtype: elementType, shape };
}

/** What a graph is lowered in. */
interface Surroundings {
  readonly scope: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  /** Functions being called, outermost first. */
  readonly calls: readonly OnnxFunction[];
  /** The node that the graph belongs to; absent for the model's own graph. */
  readonly within?: Place | undefined;
}

/** Most nodes that are lowered, each time round a loop and each call of a function counted. */
export const MAX_LOWERED = 2 ** 16;

/** Lowers models: one instance per import. */
export class Importer {
  readonly model: OnnxModel;
  readonly options: ImportOptions;
  readonly symbols: Symbols;
  readonly operators: Record<string, number> = {};
  readonly #budget: FoldingBudget = { left: MAX_FOLDED.model };
  #lowered = 0;

  constructor(model: OnnxModel, options: ImportOptions) {
    this.model = model;
    this.options = options;
    this.symbols = new Symbols(options);
  }

  import(): Imported {
    const { inputs, outputs } = this.model.graph;
    const generation = this.options.generation === false ? undefined : generationOf(this.model, this.options);
    if (generation !== undefined) return lowerGeneration(this, generation);
    const { endTokens, sampling, calls } = this.options;
    const looped = endTokens !== undefined || sampling !== undefined || calls !== undefined;
    check(!looped, "BAD_OPTION", "calls, end tokens and sampling are for models that generate, with states to keep");
    check(inputs.length <= 8, "TOO_LARGE", `${inputs.length} inputs; a program has at most 8`);
    check(outputs.length <= 8, "TOO_LARGE", `${outputs.length} outputs; a program has at most 8`);
    const values = inputs.map((input, index): TensorValue => ({
      ...declaredType(input, (name) => this.symbols.dimension(name)),
      source: { kind: "input", index },
    }));
    const graph = new Graph();
    const named = this.lower(graph, new Map(inputs.map(({ name }, i) => [name, values[i]])));
    const computedOutputs = outputs.map((output) => computed(named, output.name));
    const results = outputs.map((output, i) => this.output(graph, output, computedOutputs[i]));
    const tables = computedOutputs.some(({ labels }) => labels !== undefined)
      ? computedOutputs.map(({ labels }) => labels ?? null)
      : undefined;
    const nodes = results.map(({ node }) => node);
    const prompt = finished(graph, nodes);
    const program = encodeProgram({
      prompt,
      outputs: nodes,
      inputs: values.map(typeOf),
      symbols: this.symbols.bounds,
      ...(tables && { labels: keccak(labelBytes(tables)) }),
      ...this.addresses(),
    });
    const { report } = this.imported(
      program,
      { prompt },
      {
        inputs: inputs.map(({ name }, i) => [name, values[i]]),
        outputs: outputs.map(({ name }, i) => [name, results[i].value]),
      },
    );
    return { program, report: { ...report, ...(tables && { labels: tables }) } };
  }

  /** Lowers the model's graph into `graph` with its inputs given by name; returns all values by name. */
  lower(graph: Graph, inputs: ReadonlyMap<string, TensorValue>): ReadonlyMap<string, TensorValue | undefined> {
    const scope = new Scope();
    for (const [name, value] of inputs) scope.set(name, value);
    this.#lowerGraph(graph, this.model.graph, { scope, opsets: this.model.opsets, calls: [] });
    return scope.own;
  }

  #lowerGraph(graph: Graph, { constants, strings, nodes }: OnnxGraph, surroundings: Surroundings): void {
    const { scope, within } = surroundings;
    for (const [name, tensor] of constants) {
      const labels = strings.get(name);
      scope.set(name, { ...constantValue(tensor), ...(labels && { labels }) });
    }
    for (const node of nodes) {
      try {
        const outputs = this.#lowerNode(graph, node, surroundings);
        node.outputs.forEach((name, i) => {
          if (name !== "") scope.set(name, outputs[i] && settled(outputs[i]));
        });
      } catch (error) {
        if (error instanceof GraphError)
          throw error.at(within === undefined ? node.place : placeInside(within, node.place));
        throw error;
      }
    }
  }

  #lowerNode(graph: Graph, node: OnnxNode, surroundings: Surroundings): (TensorValue | undefined)[] {
    const { scope } = surroundings;
    // INVARIANT: functions that call functions, and loops in loops, multiply; what they come to is bounded.
    check(
      ++this.#lowered <= MAX_LOWERED,
      "TOO_LARGE",
      `more than ${MAX_LOWERED} nodes, those of loops and functions included`,
    );
    const inputs = trimmed(node.inputs).map((name) => {
      if (name === "") return undefined;
      const value = scope.get(name);
      check(value !== undefined, "UNDEFINED_NAME", `${JSON.stringify(name)} is an output that is not computed`);
      return value;
    });
    const called = this.model.functions.get(functionKey(node.proto, node.operator));
    if (called !== undefined) return this.#lowerCall(graph, node, called, inputs, surroundings);
    const operator = operatorOf(node.domain, node.operator);
    const full = node.domain === "" ? node.operator : `${node.domain}.${node.operator}`;
    check(operator !== undefined, "UNKNOWN_OPERATOR", refusal(node.domain, node.operator));
    const opset = surroundings.opsets.get(node.domain);
    check(opset !== undefined, "UNSUPPORTED_VERSION", `operator set ${JSON.stringify(node.domain)} is not imported`);
    this.operators[full] = (this.operators[full] ?? 0) + 1;
    checkArity(operator, inputs.length, node.outputs.length);
    const strings = operator.strings === true || inputs.every((input) => input?.labels === undefined);
    check(strings, "UNSUPPORTED", "an operation on strings; only class labels may be strings");
    const attributes = () => new Attributes(node.proto.attribute ?? [], node.place, this.model.external);
    const lowerInto = (target: Graph): (TensorValue | undefined)[] => {
      target.operator = node.operator;
      const subgraph = (proto: GraphProto) => this.#subgraph(target, proto, node, surroundings);
      const context = new NodeContext(target, attributes(), opset, inputs, node.outputs, subgraph);
      const lowered = operator.lower(context);
      const { unread } = context.attributes;
      check(unread.length === 0, "BAD_ATTRIBUTE", `unknown attributes: ${unread.join(", ")}`);
      return Array.isArray(lowered) ? [...lowered] : [lowered as TensorValue];
    };
    if (operator.control !== true && inputs.every((input) => input === undefined || isConstant(input))) {
      const scratch = new Graph(graph.lastCall);
      const outputs = lowerInto(scratch);
      if (scratch.nodes.length === 0) return outputs;
      const folded = fold(scratch, outputs.slice(0, node.outputs.length), this.#budget);
      if (folded !== undefined) return folded;
      graph.nodes.push(...scratch.nodes);
      return outputs;
    }
    return lowerInto(graph);
  }

  /** A subgraph of `node`: read once, lowered as often as the operator wants. */
  #subgraph(graph: Graph, proto: GraphProto, node: OnnxNode, surroundings: Surroundings): Subgraph {
    const { file } = node.place;
    const read = readGraph(proto, file === undefined ? {} : { file }, this.model.external, surroundings.scope);
    const within = surroundings.within === undefined ? node.place : placeInside(surroundings.within, node.place);
    return {
      inputs: read.inputs.length,
      lower: (inputs, target = graph) => {
        check(
          inputs.length === read.inputs.length,
          "BAD_ARITY",
          `a subgraph with ${read.inputs.length} inputs is given ${inputs.length}`,
        );
        const scope = new Scope(surroundings.scope);
        read.inputs.forEach(({ name }, i) => scope.set(name, inputs[i]));
        this.#lowerGraph(target, read, { ...surroundings, scope, within });
        target.operator = node.operator;
        return read.outputs.map(({ name }) => computed(scope, name));
      },
    };
  }

  /** A call of a function that the model defines: its body in place of the node. */
  #lowerCall(
    graph: Graph,
    node: OnnxNode,
    called: OnnxFunction,
    inputs: readonly (TensorValue | undefined)[],
    surroundings: Surroundings,
  ): (TensorValue | undefined)[] {
    const { calls } = surroundings;
    check(!calls.includes(called), "CYCLE", "the function calls itself");
    const { input = [], output = [] } = called.proto;
    const fits = inputs.length <= input.length && node.outputs.length <= output.length;
    check(fits, "BAD_ARITY", `a function of ${input.length} inputs and ${output.length} outputs`);
    const body = functionBody(called, node.proto.attribute ?? []);
    const read = readGraph(body, called.place, this.model.external);
    const within = surroundings.within === undefined ? node.place : placeInside(surroundings.within, node.place);
    const scope = new Scope();
    input.forEach((name, i) => {
      if (inputs[i] !== undefined) scope.set(name, inputs[i]);
    });
    this.#lowerGraph(graph, absentInputs(read, scope), {
      scope,
      opsets: called.opsets,
      calls: [...calls, called],
      within,
    });
    return output.map((name) => scope.get(name));
  }

  /** A graph output as a node of its own: an input or a constant is copied. */
  output(graph: Graph, declared: DeclaredValue, value: TensorValue): { value: TensorValue; node: LoweredNode } {
    const place = { node: `output ${JSON.stringify(declared.name)}` };
    if (isDType(declared.elementType)) {
      const same = declared.elementType === value.dtype;
      const types = `${nameOf(value.dtype)}, declared ${nameOf(declared.elementType)}`;
      check(same, "TYPE_MISMATCH", `the output is ${types}`, place);
    }
    const isString = declared.elementType === STRING;
    const fits = isString ? value.labels !== undefined : value.labels === undefined || declared.elementType === 0;
    check(
      fits,
      "TYPE_MISMATCH",
      isString ? "the output is declared to hold strings" : "the output holds strings",
      place,
    );
    checkDeclaredShape(declared, value, place);
    graph.operator = "Identity";
    if (value.source.kind === "node" && sameShape(value.source.node.shape, value.shape)) {
      return { value, node: value.source.node };
    }
    // An output in another shape than its node's is a copy too, so that the output's shape is in the program.
    const copy = graph.map(value.dtype, value.shape, (code) => code.element(value));
    if (copy.source.kind !== "node") throw new Error("a map is a node");
    return { value: copy, node: copy.source.node };
  }

  /** The result of an import. */
  imported(
    program: Program,
    lists: { prompt: readonly LoweredNode[]; decode?: readonly LoweredNode[]; epilogue?: readonly LoweredNode[] },
    named: {
      inputs: readonly (readonly [string, TensorValue])[];
      outputs: readonly (readonly [string, TensorValue])[];
    },
    endTokens: readonly number[] = [],
  ): Imported {
    this.symbols.checkUsed();
    const describe = ([name, { dtype, shape }]: readonly [string, TensorValue]): NamedType => ({
      name,
      dtype: nameOf(dtype),
      shape: this.#formatNamed(shape),
    });
    const bytes = program.params.reduce((sum, tensor) => sum + heldBytes(tensor), 0);
    const operatorsOf = (nodes: readonly LoweredNode[] = []) => nodes.map(({ operator }) => operator);
    const report: ImportReport = {
      programRoot: toHex(programRoot(program)),
      paramsRoot: toHex(this.#hashParams(program, bytes)),
      operators: Object.fromEntries(Object.entries(this.operators).sort(([a], [b]) => (a < b ? -1 : 1))),
      symbols: this.symbols.names.map((name, i) => ({ name, ...this.symbols.bounds[i] })),
      inputs: named.inputs.map(describe),
      outputs: named.outputs.map(describe),
      parameters: {
        count: program.params.length,
        bytes,
      },
      nodes: program.header.counts,
      nodeOperators: {
        prompt: operatorsOf(lists.prompt),
        decode: operatorsOf(lists.decode),
        epilogue: operatorsOf(lists.epilogue),
      },
      metadata: Object.fromEntries(this.model.metadata),
      endTokens,
    };
    return { program, report };
  }

  #hashParams(program: Program, total: number): Hash {
    const { hasher = hashSubtree, progress } = this.options;
    let done = 0;
    return paramsRoot(program, (bytes, level) => {
      const hash = hasher(bytes, level);
      progress?.({ stage: "hashing", done: (done += bytes.length), total });
      return hash;
    });
  }

  #formatNamed(shape: readonly Dimension[]): string {
    return formatShape(shape).replaceAll(/\bs(\d)\b/g, (_, digit: string) => this.symbols.names[Number(digit)]);
  }

  /** Content addresses that the options give. */
  addresses(): Pick<ImportOptions, "tokenizer" | "chatTemplate" | "labels"> {
    const { tokenizer, chatTemplate, labels } = this.options;
    return { ...(tokenizer && { tokenizer }), ...(chatTemplate && { chatTemplate }), ...(labels && { labels }) };
  }
}

/** A value's type as the header holds it. */
export function typeOf({ dtype, shape }: TensorValue) {
  return { dtype, shape: shape.map((size) => size.toExpression()) };
}

/** The value of a graph's output. */
function computed(scope: { get(name: string): TensorValue | undefined }, name: string): TensorValue {
  const value = scope.get(name);
  check(value !== undefined, "UNDEFINED_NAME", `${JSON.stringify(name)} is an output that is not computed`);
  return value;
}

/** A function's graph in which inputs that a call leaves out are absent inputs of its nodes. */
function absentInputs(graph: OnnxGraph, scope: Scope): OnnxGraph {
  const absent = new Set(graph.inputs.map(({ name }) => name).filter((name) => !scope.has(name)));
  if (absent.size === 0) return graph;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((name) => (absent.has(name) ? "" : name)),
  }));
  return { ...graph, nodes };
}

function trimmed(names: readonly string[]): readonly string[] {
  let { length } = names;
  while (length > 0 && names[length - 1] === "") length--;
  return names.slice(0, length);
}

function checkArity(operator: Operator, inputs: number, outputs: number): void {
  const [least, greatest] = operator.inputs;
  check(inputs >= least && inputs <= greatest, "BAD_ARITY", `${inputs} inputs; ${least} to ${greatest} are allowed`);
  const most = operator.outputs ?? 1;
  check(outputs >= 1 && outputs <= most, "BAD_ARITY", `${outputs} outputs; 1 to ${most} are allowed`);
}

function checkDeclaredShape(declared: DeclaredValue, value: TensorValue, place: Place): void {
  if (declared.shape === undefined) return;
  const fits =
    declared.shape.length === value.shape.length &&
    declared.shape.every((size, axis) => {
      const { constant } = value.shape[axis];
      return typeof size !== "number" || constant === undefined || constant === size;
    });
  const text = declared.shape.map((size) => size ?? "?").join(", ");
  check(fits, "SHAPE_MISMATCH", `the output is ${formatShape(value.shape)}, declared [${text}]`, place);
}
