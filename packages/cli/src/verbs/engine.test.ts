/** `assay engine`: what it says of this machine, and a build without a compiler refused in one line. */
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isBuilt } from "@assay/engine/native/sources";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

function assay(...args: string[]) {
  return spawnSync(process.execPath, [main, "engine", ...args], { encoding: "utf8" });
}

describe("assay engine", () => {
  it("tells the backends and the threads", () => {
    const { status, stdout } = assay("info");
    expect(status).to.equal(0);
    expect(stdout).to.match(/^processor .*\d+ threads$/m);
    expect(stdout).to.match(/^native +(not used: .+|\S+kernels-\S+)$/m);
  }).timeout(60_000);

  it("refuses to build with a compiler that is not there, or finds the library built", () => {
    const { status, stdout, stderr } = assay("build-native", "--compiler", "no-such-compiler");
    if (isBuilt()) expect(stdout).to.contain("there already for these sources");
    else {
      expect(status).to.equal(2);
      expect(stderr).to.contain("no-such-compiler").and.contain("WebAssembly");
    }
  }).timeout(60_000);

  it("compiles a model's kernels, or says why not", () => {
    const model = fileURLToPath(new URL("../../../../models/digits/digits.onnx", import.meta.url));
    const { status, stdout, stderr } = assay("build-native", model);
    if (status === 0) expect(stdout).to.match(/^kernels +([1-9]\d*) of \1 in the machine's code/m);
    else expect(stderr).to.contain("no C compiler");
  }).timeout(300_000);
});
