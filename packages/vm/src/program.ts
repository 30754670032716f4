/**
 * Programs: what a model becomes. A program is its header, three lists of record bytes and its parameters; the header's
 * hash, the program root, stands for everything but the parameters, which have a root of their own.
 */
import { equalBytes } from "./bytes.ts";
import { NO_HASH, toHex, type Hash } from "./hash.ts";
import {
  encodeHeader,
  LISTS,
  programRootOf,
  type Bounds,
  type InputType,
  type ListName,
  type ProgramHeader,
} from "./header.ts";
import { decodeRecord, NO_NODE, recordLeaf, type DecodedRecord } from "./record.ts";
import { commitmentOf, type Tensor } from "./tensor.ts";
import { listRoot } from "./tree.ts";
import type { TensorHasher } from "./treeRoot.ts";

export interface Program {
  readonly header: ProgramHeader;
  /** Record bytes of the nodes of call 0. */
  readonly prompt: readonly Uint8Array[];
  /** Record bytes of the nodes of the calls between the first and the last. */
  readonly decode: readonly Uint8Array[];
  /** Record bytes of the nodes of the last call. */
  readonly epilogue: readonly Uint8Array[];
  readonly params: readonly Tensor[];
}

/** What a program is assembled from: the header's free fields, records and parameters. */
export interface ProgramParts {
  readonly prompt: readonly Uint8Array[];
  readonly decode?: readonly Uint8Array[];
  readonly epilogue?: readonly Uint8Array[];
  readonly params?: readonly Tensor[];
  readonly outputs: readonly number[];
  readonly stop?: { readonly prompt?: number; readonly decode?: number };
  /** Least and greatest number of calls; 1 and 1 if absent. */
  readonly calls?: Bounds;
  readonly symbols?: readonly Bounds[];
  readonly inputs?: readonly InputType[];
  readonly loweringVersion?: number;
  readonly tokenizer?: Hash;
  readonly chatTemplate?: Hash;
  readonly labels?: Hash;
}

/** The program with the header that follows from its parts. Throws `HeaderError` and `ProgramError` as those checks do. */
export function assembleProgram(parts: ProgramParts): Program {
  const { prompt, decode = [], epilogue = [], params = [] } = parts;
  const header: ProgramHeader = {
    loweringVersion: parts.loweringVersion ?? 0,
    counts: { prompt: prompt.length, decode: decode.length, epilogue: epilogue.length },
    roots: { prompt: recordsRoot(prompt), decode: recordsRoot(decode), epilogue: recordsRoot(epilogue) },
    parameterCount: params.length,
    outputs: parts.outputs,
    stop: { prompt: parts.stop?.prompt ?? NO_NODE, decode: parts.stop?.decode ?? NO_NODE },
    calls: parts.calls ?? { least: 1, greatest: 1 },
    tokenizer: parts.tokenizer ?? NO_HASH,
    chatTemplate: parts.chatTemplate ?? NO_HASH,
    labels: parts.labels ?? NO_HASH,
    symbols: parts.symbols ?? [],
    inputs: parts.inputs ?? [],
  };
  encodeHeader(header);
  const program = { header, prompt, decode, epilogue, params };
  checkProgram(program);
  return program;
}

/** List root over records. */
export function recordsRoot(records: readonly Uint8Array[]): Hash {
  return listRoot(records.map(recordLeaf));
}

/** keccak of the header. */
export function programRoot(program: Program): Hash {
  return programRootOf(encodeHeader(program.header));
}

/** List root over the parameters' commitments, each read piece by piece. */
export function paramsRoot(program: Pick<Program, "params">, hasher?: TensorHasher): Hash {
  return listRoot(program.params.map((tensor) => commitmentOf(tensor, hasher)));
}

/** The records of one list, decoded. */
export function decodeList(program: Program, list: ListName): DecodedRecord[] {
  return program[list].map(decodeRecord);
}

/** Longest record that a dispute can show. A longer one is invalid but cannot be proven so: no program may have one. */
export const MAX_SHOWN_BYTES = 65535;

/** Records or parameters that are not those that the header or a root names. */
export class ProgramError extends Error {}

/**
 * Throws `ProgramError` where the lists or the number of parameters contradict the header, a record is too long, or an output
 * is in a row group of two or more nodes: the trace has no tree over such a tensor alone, which an answer could name.
 */
export function checkProgram(program: Program): void {
  const { header } = program;
  for (const list of LISTS) {
    const count = program[list].length;
    if (count !== header.counts[list]) throw new ProgramError(`${list}: ${count} records, not ${header.counts[list]}`);
    const long = program[list].findIndex((record) => record.length > MAX_SHOWN_BYTES);
    if (long >= 0) throw new ProgramError(`${list}: record ${long} has ${program[list][long].length} bytes`);
    const root = recordsRoot(program[list]);
    if (!equalBytes(root, header.roots[list])) {
      throw new ProgramError(`${list}: the records hash to ${toHex(root)}, not ${toHex(header.roots[list])}`);
    }
  }
  const { length } = program.params;
  if (length !== header.parameterCount) throw new ProgramError(`${length} parameters, not ${header.parameterCount}`);
  const last = header.counts.epilogue > 0 ? "epilogue" : "prompt";
  for (const node of header.outputs) {
    if (isInRowGroup(program[last][node])) throw new ProgramError(`${last}: output node ${node} is in a row group`);
  }
}

/** Whether a record says that its node is in a row group of two or more. */
export function isInRowGroup(record: Uint8Array): boolean {
  const decoded = decodeRecord(record);
  const group = decoded.valid ? decoded.record.group : undefined;
  return group !== undefined && group.end - group.start > 1;
}
