/**
 * Program headers: what a program root is the hash of. In bytes a header is a row of big-endian fields, the first 262 at
 * fixed offsets; unlike a record, a header that breaks a rule is refused when it is registered.
 */
import { ByteReader, ByteWriter, TruncatedError } from "./bytes.ts";
import { isDType, type DType } from "./dtype.ts";
import { keccak, type Hash } from "./hash.ts";
import { MAX_RANK, NO_NODE } from "./record.ts";
import {
  decodeShape,
  encodeShape,
  MAX_SYMBOLS,
  ShapeExpressionError,
  usesCall,
  type ShapeExpression,
} from "./shapeExpression.ts";

/** The format that this code reads and writes. */
export const FORMAT = 1;
/** Most nodes of one list. */
export const MAX_NODES = 2 ** 16;
/** Most parameters. */
export const MAX_PARAMETERS = 2 ** 16;
/** Most calls of a request. */
export const MAX_CALLS = 2 ** 20;
/** Most inputs. */
export const MAX_INPUTS = 64;
/** Most outputs. */
export const MAX_OUTPUTS = 8;

/** Greatest length of a header, bytes. */
export const MAX_HEADER_BYTES = 4096;

/** The lists of nodes: of call 0, of the calls between, of the last call. */
export const LISTS = ["prompt", "decode", "epilogue"] as const;
export type ListName = (typeof LISTS)[number];

/** The declared type of an input. */
export interface InputType {
  readonly dtype: DType;
  readonly shape: readonly ShapeExpression[];
}

/** Least and greatest value, both included. */
export interface Bounds {
  readonly least: number;
  readonly greatest: number;
}

export interface ProgramHeader {
  /** Version of the canonical lowering that made the program. */
  readonly loweringVersion: number;
  /** Nodes of each list. */
  readonly counts: Readonly<Record<ListName, number>>;
  /** List root of each list's records. */
  readonly roots: Readonly<Record<ListName, Hash>>;
  readonly parameterCount: number;
  /** Nodes of the epilogue, or of the prompt where there is no epilogue. */
  readonly outputs: readonly number[];
  /** The node whose element 0 ends the decoding, `NO_NODE` if none. */
  readonly stop: { readonly prompt: number; readonly decode: number };
  readonly calls: Bounds;
  /** Content addresses, 32 zero bytes where absent. */
  readonly tokenizer: Hash;
  readonly chatTemplate: Hash;
  readonly labels: Hash;
  /** Bounds of each symbol. */
  readonly symbols: readonly Bounds[];
  readonly inputs: readonly InputType[];
}

/** A header that breaks a rule, with the field that breaks it. */
export class HeaderError extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(`header: ${field}: ${reason}`);
    this.field = field;
  }
}

const TAG = 0x03;
const OUTPUT_PLACES = 8;

/** Bytes of a header. Throws `HeaderError` where it breaks a rule. */
export function encodeHeader(header: ProgramHeader): Uint8Array {
  checkHeader(header);
  const writer = new ByteWriter().u8(TAG).u16(FORMAT).u16(header.loweringVersion);
  for (const list of LISTS) writer.u32(header.counts[list]);
  for (const list of LISTS) writer.put(header.roots[list]);
  writer.u32(header.parameterCount).u8(header.outputs.length);
  for (let i = 0; i < OUTPUT_PLACES; i++) writer.u32(header.outputs[i] ?? 0);
  writer.u32(header.stop.prompt).u32(header.stop.decode);
  writer.u32(header.calls.least).u32(header.calls.greatest);
  writer.put(header.tokenizer).put(header.chatTemplate).put(header.labels);
  writer.u8(header.symbols.length);
  for (const bounds of header.symbols) writer.u32(bounds.least).u32(bounds.greatest);
  writer.u8(header.inputs.length);
  for (const input of header.inputs) {
    writer.u8(input.dtype).u8(input.shape.length);
    for (const size of input.shape) writer.put(encodeShape(size));
  }
  const { bytes } = writer;
  if (bytes.length > MAX_HEADER_BYTES) throw new HeaderError("length", `more than ${MAX_HEADER_BYTES} bytes`);
  return bytes;
}

/** The header in `bytes`. Throws `HeaderError` where it breaks a rule. */
export function decodeHeader(bytes: Uint8Array): ProgramHeader {
  if (bytes.length > MAX_HEADER_BYTES) throw new HeaderError("length", `more than ${MAX_HEADER_BYTES} bytes`);
  const reader = new ByteReader(bytes);
  let field = "tag";
  const at = <T>(name: string, read: () => T): T => {
    field = name;
    return read();
  };
  const many = <T>(count: number, read: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => read(i));
  const lists = <T>(name: string, read: () => T): Record<ListName, T> => ({
    prompt: at(`${name}.prompt`, read),
    decode: at(`${name}.decode`, read),
    epilogue: at(`${name}.epilogue`, read),
  });
  const bounds = (): Bounds => ({ least: reader.u32(), greatest: reader.u32() });
  const count = (name: string, most: number): number => {
    const value = at(name, () => reader.u8());
    if (value > most) throw new HeaderError(name, `${value} of at most ${most}`);
    return value;
  };
  const readInput = (i: number): InputType => {
    const dtype = at(`inputs[${i}].dtype`, () => reader.u8());
    if (!isDType(dtype)) throw new HeaderError(field, `unknown type ${dtype}`);
    const rank = count(`inputs[${i}].rank`, MAX_RANK);
    return { dtype, shape: at(`inputs[${i}].shape`, () => many(rank, () => decodeShape(reader))) };
  };

  try {
    if (reader.u8() !== TAG) throw new HeaderError(field, "not a program header");
    const format = at("format", () => reader.u16());
    if (format !== FORMAT) throw new HeaderError(field, `unknown format ${format}`);
    const loweringVersion = at("loweringVersion", () => reader.u16());
    const counts = lists("counts", () => reader.u32());
    const roots = lists("roots", () => reader.take(32));
    const parameterCount = at("parameterCount", () => reader.u32());
    const outputCount = count("outputCount", MAX_OUTPUTS);
    const places = at("outputs", () => many(OUTPUT_PLACES, () => reader.u32()));
    if (places.slice(outputCount).some((place) => place !== 0))
      throw new HeaderError(field, "an unused place is not 0");
    const header: ProgramHeader = {
      loweringVersion,
      counts,
      roots,
      parameterCount,
      outputs: places.slice(0, outputCount),
      stop: at("stop", () => ({ prompt: reader.u32(), decode: reader.u32() })),
      calls: at("calls", bounds),
      tokenizer: at("tokenizer", () => reader.take(32)),
      chatTemplate: at("chatTemplate", () => reader.take(32)),
      labels: at("labels", () => reader.take(32)),
      symbols: many(count("symbols", MAX_SYMBOLS), (i) => at(`symbols[${i}]`, bounds)),
      inputs: many(count("inputs", MAX_INPUTS), readInput),
    };
    if (!reader.done) throw new HeaderError("end", `${bytes.length - reader.offset} bytes too many`);
    checkHeader(header);
    return header;
  } catch (error) {
    if (error instanceof TruncatedError) throw new HeaderError(field, `truncated at byte ${error.offset}`);
    if (error instanceof ShapeExpressionError) throw new HeaderError(field, error.message);
    throw error;
  }
}

/** Throws `HeaderError` for the first rule that the header breaks: the rules that a registry checks. */
export function checkHeader(header: ProgramHeader): void {
  const { counts, calls } = header;
  const law = (holds: boolean, field: string, reason: string): void => {
    if (!holds) throw new HeaderError(field, reason);
  };
  law(counts.prompt >= 1, "counts.prompt", "a program has at least one node in its prompt list");
  law(counts.decode === 0 || counts.epilogue > 0, "counts.epilogue", "a decode list needs an epilogue");
  for (const list of LISTS) law(counts[list] <= MAX_NODES, `counts.${list}`, `more than ${MAX_NODES} nodes`);
  law(header.parameterCount <= MAX_PARAMETERS, "parameterCount", `more than ${MAX_PARAMETERS}`);

  const outputList = counts.epilogue > 0 ? "epilogue" : "prompt";
  const outputs = header.outputs.length;
  law(outputs >= 1 && outputs <= MAX_OUTPUTS, "outputCount", `${outputs} is not 1 to ${MAX_OUTPUTS}`);
  header.outputs.forEach((node, i) =>
    law(node < counts[outputList], `outputs[${i}]`, `node ${node} is not in the ${outputList} list`),
  );
  for (const list of ["prompt", "decode"] as const) {
    const node = header.stop[list];
    law(node === NO_NODE || node < counts[list], `stop.${list}`, `node ${node} is not in the ${list} list`);
  }

  law(calls.least >= 1, "calls", "at least one");
  law(calls.least <= calls.greatest, "calls", `least ${calls.least} is above greatest ${calls.greatest}`);
  law(calls.greatest <= MAX_CALLS, "calls", `more than ${MAX_CALLS}`);
  if (counts.epilogue === 0) law(calls.greatest === 1, "calls", "without an epilogue there is one call");
  else if (counts.decode === 0) law(calls.least === 2 && calls.greatest === 2, "calls", "without decode there are two");
  else law(calls.least >= 2, "calls", "with an epilogue there are at least two");

  law(header.symbols.length <= MAX_SYMBOLS, "symbols", `more than ${MAX_SYMBOLS}`);
  header.symbols.forEach(({ least, greatest }, i) =>
    law(least <= greatest, `symbols[${i}]`, `least ${least} is above greatest ${greatest}`),
  );
  law(header.inputs.length <= MAX_INPUTS, "inputs", `more than ${MAX_INPUTS}`);
  header.inputs.forEach(({ dtype, shape }, i) => {
    law(isDType(dtype), `inputs[${i}].dtype`, `unknown type ${dtype}`);
    law(shape.length <= MAX_RANK, `inputs[${i}].rank`, `more than ${MAX_RANK}`);
    law(!shape.some(usesCall), `inputs[${i}].shape`, "depends on the call number");
  });
}

/** The program root: keccak of the header's bytes. */
export function programRootOf(header: Uint8Array): Hash {
  return keccak(header);
}

/** The list that call `call` of `calls` runs. */
export function listOfCall(header: ProgramHeader, call: number, calls: number): ListName {
  if (call === 0) return "prompt";
  return call === calls - 1 && header.counts.epilogue > 0 ? "epilogue" : "decode";
}

/** Tensors in the trace of call `call` of `calls`: its nodes, and in a decode call the stop flag before them. */
export function positionsOfCall(header: ProgramHeader, call: number, calls: number): number {
  const list = listOfCall(header, call, calls);
  return header.counts[list] + (list === "decode" ? 1 : 0);
}
