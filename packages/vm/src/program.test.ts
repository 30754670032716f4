import { expect } from "chai";
import { readFileSync } from "node:fs";
import { toHex } from "./hash.ts";
import { run } from "./interpreter.ts";
import { assembleProgram, checkProgram, decodeList, ProgramError, programRoot } from "./program.ts";
import { randomProgram } from "./testing/randomProgram.ts";
import { tinyPrograms } from "./testing/tinyPrograms.ts";
import { Trace } from "./trace.ts";

interface Vector {
  readonly name: string;
  readonly programRoot: string;
  readonly traceRoot: string;
}

const VECTORS = JSON.parse(
  readFileSync(new URL("../../../test/vectors/program/examples.json", import.meta.url), "utf8"),
) as Vector[];

describe("program", () => {
  it("has the roots that were written down", () => {
    const made = tinyPrograms().map(({ name, program, request }) => ({
      name,
      programRoot: toHex(programRoot(program)),
      traceRoot: toHex(new Trace(run(program, request)).root),
    }));
    expect(made).to.deep.equal(VECTORS.map(({ name, programRoot, traceRoot }) => ({ name, programRoot, traceRoot })));
  });

  it("has the same root when it is made twice, and another when anything differs", () => {
    const roots = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const { program } = randomProgram(seed);
      expect(programRoot(randomProgram(seed).program)).to.deep.equal(programRoot(program));
      roots.add(toHex(programRoot(program)));
    }
    expect(roots.size).to.equal(100);
    const [{ program }] = tinyPrograms();
    const again = assembleProgram({ ...program, ...program.header, loweringVersion: 1 });
    expect(programRoot(again)).to.not.deep.equal(programRoot(program));
  });

  it("refuses lists that are not the header's", () => {
    const program = tinyPrograms()[4].program;
    expect(() => checkProgram({ ...program, decode: [...program.decode].reverse() })).to.throw(ProgramError, "decode");
    expect(() => checkProgram({ ...program, epilogue: [] })).to.throw(ProgramError, "epilogue");
    expect(decodeList(program, "decode").every(({ valid }) => valid)).to.equal(true);
  });
});
