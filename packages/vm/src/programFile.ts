/**
 * Programs in files. A file is a mark, the header, the records in the order of their lists, each with its length before
 * it, and the parameters, each its type and count and then its bytes from a multiple of 64 on. There is one file for a
 * program; a parameter's dimensions are no part of it, since records only see its elements in a row.
 */
import { ByteReader, ByteWriter, concat, equalBytes } from "./bytes.ts";
import { byteLength, isDType } from "./dtype.ts";
import { toHex, type Hash } from "./hash.ts";
import { decodeHeader, encodeHeader, HeaderError, LISTS, programRootOf } from "./header.ts";
import { checkProgram, MAX_SHOWN_BYTES, paramsRoot, ProgramError, type Program } from "./program.ts";
import { heldBytes, LEAST_STORED_BYTES, piecesOf, StoredTensor, type ByteStore } from "./storedTensor.ts";
import { countOf, type Tensor } from "./tensor.ts";
import type { TensorHasher } from "./treeRoot.ts";

const MARK = new TextEncoder().encode("assay 1\n");
const ALIGNMENT = 64;
/** A program with its roots. */
export interface RootedProgram {
  readonly program: Program;
  readonly programRoot: Hash;
  readonly paramsRoot: Hash;
}

/** What a file is expected to hold. */
export interface ExpectedRoots {
  readonly programRoot?: Hash;
  readonly paramsRoot?: Hash;
}

/** Where a program is read from: the next bytes of a file, exactly as many as asked for. */
export interface ByteSource {
  /** The next `length` bytes. Throws `ProgramError` where there are fewer. */
  take(length: number): Uint8Array;
  /** The next `length` bytes left where they lie; absent where everything is in memory anyway. */
  skip?(length: number): ByteStore;
  /** Bytes that are left. */
  readonly left: number;
}

/** The bytes of a program's file, in pieces; one is valid only until the next is asked for. */
export function* programPieces(program: Program): Generator<Uint8Array> {
  checkProgram(program);
  let offset = 0;
  const piece = (bytes: Uint8Array): Uint8Array => {
    offset += bytes.length;
    return bytes;
  };
  const block = (bytes: Uint8Array): Uint8Array => piece(concat(new ByteWriter().u32(bytes.length).bytes, bytes));
  yield piece(MARK);
  yield block(encodeHeader(program.header));
  for (const list of LISTS) for (const record of program[list]) yield block(record);
  for (const tensor of program.params) {
    yield piece(new ByteWriter().u8(tensor.dtype).u64(countOf(tensor.shape)).bytes);
    yield piece(new Uint8Array(padding(offset)));
    for (const bytes of piecesOf(tensor)) yield piece(bytes);
    const missing = byteLength(tensor.dtype, countOf(tensor.shape)) - heldBytes(tensor);
    if (missing > 0) yield piece(new Uint8Array(missing));
  }
}

/** The file of a program, as one byte string. */
export function encodeProgram(program: Program): Uint8Array {
  return concat(...Array.from(programPieces(program), (piece) => piece.slice()));
}

/** The program in a file's bytes; its parameters are views of them. Throws as `readProgramFrom` does. */
export function decodeProgram(bytes: Uint8Array, expected: ExpectedRoots = {}, hasher?: TensorHasher): RootedProgram {
  let offset = 0;
  return readProgramFrom(
    {
      take: (length) => {
        if (offset + length > bytes.length) throw new ProgramError(`the file ends within byte ${offset}'s field`);
        return bytes.subarray(offset, (offset += length));
      },
      get left() {
        return bytes.length - offset;
      },
    },
    expected,
    hasher,
  );
}

/**
 * Reads a program. Throws `ProgramError` where the file is not canonical, where records or parameters do not hash to
 * what header or `expected` name, and `HeaderError` where the header is not valid. `hasher` hashes the parameters.
 */
export function readProgramFrom(
  source: ByteSource,
  expected: ExpectedRoots = {},
  hasher?: TensorHasher,
): RootedProgram {
  let offset = 0;
  const take = (length: number): Uint8Array => {
    offset += length;
    return source.take(length);
  };
  const block = (what: string): Uint8Array => {
    const length = new ByteReader(take(4)).u32();
    if (length > MAX_SHOWN_BYTES) throw new ProgramError(`${what}: ${length} bytes`);
    return take(length).slice();
  };

  if (!equalBytes(take(MARK.length), MARK)) throw new ProgramError("not a program file");
  const headerBytes = block("header");
  const programRoot = programRootOf(headerBytes);
  expectRoot("program", programRoot, expected.programRoot);
  const header = decodeHeader(headerBytes);
  if (!equalBytes(encodeHeader(header), headerBytes)) throw new HeaderError("inputs", "a shape is not canonical");
  const records = (list: (typeof LISTS)[number]): Uint8Array[] =>
    Array.from({ length: header.counts[list] }, (_, i) => block(`${list} record ${i}`));
  const lists = { prompt: records("prompt"), decode: records("decode"), epilogue: records("epilogue") };

  const params = Array.from({ length: header.parameterCount }, (_, i): Tensor => {
    const reader = new ByteReader(take(9));
    const dtype = reader.u8();
    const count = Number(reader.u64());
    if (!isDType(dtype)) throw new ProgramError(`parameter ${i}: unknown type ${dtype}`);
    const length = byteLength(dtype, count);
    if (length > source.left) throw new ProgramError(`parameter ${i}: the file ends within its ${length} bytes`);
    if (take(padding(offset)).some((byte) => byte !== 0)) throw new ProgramError(`parameter ${i}: dirty padding`);
    if (source.skip === undefined || length < LEAST_STORED_BYTES) return { dtype, shape: [count], data: take(length) };
    offset += length;
    return new StoredTensor(dtype, [count], source.skip(length));
  });
  if (source.left !== 0) throw new ProgramError(`${source.left} bytes too many`);

  const program: Program = { header, ...lists, params };
  checkProgram(program);
  const root = paramsRoot(program, hasher);
  expectRoot("parameters", root, expected.paramsRoot);
  return { program, programRoot, paramsRoot: root };
}

function expectRoot(what: string, actual: Hash, expected: Hash | undefined): void {
  if (expected && !equalBytes(actual, expected)) {
    throw new ProgramError(`${what}: the root is ${toHex(actual)}, not ${toHex(expected)}`);
  }
}

/** Bytes from an offset to the next place where a parameter's data may begin. */
function padding(offset: number): number {
  return (ALIGNMENT - (offset % ALIGNMENT)) % ALIGNMENT;
}
