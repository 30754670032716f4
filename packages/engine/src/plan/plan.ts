/**
 * A plan: everything about a run that program, symbols and number of calls fix. Where each tensor lies, which generated
 * function or contraction computes it, in which order; as plain data that every thread is given.
 */
import { countOf, isDType, Layout, NO_NODE, type ListName, type Program, type Request } from "@assay/vm";
import { writeCanonicalFloats } from "../codegen/canonical.ts";
import { fixed } from "../codegen/graph.ts";
import { Library } from "../codegen/library.ts";
import type { ContractionKernels } from "../contraction.ts";
import { ModuleWriter, MAX_PAGES } from "../wasm/module.ts";
import { placeTensors } from "./arena.ts";
import { joinIndependent } from "./independentGroups.ts";
import { sumsBytes, type KernelContext } from "./kernels.ts";
import type { LinearMemory } from "./memory.ts";
import { nativeKernelsOf, type NativeUse } from "./natives.ts";
import { planList, type PlannedList, type PlannedNode, type Slot } from "./nodes.ts";
import { historyNodes, type GivenTensor, type Surroundings } from "./operands.ts";
import type { PackedParameters } from "./packing.ts";
import type { Parameters } from "./parameters.ts";
import { rowContractions } from "./rowContractions.ts";
import { scatters } from "./scatters.ts";
import { kernelCalls, scratchOf, type Step } from "./step.ts";
import { constantNodes } from "./constantNodes.ts";
import { prepareFactors } from "./preparedFactors.ts";
import { matches, stepsOf, type StepContext } from "./steps.ts";
import { encodeSteps } from "./stepWords.ts";
import { Tables } from "./tables.ts";

/** Which tensors a run keeps: all, for a trace; or only what is asked for, the rest sharing memory. */
export type Keep = "all" | "outputs";

/** Everything that is done for one list. */
export interface ListProgram {
  readonly list: PlannedList;
  readonly steps: readonly Step[];
  /** Address of the steps' words (`stepWords.ts`). */
  readonly words: number;
}

/** A table of a history: by call, the address and the number of elements of the tensor that a load may read. */
export interface HistoryTable {
  readonly address: number;
  readonly prompt: number;
  readonly decode: number;
}

/** How many kernels a plan has, and how many of them run in the machine's own code. */
export interface KernelCounts {
  readonly all: number;
  readonly native: number;
}

export interface Plan {
  readonly layout: Layout;
  readonly keep: Keep;
  readonly lists: Readonly<Partial<Record<ListName, ListProgram>>>;
  readonly inputs: readonly number[];
  readonly histories: readonly HistoryTable[];
  /** Address of a retained node's tensor in a call. */
  readonly addressOf: (call: number, node: PlannedNode) => number;
  /** What must be written before the plan is run. */
  readonly tables: Tables;
  /** Scratch of contractions, a stride for each thread. */
  readonly scratch: { readonly address: number; readonly stride: number };
  readonly module: Uint8Array<ArrayBuffer>;
  readonly kernels: KernelCounts;
  /** End of the memory that the plan uses. */
  readonly top: number;
}

export interface PlanOptions {
  readonly keep: Keep;
  readonly fused: boolean;
  readonly memory: LinearMemory;
  readonly parameters: Parameters;
  readonly packed: PackedParameters;
  readonly kernels: ContractionKernels;
  readonly threads: number;
  readonly native: NativeUse;
}

/** Plans a request's run. Throws `EngineError`. */
export function planRun(program: Program, request: Request, options: PlanOptions): Plan {
  const { memory, keep, parameters } = options;
  const layout = new Layout(program, request);
  const { calls } = request;
  const callsOf: Partial<Record<ListName, number[]>> = {};
  for (let call = 0; call < calls; call++) (callsOf[layout.list(call)] ??= []).push(call);
  const planned: Partial<Record<ListName, PlannedList>> = {};
  for (const [name, ofList] of Object.entries(callsOf)) {
    const list = planList(layout, ofList, memory);
    planned[name as ListName] = { ...list, groups: joinIndependent(list.groups, options.threads) };
  }

  const inputs = request.inputs.map((tensor) => ({ tensor, address: memory.take(bytesOf(tensor) + 16) }));
  const histories = new Map<string, HistoryTable>();
  const history = (prompt: number, decode: number): number => {
    const key = `${prompt} ${decode}`;
    const known = histories.get(key) ?? { address: memory.take(8 * calls), prompt, decode };
    histories.set(key, known);
    return known.address;
  };
  const surroundings: Surroundings = {
    inputs: inputs.map(({ tensor, address }): GivenTensor => ({
      dtype: tensor.dtype,
      count: fixed(countOf(tensor.shape)),
      address: () => fixed(address),
    })),
    parameters: program.params.map((tensor, i): GivenTensor => ({
      dtype: tensor.dtype,
      count: fixed(countOf(tensor.shape)),
      address: () => fixed(parameters.address(i)),
    })),
    lists: planned,
    history,
  };

  const { stop, outputs } = program.header;
  const given = Object.values(planned);
  const retained = retainedNodes(given, stop);
  const last = given.find((list) => list.calls.includes(calls - 1))!;
  const kept = new Set(outputs.map((index) => last.nodes[index]));
  const addressOf = retain(retained, given, memory);
  for (const list of given) placeTensors(list, { keep, kept, retained, memory });
  const rowWise = given.map((list) => rowContractions(list, surroundings, request, memory));
  const grouped = given.map((list, i): PlannedList => ({ ...list, groups: rowWise[i].groups }));

  const writer = new ModuleWriter({ shared: memory.shared, maximum: MAX_PAGES });
  writeCanonicalFloats(writer);
  const tables = new Tables(memory);
  const inRows = new Map(rowWise.flatMap(({ found }) => [...found]));
  const { packed } = options;
  const asked = keep === "all" ? "all" : new Set([...kept, ...retained]);
  const constant = constantNodes(grouped, matches(grouped, surroundings, request), packed, asked);
  const prepared = prepareFactors(constant.lists, constant.matches, surroundings, memory, packed);
  const { matches: found } = prepared;
  const scattered = scatters(prepared.lists, surroundings, request, memory);
  const { lists } = scattered;
  for (const [node, { match }] of inRows) found.set(node, match);
  const kernels: KernelContext = {
    surroundings,
    request,
    places: { tables, packed, kernels: options.kernels },
    matches: found,
    sums: memory.take(sumsBytes(found)),
    scatters: scattered.found,
    accumulators: scattered.accumulators,
  };
  const context: StepContext = {
    ...kernels,
    writer,
    library: new Library(writer, options.fused),
    threads: options.threads,
    native: nativeKernelsOf(lists, kernels, options.native),
    prepared: prepared.operands,
    rowContractions: inRows,
  };
  const programs: Partial<Record<ListName, ListProgram>> = {};
  let scratchBytes = 0;
  for (const list of lists) {
    const steps = list.groups.flatMap((group) => stepsOf(group, context));
    programs[list.name] = { list, steps, words: tables.place(encodeSteps(steps, (words) => tables.place(words))) };
    scratchBytes = Math.max(scratchBytes, ...steps.map(scratchOf));
  }
  const stride = Math.ceil(scratchBytes / 64) * 64;
  return {
    layout,
    keep,
    lists: programs,
    inputs: inputs.map(({ address }) => address),
    histories: [...histories.values()],
    addressOf,
    tables,
    scratch: { address: memory.take(stride * options.threads), stride },
    module: writer.encode(),
    kernels: countKernels(Object.values(programs)),
    top: memory.top,
  };
}

function countKernels(programs: readonly ListProgram[]): KernelCounts {
  const steps = programs.flatMap((program) => program.steps);
  const calls = steps.flatMap(kernelCalls);
  return { all: calls.length, native: calls.filter(({ native }) => native !== undefined).length };
}

function bytesOf(tensor: Request["inputs"][number]): number {
  // An input may be of no known type: then nothing can be loaded from it.
  return isDType(tensor.dtype) ? 8 * countOf(tensor.shape) : 0;
}

/** Nodes whose tensors outlive their call: what histories read, and what says stop. */
function retainedNodes(lists: readonly PlannedList[], stop: { prompt: number; decode: number }): Set<PlannedNode> {
  const retained = new Set<PlannedNode>();
  const byName = new Map(lists.map((list) => [list.name, list]));
  const add = (name: ListName, index: number): void => {
    const node = byName.get(name)?.nodes[index];
    if (node !== undefined) retained.add(node);
  };
  for (const { nodes } of lists) {
    for (const { record } of nodes) {
      const { prompt, decode } = historyNodes(record?.operands ?? []);
      for (const index of prompt) add("prompt", index);
      for (const index of decode) add("decode", index);
    }
  }
  if (stop.prompt !== NO_NODE) add("prompt", stop.prompt);
  if (stop.decode !== NO_NODE) add("decode", stop.decode);
  return retained;
}

/** Gives retained nodes memory of their own in every call; those of several calls find their address in a slot. */
function retain(
  retained: ReadonlySet<PlannedNode>,
  lists: readonly PlannedList[],
  memory: LinearMemory,
): Plan["addressOf"] {
  const first = new Map<PlannedNode, { base: number; stride: number }>();
  const callsOf = new Map(lists.flatMap((list) => list.nodes.map((node) => [node, list] as const)));
  const slots: [PlannedList, Slot][] = [];
  for (const node of retained) {
    const list = callsOf.get(node)!;
    const stride = Math.ceil((node.bytes + 16) / 64) * 64;
    const base = memory.take(stride * list.calls.length);
    first.set(node, { base, stride });
    if (list.calls.length === 1) node.address = fixed(base);
    else {
      const slot = memory.take(4);
      node.address = { constant: undefined, slot, most: 2 ** 32 };
      slots.push([list, { address: slot, of: (call) => base + stride * (call - list.calls[0]) }]);
    }
  }
  for (const [list, slot] of slots) list.slots.push(slot);
  return (call, node) => {
    const known = first.get(node);
    if (known === undefined) return node.address.constant!;
    return known.base + known.stride * (call - callsOf.get(node)!.calls[0]);
  };
}
