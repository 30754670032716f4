/**
 * The step evaluator, the twin of `contracts/vm/StepEvaluator.sol`: it computes one number of a trace again, from the
 * program and the numbers it was computed from, and believes nothing that does not hash to the step. A dispute ends here.
 *
 * It reads what it needs from a source in the order in which it needs it. With a witness behind the source that is the
 * verdict; with a trace behind it, the source writes the witness (`witness.ts`).
 */
import { equalBytes } from "./bytes.ts";
import type { Claim } from "./claim.ts";
import { DType, isDType, loadWord, storeWord } from "./dtype.ts";
import { keccak, toHex, type Hash } from "./hash.ts";
import { decodeHeader, listOfCall, positionsOfCall, programRootOf, type ProgramHeader } from "./header.ts";
import { isOneGroup, STOP_FLAG } from "./layout.ts";
import {
  canStop,
  computeStopFlag,
  NodeMachine,
  readStopFlag,
  type OperandSource,
  type TensorPlace,
  type Visible,
} from "./nodeMachine.ts";
import {
  decodeRecord,
  geometryOf,
  MAX_COUNT,
  MAX_GROUP_ROWS,
  MAX_MEMBERS,
  recordLeaf,
  type Geometry,
} from "./record.ts";
import { unpackSymbols } from "./request.ts";
import { packSnapshot, unpackSnapshot } from "./snapshot.ts";
import { cellOf, cellsDepth, elementsDepth, leafOfElement, rowOf } from "./rowGroup.ts";
import { commitment, decodeDescription, isGrouped, membersOf, widthOf, type Description } from "./tensor.ts";
import { packDescription, packShape } from "./tensorShape.ts";
import { depthOf, rootFromProof } from "./tree.ts";
import { VerifiedTree } from "./verifiedTree.ts";
import type { Word } from "./word.ts";

/** Which part of an element is computed, or what else follows from its record. */
export const Part = {
  /** The whole element; of a reduction `init`, every step and `final`. */
  VALUE: 0,
  /** The accumulators after the steps [lo, hi), from `from`, or from `init` where lo is 0. */
  STEPS: 1,
  /** The element from the accumulators `from` after the last step. */
  FINAL: 2,
  /** No number but the tensor's packed shape. */
  SHAPE: 3,
} as const;
export type Part = (typeof Part)[keyof typeof Part];

/** One place of a claim's trace: the smallest thing a dispute asks. */
export interface Step {
  readonly claim: Claim;
  /** Root of the trace that loads read from. */
  readonly traceRoot: Hash;
  readonly call: number;
  /** Place of the tensor in its call; 0 is the stop flag of a decode call. */
  readonly position: number;
  /** Row-major index of the element; at or above the tensor's count it is padding. */
  readonly element: number;
  readonly part: Part;
  /** First step (STEPS only). */
  readonly lo: number;
  /** Step after the last, at most the extent (STEPS only). */
  readonly hi: number;
  /** Snapshot (FINAL, and STEPS where lo > 0); 32 bytes, those after the accumulators are not read. */
  readonly from: Uint8Array;
}

/** Why a step is refused: the names of the contract's errors. */
export type StepErrorName = "Header" | "Position" | "Range" | "Record" | "Inputs" | "Path" | "Length";

/** A step that does not exist, or a witness that is not the step's. */
export class StepEvaluatorError extends Error {
  /** Name of the contract's error. */
  readonly code: `StepEvaluator_${StepErrorName}`;
  constructor(name: StepErrorName, ...values: (number | Uint8Array)[]) {
    const shown = values.map((value) => (typeof value === "number" ? value : toHex(value)));
    super(`StepEvaluator_${name}(${shown.join(", ")})`);
    this.code = `StepEvaluator_${name}`;
  }
}

/** A tree whose nodes a witness shows. */
export type ProvenTree =
  | { readonly tree: "records"; readonly call: number }
  | { readonly tree: "parameters" | "calls" }
  | { readonly tree: "call"; readonly call: number }
  | { readonly tree: "group"; readonly place: TracePlace }
  | { readonly tree: "tensor"; readonly place: TensorPlace };

/** A tensor of the trace. */
export type TracePlace = Extract<TensorPlace, { kind: "trace" }>;

/** What a step needs, given in the order in which it asks. */
export interface WitnessSource {
  /** The program's header. */
  header(): Uint8Array;
  /** The record of a node of a call's list. */
  record(call: number, node: number): Uint8Array;
  /** All input commitments. */
  inputs(count: number): Hash[];
  /** A tensor's description, 25 bytes, and root. */
  tensor(place: TensorPlace): { readonly description: Uint8Array; readonly root: Hash };
  /** The lowest `length` siblings of leaf `index` of a tree. */
  path(tree: ProvenTree, index: number, length: number): Hash[];
  /** The 128 bytes of a leaf. */
  leaf(place: TensorPlace, index: number): Uint8Array;
  /** Called after the last read. Throws `StepEvaluator_Length` where something is left. */
  end(): void;
}

/**
 * Computes a step: 32 bytes, the stored bytes from the first on and zeros after. Throws `StepEvaluatorError` where the step
 * does not exist or the source gives anything but what its hashes stand for.
 */
export function evaluateStep(step: Step, source: WitnessSource): Uint8Array {
  const result = compute(step, source);
  source.end();
  const word = new Uint8Array(32);
  word.set(result);
  return word;
}

const ZERO = new Uint8Array(0);

function compute(step: Step, source: WitnessSource): Uint8Array {
  const { claim, call, position, element, part } = step;
  const headerBytes = source.header();
  const root = programRootOf(headerBytes);
  if (!equalBytes(root, claim.programRoot)) throw new StepEvaluatorError("Header", root);
  const header = decodeHeader(headerBytes);

  // INVARIANT: sizes come from program, symbols and call number, never from the trace.
  if (call >= claim.calls || position >= positionsOfCall(header, call, claim.calls)) {
    throw new StepEvaluatorError("Position", call, position);
  }
  const operands = new VerifiedOperands(header, step, source);
  const isDecode = listOfCall(header, call, claim.calls) === "decode";
  if (isDecode && position === 0) return stopFlag(step, header, operands);

  const node = position - (isDecode ? 1 : 0);
  const request: Visible = { symbols: unpackSymbols(claim.symbols), seed: claim.seed, calls: claim.calls };
  const record = verifiedRecord(header, step, node, source);
  const geometry = geometryOf(decodeRecord(record), request.symbols, call, node);
  if (part === Part.SHAPE) return packShape(geometry);
  checkRange(step, geometry.valid && geometry.record.kind === "reduce" ? geometry.extent : undefined);
  if (!geometry.valid || element >= geometry.description.count) return ZERO;
  if (isDecode && readStopFlag(operands, header.stop, call)) return ZERO;
  return run(step, new NodeMachine(operands, request, call, node, geometry), geometry);
}

function stopFlag(step: Step, header: ProgramHeader, operands: OperandSource): Uint8Array {
  if (step.part === Part.SHAPE) return packDescription(STOP_FLAG);
  checkRange(step, undefined);
  if (step.element > 0 || !canStop(header.stop)) return ZERO;
  return Uint8Array.of(computeStopFlag(operands, header.stop, step.call) ? 1 : 0);
}

/** Throws where the part does not exist; `extent` is undefined for a map. */
function checkRange({ part, lo, hi }: Step, extent: number | undefined): void {
  if (part === Part.VALUE) return;
  const exists = extent !== undefined && (part !== Part.STEPS || (lo <= hi && hi <= extent));
  if (!exists) throw new StepEvaluatorError("Range", lo, hi, extent ?? 0);
}

function verifiedRecord(header: ProgramHeader, { claim, call }: Step, node: number, source: WitnessSource): Uint8Array {
  const list = listOfCall(header, call, claim.calls);
  const record = source.record(call, node);
  const path = source.path({ tree: "records", call }, node, depthOf(header.counts[list]));
  const root = rootFromProof(recordLeaf(record), node, path);
  // INVARIANT: code and operands come from the program, never from the trace.
  if (!equalBytes(root, header.roots[list])) throw new StepEvaluatorError("Record", root);
  return record;
}

function run({ element, part, lo, hi, from }: Step, machine: NodeMachine, { record }: Geometry): Uint8Array {
  machine.moveTo(element);
  if (record.kind === "map" || part === Part.VALUE) return stored(record.dtype, machine.element());
  if (part === Part.FINAL) return stored(record.dtype, machine.final(unpackSnapshot(record.accumulators, from)));
  let accumulators = lo === 0 ? machine.init() : unpackSnapshot(record.accumulators, from);
  for (let r = lo; r < hi; r++) accumulators = machine.step(r, accumulators);
  return packSnapshot(record.accumulators, accumulators);
}

function stored(dtype: DType, word: Word): Uint8Array {
  const bytes = new Uint8Array(8);
  storeWord(dtype, word, bytes, 0);
  return bytes;
}

/** Whether anything is read from a tensor: its type is known, and it is not larger than any can be. */
function isReadable(description: Description): boolean {
  if (!isDType(description.dtype) || description.count > MAX_COUNT) return false;
  return !isGrouped(description) || (membersOf(description) <= MAX_MEMBERS && description.rows <= MAX_GROUP_ROWS);
}

/** A tensor that was read, with the leaves of it that were. */
interface VerifiedTensor {
  readonly description: Description;
  /** Its elements' tree; of the last tensor of a row group that of the cells. */
  readonly tree: VerifiedTree;
  /** The trees of its rows, of a tensor in a row group. */
  readonly rows: Map<number, VerifiedTree>;
  readonly leaves: Map<number, Uint8Array>;
}

/** Loads from what a source shows, everything proven once, when it is first needed. */
class VerifiedOperands implements OperandSource {
  readonly inputs: number;
  readonly parameters: number;
  readonly #header: ProgramHeader;
  readonly #step: Step;
  readonly #source: WitnessSource;
  readonly #tensors = new Map<string, VerifiedTensor>();
  readonly #callTrees = new Map<number, VerifiedTree>();
  readonly #parameterTree: VerifiedTree;
  readonly #callsTree: VerifiedTree;
  #inputCommitments: Hash[] | undefined;

  constructor(header: ProgramHeader, step: Step, source: WitnessSource) {
    this.inputs = header.inputs.length;
    this.parameters = header.parameterCount;
    this.#header = header;
    this.#step = step;
    this.#source = source;
    this.#parameterTree = new VerifiedTree(depthOf(header.parameterCount), step.claim.paramsRoot);
    this.#callsTree = new VerifiedTree(depthOf(step.claim.calls), step.traceRoot);
  }

  nodes(call: number): number {
    return this.#header.counts[listOfCall(this.#header, call, this.#step.claim.calls)];
  }

  firstNode(call: number): number {
    return listOfCall(this.#header, call, this.#step.claim.calls) === "decode" ? 1 : 0;
  }

  describe(place: TensorPlace): Description {
    return this.#tensor(place).description;
  }

  word(place: TensorPlace, dtype: DType, index: number): Word {
    const tensor = this.#tensor(place);
    const { description, leaves } = tensor;
    if (place.kind === "trace" && isGrouped(description)) return this.#wordOfRow(place, tensor, dtype, index);
    const { leaf, inLeaf } = leafOfElement(description, index);
    const bytes = leaves.get(leaf) ?? this.#source.leaf(place, leaf);
    if (!leaves.has(leaf)) this.#prove(tensor.tree, { tree: "tensor", place }, leaf, keccak(bytes));
    leaves.set(leaf, bytes);
    return loadWord(dtype, bytes, inLeaf);
  }

  /** The same of a tensor in a row group, whose rows are cells in the place of the group's last tensor; 0 of an orphan. */
  #wordOfRow(place: TracePlace, { description, rows, leaves }: VerifiedTensor, dtype: DType, index: number): Word {
    const { call, position } = place;
    const first = this.firstNode(call);
    if (description.groupEnd > this.nodes(call)) return 0;
    const last: TracePlace = { kind: "trace", call, position: first + description.groupEnd - 1 };
    const group = this.#tensor(last);
    if (!isReadable(group.description) || !isOneGroup(description, group.description)) return 0;
    // Only a liar's rows are empty where elements are.
    if (widthOf(description) === 0) return 0;

    const { row } = rowOf(description, index);
    const { leaf, inLeaf } = leafOfElement(description, index);
    const known = leaves.get(leaf);
    if (known) return loadWord(dtype, known, inLeaf);
    const bytes = this.#source.leaf(place, leaf);
    leaves.set(leaf, bytes);
    const cell = rows.get(row);
    const tree = cell ?? new VerifiedTree(elementsDepth(description));
    this.#prove(tree, { tree: "tensor", place }, leaf, keccak(bytes));
    if (!cell) {
      rows.set(row, tree);
      this.#prove(group.tree, { tree: "group", place: last }, cellOf(description, position - first, row), tree.root!);
    }
    return loadWord(dtype, bytes, inLeaf);
  }

  #tensor(place: TensorPlace): VerifiedTensor {
    const key = place.kind === "trace" ? `${place.call}/${place.position}` : `${place.kind} ${place.index}`;
    const known = this.#tensors.get(key);
    if (known) return known;
    const { description: bytes, root } = this.#source.tensor(place);
    this.#proveTensor(place, commitment(bytes, root));
    const said = decodeDescription(bytes);
    // Only tensors of the trace stand in row groups, whatever an input's description says.
    const description = place.kind === "trace" ? said : { ...said, groupStart: 0, groupEnd: 0 };
    // The tree of a tensor that is never read from does not matter.
    const isCells = place.kind === "trace" && isGrouped(description);
    const depth = isCells ? cellsDepth(description) : elementsDepth(description);
    const tree = new VerifiedTree(isReadable(description) ? depth : 0, root);
    const tensor: VerifiedTensor = { description, tree, rows: new Map(), leaves: new Map() };
    this.#tensors.set(key, tensor);
    return tensor;
  }

  #proveTensor(place: TensorPlace, leaf: Hash): void {
    const { claim } = this.#step;
    if (place.kind === "input") return this.#proveInput(place.index, leaf);
    if (place.kind === "parameter") return this.#prove(this.#parameterTree, { tree: "parameters" }, place.index, leaf);
    const { call, position } = place;
    const known = this.#callTrees.get(call);
    const tree = known ?? new VerifiedTree(depthOf(positionsOfCall(this.#header, call, claim.calls)));
    this.#prove(tree, { tree: "call", call }, position, leaf);
    if (known) return;
    this.#callTrees.set(call, tree);
    this.#prove(this.#callsTree, { tree: "calls" }, call, tree.root!);
  }

  #proveInput(index: number, leaf: Hash): void {
    if (!this.#inputCommitments) {
      const commitments = this.#source.inputs(this.inputs);
      const root = keccak(...commitments);
      if (!equalBytes(root, this.#step.claim.inputsRoot)) throw new StepEvaluatorError("Inputs", root);
      this.#inputCommitments = commitments;
    }
    const expected = this.#inputCommitments[index];
    if (!equalBytes(leaf, expected)) throw new StepEvaluatorError("Path", expected, leaf);
  }

  #prove(tree: VerifiedTree, which: ProvenTree, index: number, leaf: Hash): void {
    const mismatch = tree.enter(index, leaf, this.#source.path(which, index, tree.pathLength(index)));
    if (mismatch) throw new StepEvaluatorError("Path", mismatch.expected, mismatch.actual);
  }
}
