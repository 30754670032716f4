/**
 * Program files on disk, for Node only; everything else in this package runs in a browser too.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { ProgramError, paramsRoot, programRoot, type Program } from "./program.ts";
import { programPieces, readProgramFrom, type ExpectedRoots, type RootedProgram } from "./programFile.ts";

/**
 * Writes a program, conventionally to a file ending in `.assay`, and gives its roots. The file appears whole or not at
 * all: it is written beside its place and then renamed.
 */
export function writeProgram(path: string, program: Program): RootedProgram {
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
  return { program, programRoot: programRoot(program), paramsRoot: paramsRoot(program) };
}

/**
 * Reads a program and checks that its parts hash to its header, and that its roots are those expected. Throws
 * `ProgramError` or `HeaderError` with the path in its message.
 */
export function readProgram(path: string, expected: ExpectedRoots = {}): RootedProgram {
  const file = openSync(path, "r");
  try {
    let left = fstatSync(file).size;
    return readProgramFrom(
      {
        get left() {
          return left;
        },
        take: (length) => {
          if (length > left) throw new ProgramError("the file ends too early");
          left -= length;
          const bytes = new Uint8Array(length);
          for (let at = 0; at < length;) at += readSync(file, bytes, at, length - at, null);
          return bytes;
        },
      },
      expected,
    );
  } catch (error) {
    if (error instanceof Error) error.message = `${path}: ${error.message}`;
    throw error;
  } finally {
    closeSync(file);
  }
}
