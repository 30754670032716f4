/**
 * Program files on disk, for Node only; everything else in this package runs in a browser too.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from "node:fs";
import { ProgramError, type Program } from "./program.ts";
import { programPieces, readProgramFrom, type ExpectedRoots, type RootedProgram } from "./programFile.ts";
import type { ByteStore } from "./storedTensor.ts";
import type { TensorHasher } from "./treeRoot.ts";

/** A file that is not the one that was opened, or no file at all. */
export class FileChangedError extends Error {}

/** Part of a file, read when asked for. Reading throws `FileChangedError` where the file has changed in the meantime. */
export class FileStore implements ByteStore {
  readonly path: string;
  readonly length: number;
  readonly #start: number;
  readonly #stats: Stats;

  private constructor(path: string, start: number, length: number, stats: Stats) {
    this.path = path;
    this.length = length;
    this.#start = start;
    this.#stats = stats;
  }

  /** The whole file. Throws what the file system throws, and `FileChangedError` for what is no regular file. */
  static open(path: string): FileStore {
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw new FileChangedError(`${path} is not a file`);
      return new FileStore(path, 0, stats.size, stats);
    } finally {
      closeSync(file);
    }
  }

  /** The bytes from `offset` on, `length` of them. */
  part(offset: number, length: number): FileStore {
    if (offset + length > this.length) throw new RangeError(`bytes ${offset} to ${offset + length} of ${this.length}`);
    return new FileStore(this.path, this.#start + offset, length, this.#stats);
  }

  read(offset: number, target: Uint8Array): void {
    const file = openSync(this.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const { ino, size, mtimeMs } = fstatSync(file);
      const same = ino === this.#stats.ino && size === this.#stats.size && mtimeMs === this.#stats.mtimeMs;
      if (!same) throw new FileChangedError(`${this.path} has changed since it was opened`);
      for (let at = 0; at < target.length;) {
        const count = readSync(file, target, at, target.length - at, this.#start + offset + at);
        if (count === 0) throw new FileChangedError(`${this.path} ends too early`);
        at += count;
      }
    } finally {
      closeSync(file);
    }
  }
}

/**
 * Writes a program, conventionally to a file ending in `.assay`. The file appears whole or not at all: it is written beside
 * its place and then renamed.
 */
export function writeProgram(path: string, program: Program): void {
  const unfinished = `${path}.${process.pid}.unfinished`;
  const file = openSync(unfinished, "w");
  try {
    for (const piece of programPieces(program)) for (let at = 0; at < piece.length;) at += writeSync(file, piece, at);
    closeSync(file);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/**
 * Reads a program and checks that its parts hash to its header, and that its roots are those expected; large parameters
 * stay in the file until they are asked for. Throws `ProgramError` or `HeaderError` with the path in its message.
 */
export function readProgram(path: string, expected: ExpectedRoots = {}, hasher?: TensorHasher): RootedProgram {
  try {
    const file = FileStore.open(path);
    let offset = 0;
    const skip = (length: number): ByteStore => {
      if (offset + length > file.length) throw new ProgramError("the file ends too early");
      offset += length;
      return file.part(offset - length, length);
    };
    return readProgramFrom(
      {
        get left() {
          return file.length - offset;
        },
        take: (length) => {
          const part = skip(length);
          const bytes = new Uint8Array(length);
          part.read(0, bytes);
          return bytes;
        },
        skip,
      },
      expected,
      hasher,
    );
  } catch (error) {
    if (error instanceof Error) error.message = `${path}: ${error.message}`;
    throw error;
  }
}
