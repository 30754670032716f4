/** The line that shows how far an import is. */
import { expect } from "chai";
import { ProgressLine, progressText } from "./progress.ts";

describe("progress line", () => {
  function watched(isTTY: boolean) {
    const written: string[] = [];
    let now = 0;
    const out = { isTTY, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
    return { written, line: new ProgressLine(out, () => now), wait: (seconds: number) => (now += seconds) };
  }

  it("says bytes, rate and time left", () => {
    expect(progressText("reading weights", 120e6, 500e6, 2)).to.equal(
      "reading weights: 120 of 500 MB, 60 MB/s, 7 s left",
    );
    expect(progressText("reading weights", 0, 500e6, 0)).to.contain("0 of 500 MB");
  });

  it("is silent for what takes less than a second", () => {
    const { written, line, wait } = watched(true);
    for (let i = 1; i <= 9; i++, wait(0.1)) line.show("hashing", i, 10);
    line.clear();
    expect(written).to.deep.equal([]);
  });

  it("rewrites itself on a terminal and goes away", () => {
    const { written, line, wait } = watched(true);
    for (let i = 0; i < 30; i++, wait(0.1)) line.show("hashing", i * 1e6, 30e6);
    line.clear();
    expect(written.length).to.be.within(5, 15);
    expect(written.every((text) => text.startsWith("\r\x1b[K"))).to.equal(true);
    expect(written.at(-1)).to.equal("\r\x1b[K");
  });

  it("writes a line every ten seconds where there is no terminal", () => {
    const { written, line, wait } = watched(false);
    for (let i = 0; i < 250; i++, wait(0.1)) line.show("hashing", i * 1e6, 250e6);
    line.clear();
    expect(written).to.have.length(2);
    expect(written[0]).to.match(/^hashing: 10\d of 250 MB, .* left\n$/);
  });
});
