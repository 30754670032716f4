import { expect } from "chai";
import { GROUPS, INSTRUCTIONS } from "./isa.ts";
import { OPCODE } from "./opcodes.ts";

describe("instruction table", () => {
  it("has unique codes and names", () => {
    expect(new Set(INSTRUCTIONS.map((i) => i.code)).size).to.equal(INSTRUCTIONS.length);
    expect(new Set(INSTRUCTIONS.map((i) => i.name)).size).to.equal(INSTRUCTIONS.length);
  });

  it("is in the order of its codes, each a byte and none 0", () => {
    const codes = INSTRUCTIONS.map((i) => i.code);
    expect(codes).to.deep.equal([...codes].sort((x, y) => x - y));
    for (const code of codes) expect(code).to.be.within(1, 255);
  });

  it("reads at most three operands by known letters, and writes by one", () => {
    for (const i of INSTRUCTIONS) {
      expect(i.reads, i.name).to.match(/^[iufhbpn]{0,3}$/);
      expect(i.writes, i.name).to.match(/^[iufhbp]$/);
      expect(i.meaning, i.name).to.match(/\.$/);
    }
  });

  it("has groups that begin at 0 and ascend", () => {
    expect(GROUPS[0].first).to.equal(0);
    for (let k = 1; k < GROUPS.length; k++) expect(GROUPS[k].first).to.be.greaterThan(GROUPS[k - 1].first);
  });

  it("is what the generated constants say", () => {
    expect(Object.entries(OPCODE)).to.deep.equal(INSTRUCTIONS.map((i) => [i.name, i.code]));
  });
});
