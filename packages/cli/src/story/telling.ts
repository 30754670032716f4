/**
 * Moves in words: where in the tree a move stands, and the numbers it is about, in hexadecimal and decimal.
 */
import {
  elementOf,
  leafOfBlock,
  nodeAt,
  pieceOf,
  unpackDemand,
  unpackSegment,
  type Game,
  type Machine,
  type Move,
  type Position,
  type Rules,
} from "@assay/dispute";
import {
  bitsOf,
  DType,
  elementsPerLeaf,
  float32,
  LEAF_BYTES,
  loadWord,
  nameOf,
  placeOfCell,
  toHex,
  type Layout,
  type Trace,
} from "@assay/vm";

/** Names of the ONNX operators behind a call's nodes, by list. */
export type NodeNames = Readonly<Record<"prompt" | "decode" | "epilogue", readonly string[]>>;

export interface Teller {
  readonly layout: Layout;
  readonly names: NodeNames;
  readonly machine: Machine;
  readonly honest: Trace;
  readonly rules: Rules;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** `tensor 2 (Gemm)`, with its call where there are several. */
export function tensorName({ layout, names }: Teller, call: number, position: number): string {
  const where = layout.calls > 1 ? `call ${call}, ` : "";
  if (layout.isStopFlag(call, position)) return `${where}tensor ${position} (stop flag)`;
  const node = position - layout.firstNode(call);
  return `${where}tensor ${position} (${names[layout.list(call)][node] ?? "?"})`;
}

/** The rows of a row group, or one cell of them. */
function groupName(teller: Teller, call: number, last: number, { list, height }: Position, index: number): string {
  const { layout } = teller;
  const group = layout.description(call, last);
  const first = layout.firstNode(call);
  const rows = `the rows of tensors ${first + group.groupStart}…${last}`;
  if (list === "group") return rows;
  if (height > 0) return `${rows}, level ${height}, node ${index}`;
  const { node, row } = placeOfCell(group, index);
  return `row ${row} of ${tensorName(teller, call, first + node)}`;
}

/** Where a game stands. */
export function placeName(teller: Teller, { position, stage, pinned, depth }: Game): string {
  const { part, level, index } = nodeAt(position, depth);
  if (part.part === "calls") return level === 0 ? `call ${index}` : `the list of calls, level ${level}, node ${index}`;
  if (part.part === "call") {
    if (level > 0) return `call ${part.call}, level ${level}, node ${index}`;
    return tensorName(teller, part.call, index);
  }
  if (part.part === "group") return groupName(teller, part.call, part.position, position, index);
  const tensor = tensorName(teller, part.call, part.position);
  if (stage === "publish" || stage === "narrow") {
    const { offset, from, to } = unpackSegment(pinned);
    const element = elementOf(teller.machine.description(part.call, part.position), position.block, offset);
    return `${tensor}, element ${element}, steps ${from}…${to}`;
  }
  if (position.list === "tensor") return tensor;
  return position.height === 0 ? `${tensor}, block ${position.block}` : `${tensor}, level ${level}, node ${index}`;
}

/** A stored element or accumulator, as hexadecimal and as a number. */
export function numberName(dtype: DType, bytes: Uint8Array, index = 0): string {
  const word = loadWord(dtype, bytes, index);
  const width = Math.max(1, bitsOf(dtype) / 8);
  const raw = toHex(bytes.slice(index * width, index * width + width).reverse());
  const isFloat = dtype === DType.FLOAT32 || dtype === DType.FLOAT16 || dtype === DType.BFLOAT16;
  const value = isFloat ? float32.toNumber(Number(word)) : word;
  return `${raw} (${Object.is(value, -0) ? "-0" : value})`;
}

/** What a proof shows to be wrong. */
export interface Verdict {
  readonly place: string;
  readonly committed: string;
  readonly computed: string;
}

/** What a move does, in one line. `after` is the game once the move is made. */
export function moveName(teller: Teller, move: Move, before: Game, after: Game): string {
  switch (move.kind) {
    case "reclaim":
      return "ends a game that is not needed";
    case "openTrace":
      return `commits to the trace: root ${toHex(move.traceRoot).slice(0, 14)}…, ${plural(move.children.length, "descendant")}`;
    case "pick":
    case "enter":
      return `points at ${placeName(teller, after)}`;
    case "open":
      return `opens ${placeName(teller, before)}: ${plural(move.children.length, "descendant")}`;
    case "openBlock": {
      const { call, node, block } = before.position;
      const description = teller.machine.description(call, node);
      const first = elementOf(description, block, 0);
      const each = elementsPerLeaf(description.dtype as DType);
      const leaves = move.leaves.length / LEAF_BYTES;
      return `opens block ${block}: elements ${first}…${first + leaves * each - 1}`;
    }
    case "reduce":
      return `pins ${placeName(teller, after)}`;
    case "publish":
      return `publishes accumulators inside steps ${segmentName(before)}`;
    case "narrow":
      return `points at steps ${segmentName(after)}`;
    case "demand":
      return `demands ${demandName(teller, move.what)}`;
    case "supply":
      return `supplies ${demandName(teller, move.what)}`;
    case "timeout":
      return `ends the game: the other side is silent`;
    case "prove":
      return `proves ${move.proof.part === "value" ? "the element" : `part «${move.proof.part}»`} wrong`;
    case "provePadding":
      return "proves padding wrong";
    default:
      return move.kind;
  }
}

function demandName(teller: Teller, what: bigint): string {
  const { kind, call, node, leaf } = unpackDemand(what);
  return kind === "record" ? `the record of ${tensorName(teller, call, node)}` : `leaf ${leaf} of ${kind} ${node}`;
}

function segmentName({ pinned }: Game): string {
  const { from, to } = unpackSegment(pinned);
  return `${from}…${to}`;
}

/** What the last proof compares: committed bits against the bits the EVM computed. */
export function verdictOf(teller: Teller, move: Move, before: Game): Verdict | undefined {
  if (move.kind !== "prove") return undefined;
  const { call, node: position, block } = before.position;
  const { machine, honest } = teller;
  const description = machine.description(call, position);
  const dtype = description.dtype as DType;
  const { proof } = move;
  const tensor = tensorName(teller, call, position);
  if (proof.part === "steps") {
    const { snapshotBytes } = machine.steps(call, position);
    const segment = unpackSegment(before.pinned);
    const element = elementOf(description, block, segment.offset);
    const most = 2 ** teller.rules.snapshotsLog2;
    const spacing = pieceOf(segment, 0, most).to - segment.from;
    const index = Math.floor((proof.from - segment.from) / spacing);
    const piece = pieceOf(segment, index, most);
    const given = proof.publications.at(-1)!;
    const after = given.slice(index * snapshotBytes, (index + 1) * snapshotBytes);
    const right = machine.snapshots(call, position, element, [piece.to]);
    const wrong = after.findIndex((byte, i) => byte !== right[i]);
    const at = wrong - (wrong % 4);
    const [said, is] = [after, right].map((bytes) => numberName(DType.FLOAT32, bytes.slice(at, at + 4)));
    const place = `${tensor}, element ${element}: accumulator after step ${piece.to - 1}`;
    return { place, committed: said, computed: is };
  }
  const segment = unpackSegment(before.pinned);
  const isFinal = proof.part === "final";
  const offset = isFinal ? segment.offset : proof.offset;
  const element = elementOf(description, block, offset);
  const inside = element < honest.description(call, position).count;
  const each = elementsPerLeaf(dtype);
  const right = honest.leaf(call, position, leafOfBlock(description, block) + Math.floor(offset / each));
  const place = `${tensor}, element ${element} (${nameOf(dtype)}${inside ? "" : ", beyond the end: padding"})`;
  return {
    place,
    committed: isFinal ? numberName(dtype, segment.stored) : numberName(dtype, proof.leaf, offset % each),
    computed: numberName(dtype, right, offset % each),
  };
}
