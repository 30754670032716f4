import { expect } from "chai";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equalBytes } from "./bytes.ts";
import { HeaderError } from "./header.ts";
import { readProgram, writeProgram } from "./node.ts";
import { assembleProgram, paramsRoot, ProgramError, programRoot } from "./program.ts";
import { decodeProgram, encodeProgram } from "./programFile.ts";
import { randomProgram } from "./testing/randomProgram.ts";
import { tinyPrograms } from "./testing/tinyPrograms.ts";

const examples = [...tinyPrograms(), ...Array.from({ length: 100 }, (_, seed) => randomProgram(seed))];

describe("program file", () => {
  it("holds the program and both roots, in one form", () => {
    for (const { name, program } of examples) {
      const bytes = encodeProgram(program);
      const read = decodeProgram(bytes);
      expect(read.programRoot, name).to.deep.equal(programRoot(program));
      expect(read.paramsRoot, name).to.deep.equal(paramsRoot(program));
      expect(read.program.header, name).to.deep.equal(program.header);
      expect(equalBytes(encodeProgram(read.program), bytes), name).to.equal(true);
    }
  });

  it("refuses every truncation and every changed byte", () => {
    const { program } = randomProgram(3);
    expect(program.params.length).to.be.greaterThan(0);
    const bytes = encodeProgram(program);
    const expected = { programRoot: programRoot(program), paramsRoot: paramsRoot(program) };
    const isOurs = (error: unknown): boolean => error instanceof ProgramError || error instanceof HeaderError;
    const refusal = (changed: Uint8Array): unknown => {
      try {
        decodeProgram(changed, expected);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(bytes.subarray(0, length)), `${length} bytes`).to.satisfy(isOurs);
    }
    expect(refusal(Uint8Array.of(...bytes, 0))).to.satisfy(isOurs);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] ^= 0x80;
      expect(refusal(changed), `byte ${at}`).to.satisfy(isOurs);
    }
  });

  it("refuses a record that no dispute can show", () => {
    const prompt = [new Uint8Array(65536)];
    expect(() => assembleProgram({ prompt, outputs: [0] })).to.throw(ProgramError, "record 0");
    expect(encodeProgram(assembleProgram({ prompt: [new Uint8Array(65535)], outputs: [0] })).length).to.equal(
      8 + 4 + 264 + 4 + 65535,
    );
  });

  it("is written whole, and read with the path in its errors", () => {
    const folder = mkdtempSync(join(tmpdir(), "assay-"));
    try {
      const path = join(folder, "model.assay");
      const { program } = randomProgram(3);
      writeProgram(path, program);
      const read = readProgram(path, { programRoot: programRoot(program), paramsRoot: paramsRoot(program) });
      expect(equalBytes(encodeProgram(read.program), encodeProgram(program))).to.equal(true);
      expect(readdirSync(folder)).to.deep.equal(["model.assay"]);

      writeFileSync(path, encodeProgram(program).subarray(0, 300));
      expect(() => readProgram(path)).to.throw(path);
      const wrong = { ...program, params: program.params.slice(1) };
      expect(() => writeProgram(path, wrong)).to.throw(ProgramError, "parameters");
      expect(readdirSync(folder)).to.deep.equal(["model.assay"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
