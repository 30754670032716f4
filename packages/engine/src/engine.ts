/**
 * The engine: runs a program, any number of times, with the reference interpreter's bits. What it runs is a plan, made once
 * for each set of sizes; what the plan cannot hold is run by the plain executor.
 */
import {
  byteLength,
  checkRequest,
  countOf,
  denseBytes,
  DType,
  isDType,
  Layout,
  loadWord,
  makeTensor,
  type ListName,
  type Program,
  type Request,
  type Run,
  type Tamper,
  type Tensor,
} from "@assay/vm";
import { contractionKernels, type Backend } from "./backend.ts";
import { CALL_ADDRESS, FREE_ADDRESS, SEED_ADDRESS } from "./codegen/emitter.ts";
import type { ContractionKernels } from "./contraction.ts";
import { host, type Threads } from "./host.ts";
import { PlainEngine } from "./plain/executor.ts";
import { writeCanonical } from "./plan/canonical.ts";
import { EngineError, LinearMemory } from "./plan/memory.ts";
import type { NativeUse } from "./plan/natives.ts";
import type { PlannedNode } from "./plan/nodes.ts";
import { Evaluator } from "./evaluated.ts";
import { PackedParameters } from "./plan/packing.ts";
import { Parameters } from "./plan/parameters.ts";
import { planRun, type Keep, type KernelCounts, type ListProgram, type Plan } from "./plan/plan.ts";
import { kernelCalls, isMachineStep, type Step } from "./plan/step.ts";
import { fusesMadd } from "./kernels/probe.ts";
import { Runner } from "./runner.ts";
import { MAX_PAGES } from "./wasm/module.ts";
import { compileModule, type CompiledModule } from "./wasm/webAssembly.ts";

const MOST_THREADS = 64;
/** Plans that are kept, one for each set of sizes. */
const MOST_PLANS = 8;

/** A plan ready to run. */
interface Made {
  readonly plan: Plan;
  readonly module: CompiledModule;
  readonly runner: Runner;
}

export interface EngineOptions {
  /** `auto` if absent. */
  readonly backend?: Backend;
  /** Threads that compute, this one included; 1 if absent. */
  readonly threads?: number;
  readonly native?: NativeUse;
  /** Emulate the fused multiply-add in WebAssembly though the machine has it: for tests of the emulation. */
  readonly emulate?: boolean;
}

/** Runs one program. */
export class Engine {
  readonly program: Program;
  readonly threads: number;
  readonly #memory: LinearMemory;
  readonly #parameters: Parameters;
  readonly #fused: boolean;
  readonly #native: NativeUse;
  readonly #kernels: ContractionKernels;
  readonly #packed: PackedParameters;
  readonly #plans = new Map<string, Made>();
  /** Sizes that no plan holds. */
  readonly #unplannable = new Set<string>();
  /** Where plans begin: above the parameters. */
  #bottom: number;
  #plain: PlainEngine | undefined;
  #active: Plan | undefined;
  #pool: Threads | undefined;

  /**
   * Throws NO_BACKEND where native kernels are asked for and are not there, BAD_OPTION for a wrong number of threads.
   *
   * @param memory For an engine of one thread: another's memory, of which it uses what lies above the present top.
   */
  constructor(
    program: Program,
    { backend = "auto", threads = 1, emulate = false, native = {} }: EngineOptions = {},
    memory?: LinearMemory,
  ) {
    if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
      throw new EngineError("BAD_OPTION", `${threads} threads; 1 to ${MOST_THREADS} are possible`);
    }
    this.program = program;
    this.threads = threads;
    this.#native = native;
    this.#memory = memory ?? new LinearMemory(threads > 1, FREE_ADDRESS);
    this.#bottom = this.#memory.top;
    const { shared } = this.#memory;
    this.#parameters = new Parameters(program, this.#memory);
    const choice = { backend, emulate: emulate || !fusesMadd(), set: native.set };
    this.#fused = !choice.emulate;
    this.#kernels = contractionKernels(this.#memory.memory, { shared, maximum: MAX_PAGES }, choice);
    if (threads > 1) this.#pool = host().threads(this.#memory, choice, threads - 1);
    if (threads > 1 && this.#pool === undefined) throw new EngineError("NO_BACKEND", "this host has no threads");
    // No kernels are compiled by the machine's compiler for what runs once.
    const alone = { backend: "wasm", emulate } as const;
    const evaluator = new Evaluator((...parts) => new Engine(...parts), program, alone, this.#memory);
    this.#packed = new PackedParameters(program, this.#memory, this.#parameters, this.#kernels, evaluator);
  }

  /**
   * Computes every tensor of every call; errors and `tamper` as for the reference interpreter's `run`. Dimensions of
   * the result are those of the layout.
   */
  run(request: Request, tamper?: Tamper): Run {
    checkRequest(this.program.header, request);
    const made = this.#plan(request, "all");
    if (made === undefined) return this.#inPlain(request, tamper);
    const { plan } = made;
    const tensors: Tensor[][] = [];
    // A plan serves many requests; what is proven of a run stands on its own inputs.
    const layout = new Layout(this.program, request, plan.layout);
    this.#execute(made, request, {
      tamper,
      ended: (call, stopped, flag) => tensors.push(this.#tensorsOf(plan, call, stopped, flag)),
    });
    const { call, positions } = layout.outputs();
    return {
      layout,
      tensor: (c, position) => tensors[c][position],
      description: (c, position) => layout.description(c, position),
      outputs: positions.map((position) => tensors[call][position]),
    };
  }

  /**
   * Makes the plan of requests of this size now, so that the first run need not wait for it.
   *
   * @returns how many kernels were generated for it, and how many of them are in the machine's code; undefined for sizes
   * that no plan holds.
   */
  prepare(request: Request): KernelCounts | undefined {
    checkRequest(this.program.header, request);
    return this.#plan(request, "outputs")?.plan.kernels;
  }

  /** What computes contractions: `native …` or `wasm …`. */
  get backend(): string {
    return this.#kernels.name;
  }

  /** Ends the threads. The engine cannot run after that. */
  close(): void {
    this.#pool?.close();
  }

  /** The outputs alone; intermediate tensors share memory. Errors as for `run`. */
  infer(request: Request): readonly Tensor[] {
    return this.#infer(request, (plan, call, node) => this.#read(plan, call, node)) ?? this.#inPlain(request).outputs;
  }

  /** Copies the outputs' bytes into `to`, which has room for them. Errors as for `run`. */
  inferTo(request: Request, to: readonly Uint8Array[]): void {
    const done = this.#infer(request, (plan, call, node, i) => {
      const address = plan.addressOf(call, node);
      const { description } = plan.layout.geometry(call, node.index);
      to[i].set(this.#memory.bytes.subarray(address, address + byteLength(node.dtype, description.count)));
    });
    if (done === undefined) this.#inPlain(request).outputs.forEach((tensor, i) => to[i].set(denseBytes(tensor)));
  }

  /** What `read` makes of each output where it lies; undefined for sizes that no plan holds. */
  #infer<T>(
    request: Request,
    read: (plan: Plan, call: number, node: PlannedNode, output: number) => T,
  ): readonly T[] | undefined {
    checkRequest(this.program.header, request);
    const made = this.#plan(request, "outputs");
    if (made === undefined) return undefined;
    const { plan } = made;
    this.#execute(made, request, {});
    const { call, positions } = plan.layout.outputs();
    const { list } = listOf(plan, call);
    return positions.map((index, i) => read(plan, call, list.nodes[index], i));
  }

  #inPlain(request: Request, tamper?: Tamper): Run {
    this.#plain ??= new PlainEngine(this.program);
    return this.#plain.run(request, tamper);
  }

  #plan(request: Request, keep: Keep): Made | undefined {
    const inputs = request.inputs.map(({ dtype, shape }) => [dtype, countOf(shape)]);
    const key = JSON.stringify([keep, request.symbols, request.calls, inputs]);
    const known = this.#plans.get(key);
    if (known !== undefined) {
      this.#plans.delete(key);
      this.#plans.set(key, known);
      return known;
    }
    if (this.#unplannable.has(key)) return undefined;
    const memory = this.#memory;
    try {
      for (;;) {
        const mark = this.#bottom;
        memory.release(mark);
        const plan = planRun(this.program, request, {
          keep,
          fused: this.#fused,
          memory,
          parameters: this.#parameters,
          packed: this.#packed,
          kernels: this.#kernels,
          threads: this.threads,
          native: this.#native,
        });
        memory.release(mark);
        if (!this.#settle()) {
          memory.release(plan.top);
          const module = compileModule(plan.module);
          const runner = new Runner(module, memory.memory, this.#kernels, plan.scratch.address);
          const made = { plan, module, runner };
          if (this.#plans.size === MOST_PLANS) this.#plans.delete(this.#plans.keys().next().value!);
          this.#plans.set(key, made);
          return made;
        }
      }
    } catch (error) {
      memory.release(this.#bottom);
      if (!(error instanceof EngineError) || error.code !== "UNPLANNABLE") throw error;
      if (this.#unplannable.size === MOST_PLANS) this.#unplannable.clear();
      this.#unplannable.add(key);
      return undefined;
    }
  }

  /** Copies in the parameters that a plan found missing; whether there were any, so that it must be made again. */
  #settle(): boolean {
    try {
      const [raw, packed] = [this.#parameters.settle(), this.#packed.settle()];
      // What the active plan needs in the memory may have been written over.
      if (raw || packed) this.#active = undefined;
      return raw || packed;
    } finally {
      // INVARIANT: plans begin above every parameter that has an address, also where not all had room. Earlier plans are void.
      if (this.#memory.top !== this.#bottom) this.#plans.clear();
      this.#bottom = this.#memory.top;
    }
  }

  #execute(
    made: Made,
    request: Request,
    hooks: { tamper?: Tamper; ended?: (call: number, stopped: boolean, flag: number) => void },
  ): void {
    const memory = this.#memory;
    const { plan, runner } = made;
    if (this.#active !== plan) this.#prepare(made);
    request.inputs.forEach((tensor, i) => {
      if (isDType(tensor.dtype)) writeCanonical(memory.bytes, plan.inputs[i], tensor, runner.canonicalFloats);
    });
    const seed = new BigUint64Array(memory.memory.buffer, SEED_ADDRESS, 4);
    for (let i = 0; i < 4; i++) seed[i] = BigInt.asUintN(64, request.seed >> BigInt(64 * i));

    let flag = 0;
    for (let call = 0; call < request.calls; call++) {
      const { list, steps } = listOf(plan, call);
      const decoding = list.name === "decode";
      if (decoding && call > 0) flag ||= this.#stops(plan, call - 1) ? 1 : 0;
      if (decoding && hooks.tamper !== undefined) {
        const told = hooks.tamper(call, 0, makeTensor(DType.BOOL, [1], Uint8Array.of(flag)));
        flag = loadWord(told.dtype, told.data, 0) === 0 ? 0 : 1;
      }
      const stopped = decoding && flag !== 0;
      const words = memory.words(0, memory.memory.buffer.byteLength >> 2);
      words[CALL_ADDRESS >> 2] = call;
      for (const { address, of } of list.slots) words[address >> 2] = of(call);
      if (!stopped) {
        for (let index = 0, next: number; index < steps.length; index = next) {
          next = hooks.tamper === undefined ? stretchEnd(steps, index) : index + 1;
          this.#run(made, list.name, index, next);
          if (hooks.tamper !== undefined && endsNode(steps, index))
            this.#tamper(plan, call, steps[index], hooks.tamper);
        }
      }
      this.#note(plan, call, stopped);
      hooks.ended?.(call, stopped, flag);
    }
  }

  /** Computes steps [from, to) of a list: one, or several that the machine's code does in one call. */
  #run({ plan, runner }: Made, name: ListName, from: number, to: number): void {
    const { steps, words } = plan.lists[name]!;
    const step = steps[from];
    const pool = this.#pool;
    if (isMachineStep(step)) {
      if (pool === undefined || isAlone(step)) runner.lead(words, from, to);
      else pool.lead(runner, words, from, to);
    } else if (pool === undefined) runner.run(step);
    else pool.run(runner, step, Object.keys(plan.lists).indexOf(name), from);
  }

  /** Writes what a plan needs in memory before its first run, or after another plan's. */
  #prepare({ plan, module }: Made): void {
    const { bytes } = this.#memory;
    for (const { list } of Object.values(plan.lists)) {
      for (const node of list.nodes) {
        if (node.record !== undefined) continue;
        for (const call of list.calls) bytes.fill(0, plan.addressOf(call, node), plan.addressOf(call, node) + 4);
      }
    }
    plan.tables.write();
    this.#pool?.load(plan, module);
    this.#active = plan;
  }

  /** What the stop node of a call says. */
  #stops(plan: Plan, call: number): boolean {
    const { stop } = this.program.header;
    const index = call === 0 ? stop.prompt : stop.decode;
    const node = listOf(plan, call).list.nodes[index];
    if (node === undefined || plan.layout.geometry(call, index).description.count === 0) return false;
    const address = plan.addressOf(call, node);
    return loadWord(node.dtype, this.#memory.bytes.subarray(address, address + 8), 0) !== 0;
  }

  /** Enters a call's tensors in the tables of histories. */
  #note(plan: Plan, call: number, stopped: boolean): void {
    const { list } = listOf(plan, call);
    for (const { address, prompt, decode } of plan.histories) {
      const index = call === 0 ? prompt : decode;
      const node = list.name === "epilogue" ? undefined : list.nodes[index];
      const entry = this.#memory.words(address + 8 * call, 2);
      entry[0] = node === undefined ? 0 : plan.addressOf(call, node);
      entry[1] = node === undefined || stopped ? 0 : plan.layout.geometry(call, index).description.count;
    }
  }

  /** @param shared Whether in memory that threads share: they hash a trace's tensors where they lie. */
  #read(plan: Plan, call: number, node: PlannedNode, shared = false): Tensor {
    const { description } = plan.layout.geometry(call, node.index);
    const address = plan.addressOf(call, node);
    const length = byteLength(node.dtype, description.count);
    const shape = plan.layout.dimensions(call, plan.layout.firstNode(call) + node.index);
    return { dtype: node.dtype, shape, data: copyOf(this.#memory.bytes, address, length, shared) };
  }

  #tensorsOf(plan: Plan, call: number, stopped: boolean, flag: number): Tensor[] {
    const { list } = listOf(plan, call);
    const tensors = list.nodes.map((node): Tensor => {
      if (!stopped) return this.#read(plan, call, node, this.#memory.shared);
      const position = plan.layout.firstNode(call) + node.index;
      return { dtype: node.dtype, shape: plan.layout.dimensions(call, position), data: new Uint8Array(0) };
    });
    return list.name === "decode" ? [makeTensor(DType.BOOL, [1], Uint8Array.of(flag)), ...tensors] : tensors;
  }

  /** Lets a liar replace the tensors of a step. */
  #tamper(plan: Plan, call: number, step: ListProgram["steps"][number], tamper: Tamper): void {
    const { list } = listOf(plan, call);
    const indices = new Set(kernelCalls(step).map((call) => call.node));
    for (const index of indices) {
      const node = list.nodes[index];
      const tensor = this.#read(plan, call, node);
      const told = tamper(call, plan.layout.firstNode(call) + index, tensor);
      if (told === tensor) continue;
      if (told.dtype !== tensor.dtype) throw new EngineError("BAD_OPTION", "a lie keeps its tensor's type");
      writeCanonical(this.#memory.bytes, plan.addressOf(call, node), { ...told, shape: tensor.shape });
    }
  }
}

/** Whether a step is one that threads are not to wait at: they would look for parts all the while, and find none. */
const isAlone = (step: Step): boolean => step.kind === "rows" && !step.shared;

/** The end of the steps from `index` on that are computed in one call. */
function stretchEnd(steps: readonly Step[], index: number): number {
  let end = index;
  while (end < steps.length && isMachineStep(steps[end]) && !isAlone(steps[end])) end++;
  return Math.max(end, index + 1);
}

/** Whether a step is the last of those that compute its node. */
function endsNode(steps: readonly Step[], index: number): boolean {
  const nodeOf = (step: Step | undefined): number | undefined => (step && "node" in step ? step.node : undefined);
  const node = nodeOf(steps[index]);
  return node === undefined || nodeOf(steps[index + 1]) !== node;
}

function listOf(plan: Plan, call: number): ListProgram {
  return plan.lists[plan.layout.list(call)]!;
}

/** Bytes of a memory that may be shared, as bytes of their own. */
function copyOf(bytes: Uint8Array, at: number, length: number, shared: boolean): Uint8Array {
  const copy = shared ? new Uint8Array(new SharedArrayBuffer(length)) : new Uint8Array(length);
  copy.set(bytes.subarray(at, at + length));
  return copy;
}
