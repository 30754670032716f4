/**
 * A model's graph as nodes: each node of the model by its operator's lowering, subgraphs and calls of functions in place, what
 * depends on constants alone folded.
 */
import { check, GraphError, type Place } from "./errors.ts";
import { fold, MAX_FOLDED, type FoldingBudget } from "./fold.ts";
import { Graph } from "./graph.ts";
import type { ImportOptions } from "./importOptions.ts";
import { functionBody, placeInside } from "./inline.ts";
import { movedBytes } from "./lowering/dequantised.ts";
import { Attributes } from "./onnx/attributes.ts";
import {
  functionKey,
  readGraph,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from "./onnx/model.ts";
import type { GraphProto } from "./onnx/schema.ts";
import { NodeContext, type Operator, type Subgraph } from "./operator.ts";
import { operatorOf } from "./operators/index.ts";
import { refusal } from "./refusals.ts";
import { Scope } from "./scope.ts";
import { constantValue, isConstant, settled, type TensorValue } from "./tensorValue.ts";

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

/** Lowers a model's graph, once or for several lists of nodes: budgets and counts are those of the model. */
export class GraphLowering {
  readonly model: OnnxModel;
  /** How often each operator occurs. */
  readonly operators: Record<string, number> = {};
  /** What was taken otherwise than the file says, and of which nodes. */
  readonly remarks = new Map<string, Set<string>>();
  readonly #integerProducts: boolean;
  readonly #budget: FoldingBudget = { left: MAX_FOLDED.model };
  #lowered = 0;

  constructor(model: OnnxModel, { integerProducts = true }: Pick<ImportOptions, "integerProducts"> = {}) {
    this.model = model;
    this.#integerProducts = integerProducts;
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
    checkArity(operator, inputs, node.outputs.length);
    const strings = operator.strings === true || inputs.every((input) => input?.labels === undefined);
    check(strings, "UNSUPPORTED", "an operation on strings; only class labels may be strings");
    const attributes = () => new Attributes(node.proto.attribute ?? [], node.place, this.model.external);
    const bytes = operator.moves && movedBytes(inputs, operator.moves);
    const moved = bytes?.axis === undefined || operator.movedAxis !== undefined ? bytes : undefined;
    const given = moved?.inputs ?? inputs;
    const contextIn = (target: Graph) =>
      new NodeContext({
        graph: target,
        attributes: attributes(),
        opset,
        inputs: given,
        outputs: node.outputs,
        integerProducts: this.#integerProducts,
        outside: moved?.outside ?? 0,
        remark: (text) => this.#remark(text, node, surroundings),
        subgraph: (proto) => this.#subgraph(target, proto, node, surroundings),
      });
    const lowerInto = (target: Graph): (TensorValue | undefined)[] => {
      target.operator = node.operator;
      const context = contextIn(target);
      const lowered = operator.lower(context);
      const { unread } = context.attributes;
      check(unread.length === 0, "BAD_ATTRIBUTE", `unknown attributes: ${unread.join(", ")}`);
      return Array.isArray(lowered) ? [...lowered] : [lowered as TensorValue];
    };
    const foldable = operator.control !== true && given.every((input) => input === undefined || isConstant(input));
    const outputs = this.#folding(graph, foldable, node.outputs.length, lowerInto);
    if (moved === undefined) return outputs;
    const axis = moved.axis === undefined ? undefined : operator.movedAxis?.(contextIn(graph), moved.axis);
    return outputs.map((output) => {
      if (output === undefined) return undefined;
      const floats = (target: Graph) => [moved.floatsOf(target, output, axis)];
      return this.#folding(graph, isConstant(output), 1, floats)[0];
    });
  }

  /** The first `count` values that `lower` adds to a graph; of constants they are computed now, if that is little enough work. */
  #folding(
    graph: Graph,
    foldable: boolean,
    count: number,
    lower: (target: Graph) => (TensorValue | undefined)[],
  ): (TensorValue | undefined)[] {
    if (!foldable) return lower(graph);
    const scratch = new Graph(graph.lastCall);
    const outputs = lower(scratch);
    if (scratch.nodes.length === 0) return outputs;
    const folded = fold(scratch, outputs.slice(0, count), this.#budget);
    if (folded !== undefined) return folded;
    graph.nodes.push(...scratch.nodes);
    return outputs;
  }

  #remark(text: string, { place }: OnnxNode, { within }: Surroundings): void {
    const places = this.remarks.get(text) ?? new Set();
    const { node } = within === undefined ? place : placeInside(within, place);
    if (node !== undefined) places.add(node);
    this.remarks.set(text, places);
  }

  /** A subgraph of `node`: read once, lowered as often as the operator wants. */
  #subgraph(graph: Graph, proto: GraphProto, node: OnnxNode, surroundings: Surroundings): Subgraph {
    const { file } = node.place;
    const read = readGraph(proto, file === undefined ? {} : { file }, this.model.external, surroundings.scope);
    const within = surroundings.within === undefined ? node.place : placeInside(surroundings.within, node.place);
    const lower = (inputs: readonly TensorValue[], target: Graph): TensorValue[] => {
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
    };
    return {
      inputs: read.inputs.length,
      lower: (inputs, target = graph) => lower(inputs, target),
      examine: (inputs) => this.#uncounted(() => lower(inputs, new Graph(graph.lastCall, graph.ofRows))),
    };
  }

  /** Lowers what is looked at only: neither its operators nor what is folded of it count. */
  #uncounted<T>(lower: () => T): T {
    const [counts, { left }] = [{ ...this.operators }, this.#budget];
    try {
      return lower();
    } finally {
      this.#budget.left = left;
      for (const name of Object.keys(this.operators)) {
        if (counts[name] === undefined) delete this.operators[name];
        else this.operators[name] = counts[name];
      }
    }
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
}

/** The value of a graph's output. */
export function computed(scope: { get(name: string): TensorValue | undefined }, name: string): TensorValue {
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

/** Throws BAD_ARITY where there are too few or too many inputs or outputs, or one that must be there has an empty name. */
function checkArity(operator: Operator, inputs: readonly unknown[], outputs: number): void {
  const [least, greatest] = operator.inputs;
  const { length } = inputs;
  check(length >= least && length <= greatest, "BAD_ARITY", `${length} inputs; ${least} to ${greatest} are allowed`);
  for (let i = 0; i < least; i++) {
    const there = inputs[i] !== undefined || operator.absent?.includes(i) === true;
    check(there, "BAD_ARITY", `input ${i} is missing: its name is empty`);
  }
  const most = operator.outputs ?? 1;
  check(outputs >= 1 && outputs <= most, "BAD_ARITY", `${outputs} outputs; 1 to ${most} are allowed`);
}
