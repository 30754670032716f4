/**
 * Step witnesses: the bytes that a step's hashes stand for, in the order in which the step evaluator asks for them. A
 * reader gives the evaluator what a witness holds; a maker gives it what a trace holds, and writes the witness.
 */
import { ByteWriter } from "./bytes.ts";
import type { Hash } from "./hash.ts";
import { encodeHeader } from "./header.ts";
import type { TensorPlace } from "./nodeMachine.ts";
import { recordLeaf } from "./record.ts";
import { evaluateStep, StepEvaluatorError, type ProvenTree, type Step, type WitnessSource } from "./stepEvaluator.ts";
import {
  commitment,
  DESCRIPTION_BYTES,
  describeTensor,
  encodeDescription,
  leafOf,
  treeOf,
  type Tensor,
} from "./tensor.ts";
import type { Trace } from "./trace.ts";
import { LEAF_BYTES, listTree, proofOf, rootOf, type HashTree } from "./tree.ts";

const HASH_BYTES = 32;

/** Reads a witness from the first byte to the last. */
class WitnessReader implements WitnessSource {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  header(): Uint8Array {
    return this.#block();
  }

  record(): Uint8Array {
    return this.#block();
  }

  inputs(count: number): Hash[] {
    return this.#hashes(count);
  }

  tensor(): { description: Uint8Array; root: Hash } {
    return { description: this.#take(DESCRIPTION_BYTES), root: this.#take(HASH_BYTES) };
  }

  path(_tree: ProvenTree, _index: number, length: number): Hash[] {
    return this.#hashes(length);
  }

  leaf(): Uint8Array {
    return this.#take(LEAF_BYTES);
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) {
      throw new StepEvaluatorError("Length", this.#offset, this.#bytes.length);
    }
  }

  #block(): Uint8Array {
    const [high, low] = this.#take(2);
    return this.#take(high * 256 + low);
  }

  #hashes(count: number): Hash[] {
    return Array.from({ length: count }, () => this.#take(HASH_BYTES));
  }

  #take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new StepEvaluatorError("Length", end, this.#bytes.length);
    const bytes = this.#bytes.slice(this.#offset, end);
    this.#offset = end;
    return bytes;
  }
}

/** The verdict on a step: as `evaluateStep`, from a witness. */
export function evaluateWitness(step: Step, witness: Uint8Array): Uint8Array {
  return evaluateStep(step, new WitnessReader(witness));
}

/** A step's result by what the trace holds, and the witness for it. */
export interface WitnessedResult {
  readonly result: Uint8Array;
  readonly witness: Uint8Array;
}

/** Makes witnesses for the steps of one trace; it keeps the trees over parameters and inputs between them. */
export class WitnessMaker {
  readonly #trace: Trace;
  readonly #tensorTrees = new Map<Tensor, HashTree>();
  readonly #listTrees = new Map<string, HashTree>();

  /** `trace` is what loads read from; its layout has the program and the inputs. A liar's trace will do. */
  constructor(trace: Trace) {
    this.#trace = trace;
  }

  /**
   * The witness of a step, and what the step gives. Throws `StepEvaluatorError` where the step does not exist, where the
   * claim is not the layout's, and where the trace is a lie that does not hash on the way from a needed leaf to the root.
   */
  make(step: Step): WitnessedResult {
    const writer = new ByteWriter();
    const trace = this.#trace;
    const { program, request } = trace.layout;
    const put = (bytes: Uint8Array): Uint8Array => {
      writer.put(bytes);
      return bytes;
    };
    const block = (bytes: Uint8Array): Uint8Array => {
      writer.u16(bytes.length);
      return put(bytes);
    };
    const result = evaluateStep(step, {
      header: () => block(encodeHeader(program.header)),
      record: (call, node) => block(program[trace.layout.list(call)][node]),
      inputs: () => request.inputs.map((tensor) => put(this.#commitment(tensor))),
      tensor: (place) => {
        const { description, root } = this.#opening(place);
        return { description: put(description), root: put(root) };
      },
      path: (which, index, length) => this.#path(which, index, length).map(put),
      leaf: (place, index) => put(this.#leaf(place, index)),
      end: () => undefined,
    });
    return { result, witness: writer.bytes };
  }

  #opening(place: TensorPlace): { description: Uint8Array; root: Hash } {
    if (place.kind === "trace") {
      const { description, root } = this.#trace.opening(place.call, place.position);
      return { description: encodeDescription(description), root };
    }
    const tensor = this.#given(place);
    return { description: encodeDescription(describeTensor(tensor)), root: rootOf(this.#tensorTree(tensor)) };
  }

  #leaf(place: TensorPlace, index: number): Uint8Array {
    if (place.kind === "trace") return this.#trace.leaf(place.call, place.position, index);
    return leafOf(this.#given(place), index);
  }

  #given({ kind, index }: Exclude<TensorPlace, { kind: "trace" }>): Tensor {
    const { program, request } = this.#trace.layout;
    return kind === "input" ? request.inputs[index] : program.params[index];
  }

  /** The lowest siblings of a path. Throws where a lie makes the tree lower than its description says. */
  #path(which: ProvenTree, index: number, length: number): Hash[] {
    const path = proofOf(this.#tree(which), index);
    if (path.length < length) throw new StepEvaluatorError("Length", length, path.length);
    return path.slice(0, length);
  }

  #tree(which: ProvenTree): HashTree {
    const { program } = this.#trace.layout;
    switch (which.tree) {
      case "records": {
        const list = this.#trace.layout.list(which.call);
        return remember(this.#listTrees, list, () => listTree(program[list].map(recordLeaf)));
      }
      case "parameters":
        return remember(this.#listTrees, "parameters", () =>
          listTree(program.params.map((tensor) => this.#commitment(tensor))),
        );
      case "calls":
        return this.#trace.callsTree();
      case "call":
        return this.#trace.callTree(which.call);
      case "group":
        return this.#trace.groupTree(which.place.call, which.place.position);
      case "tensor":
        return which.place.kind === "trace"
          ? this.#trace.tensorTree(which.place.call, which.place.position)
          : this.#tensorTree(this.#given(which.place));
    }
  }

  #tensorTree(tensor: Tensor): HashTree {
    return remember(this.#tensorTrees, tensor, () => treeOf(tensor));
  }

  #commitment(tensor: Tensor): Hash {
    return commitment(describeTensor(tensor), rootOf(this.#tensorTree(tensor)));
  }
}

function remember<K, V>(known: Map<K, V>, key: K, compute: () => V): V {
  const value = known.get(key) ?? compute();
  known.set(key, value);
  return value;
}
