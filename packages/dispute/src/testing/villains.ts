/**
 * Liars: providers that answer falsely, each a way to lie. A liar is given the truth (a run, and the means to run again with
 * something changed) and tells a story of its own: outputs to post, a trace and accumulators to defend them with, and
 * perhaps a mind of its own for the game. Every choice follows from a seeded source of numbers.
 */
import { equalBytes } from "@assay/vm/bytes";
import type { Claim } from "@assay/vm/claim";
import { byteLength } from "@assay/vm/dtype";
import type { Hash } from "@assay/vm/hash";
import type { Run, Tamper } from "@assay/vm/interpreter";
import type { Program } from "@assay/vm/program";
import type { Request } from "@assay/vm/request";
import { countOf, denseBytes, joinedRoot } from "@assay/vm/tensor";
import type { Description, Tensor } from "@assay/vm/tensor";
import { Trace } from "@assay/vm/trace";
import type { Machine } from "../machine.ts";
import type { Move } from "../move.ts";
import { programMachine } from "../programMachine.ts";
import type { Pause } from "../provider.ts";
import type { Dispute, Game } from "../state.ts";
import type { Random } from "./random.ts";

/** What to run instead of the truth. */
export interface Change {
  readonly program?: Program;
  readonly request?: Request;
  readonly tamper?: Tamper;
}

/** What a liar knows: what is right. */
export interface Truth {
  readonly run: Run;
  /** The claim that a true answer would make. */
  readonly claim: Claim;
  /** Runs again, with a change. */
  execute(change: Change): Run;
}

/** What a side does when it is asked: a move, or the reason for none. */
export type Mind = (dispute: Dispute, game: Game, now: number) => Move | Pause;

/** An output tensor and what its commitment says of it. */
export interface Output {
  readonly tensor: Tensor;
  readonly description: Description;
}

/** A run as somebody tells it. */
export interface Told {
  readonly outputs: readonly Output[];
  /** What is claimed: the outputs' root, unless the trace commits to outputs that no bytes hash to. */
  readonly outputsRoot: Hash;
  readonly trace: Trace;
  readonly machine: Machine;
  /** How it answers; the provider's player over this trace if absent. */
  readonly mind?: (usual: Mind) => Mind;
}

export interface Liar {
  readonly name: string;
  /** Completes "the provider tells another story: …". */
  readonly summary: string;
  /** What must be asked for the lie to be possible. */
  ask?(request: Request): Request;
  /** The lie; undefined where the program has no place for it. */
  tell(truth: Truth, random: Random): Told | undefined;
}

/** An element of a trace. */
export interface Place {
  readonly call: number;
  readonly position: number;
  readonly element: number;
}

/** A run's outputs, as they are posted. */
export function outputsOf(source: Pick<Run, "layout" | "tensor">): Output[] {
  const { call, positions } = source.layout.outputs();
  return positions.map((position) => {
    const tensor = source.tensor(call, position);
    // What lies behind the end is not posted.
    const data = denseBytes(tensor).slice(0, byteLength(tensor.dtype, countOf(tensor.shape)));
    return { tensor: { ...tensor, data }, description: source.layout.description(call, position) };
  });
}

/** Whether two runs answer the same. */
export function sameOutputs(a: Run, b: Run): boolean {
  return a.outputs.every((tensor, i) => equalBytes(denseBytes(tensor), denseBytes(b.outputs[i])));
}

/**
 * The story of a run, perhaps with a trace that does not hold together. A lie that does not reach the answer would lie
 * for nothing: then the answer is wrong too.
 */
export function toldOf(truth: Truth, run: Run, bend: (trace: Trace) => Trace = (trace) => trace): Told {
  const trace = bend(sameOutputs(run, truth.run) ? withWrongOutput(new Trace(run)) : new Trace(run));
  const { call, positions } = trace.layout.outputs();
  const outputsRoot = joinedRoot(positions.map((position) => trace.commitment(call, position)));
  return { outputs: outputsOf(trace), outputsRoot, trace, machine: programMachine(truth.claim, trace) };
}

/** The trace with one bit of its first output inverted. */
export function withWrongOutput(trace: Trace): Trace {
  const { call, positions } = trace.layout.outputs();
  const tensor = trace.tensor(call, positions[0]);
  const data = Uint8Array.from(denseBytes(tensor));
  data[0] ^= 1;
  return trace.withTensor(call, positions[0], { ...tensor, data });
}

/** What a liar is told of the truth, by any executor. */
export function truthOf(
  run: Run,
  claim: Claim,
  execute: (program: Program, request: Request, tamper?: Tamper) => Run,
): Truth {
  const { program, request } = run.layout;
  return {
    run,
    claim,
    execute: (change) => execute(change.program ?? program, change.request ?? request, change.tamper),
  };
}
