/** `assay import`: roots on success; on bad input one line, exit code 2 and no file. */
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folderReader, GraphError } from "@assay/graph";
import { decodeProgram, DType, toHex, type ByteStore } from "@assay/vm";
import { buildModel } from "../../../graph/src/testing/onnxBuilder.ts";
import { quantisedModel } from "../../../graph/src/testing/quantisedModel.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const digits = fileURLToPath(new URL("../../../../models/digits/digits.onnx", import.meta.url));
const sequence = fileURLToPath(new URL("../../../../models/sequence/sequence.onnx", import.meta.url));

function assay(...args: string[]) {
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
}

describe("assay import", () => {
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "assay-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("shows the roots and writes the program", () => {
    const out = join(folder, "digits.assay");
    const { status, stdout } = assay("import", digits, "--out", out, "--json");
    expect(status).to.equal(0);
    const report = JSON.parse(stdout) as { programRoot: string; operators: Record<string, number> };
    expect(report.operators.Conv).to.equal(2);
    expect(toHex(decodeProgram(readFileSync(out)).programRoot)).to.equal(report.programRoot);
    const fixed = assay("import", digits, "--symbol", "N=1");
    expect(fixed.stdout).to.contain("program root").and.not.to.contain(report.programRoot);
    const even = assay("import", digits, "--symbol", "N=2..64:2");
    expect(even.stdout)
      .to.match(/symbol +N\/2, 1 to 32\n/)
      .and.to.match(/output .*\[2\*\(N\/2\), /);
  }).timeout(120_000);

  it("refuses bad input with file and reason, exit code 2, and leaves nothing behind", () => {
    const broken = join(folder, "broken.onnx");
    writeFileSync(broken, readFileSync(digits).subarray(0, 1000));
    const out = join(folder, "out.assay");
    for (const args of [[broken], [join(folder, "absent.onnx")], [digits, "--symbol", "M=3"]]) {
      const { status, stderr, stdout } = assay("import", ...args, "--out", out);
      expect(status).to.equal(2);
      expect(stdout).to.equal("");
      expect(stderr).to.contain(args[0]);
      expect(stderr.trim().split("\n")).to.have.length(1);
    }
    expect(assay("import", digits, "--symbol", "N").status).to.equal(2);
    expect(existsSync(out)).to.equal(false);
    expect(readdirSync(folder)).to.deep.equal(["broken.onnx"]);
  }).timeout(120_000);

  it("multiplies what is dequantised as integers, and says so, unless it is told not to", () => {
    const file = join(folder, "quantised.onnx");
    const operand = { dtype: DType.UINT8, shape: [4, 4], scales: [0.5], zeros: [3] };
    writeFileSync(file, buildModel(quantisedModel({ operator: "MatMul", operands: [operand, operand] })));
    expect(assay("import", file).stdout).to.contain(
      "remark        a product of dequantised tensors is computed in integers",
    );
    expect(assay("import", file, "--no-integer-products").stdout).not.to.contain("remark");
  }).timeout(120_000);

  it("fixes calls, end tokens and sampling in the program of a model that generates", () => {
    const rootOf = (...args: string[]): string => {
      const { stdout, stderr } = assay("import", sequence, "--json", ...args);
      expect(stderr).to.equal("");
      return (JSON.parse(stdout) as { programRoot: string }).programRoot;
    };
    const options = [[], ["--temperature", "0.8"], ["--top-k", "5"], ["--top-p", "0.9"], ["--end-token", "1,2"]];
    const roots = [...options, ["--calls", "2..64"]].map((args) => rootOf(...args));
    expect(new Set(roots).size).to.equal(roots.length);
    expect(rootOf("--temperature", "0")).to.equal(roots[0]);
    for (const args of [
      ["--top-p", "2"],
      ["--calls", "9"],
      ["--calls", "3..2"],
      ["--end-token", "x"],
      ["--top-k", ""],
    ])
      expect(assay("import", sequence, ...args).status, args.join(" ")).to.equal(2);
    expect(assay("import", digits, "--temperature", "1").status).to.equal(2);
  }).timeout(120_000);

  it("fixes inputs to tensors in files", () => {
    const model = join(folder, "pad.onnx");
    writeFileSync(
      model,
      buildModel({
        nodes: [{ operator: "Pad", inputs: ["x", "pads"], outputs: ["y"] }],
        inputs: [
          { name: "x", dtype: DType.FLOAT32, shape: [3] },
          { name: "pads", dtype: DType.INT64, shape: ["P"] },
        ],
        outputs: [{ name: "y", dtype: DType.FLOAT32 }],
      }),
    );
    const json = join(folder, "pads.json");
    writeFileSync(json, "[1, 2]");
    const npy = join(folder, "pads.npy");
    const header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }";
    const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]);
    writeFileSync(npy, Buffer.concat([start, Buffer.from(header), Buffer.from(BigInt64Array.of(1n, 2n).buffer)]));
    const roots = [json, npy].map((file) => {
      const { stdout, stderr } = assay("import", model, "--bind", `pads=${file}`, "--json");
      expect(stderr).to.equal("");
      const report = JSON.parse(stdout) as { programRoot: string; inputs: object[]; outputs: { shape: string }[] };
      expect(report.inputs).to.have.length(1);
      expect(report.outputs[0].shape).to.equal("[6]");
      return report.programRoot;
    });
    expect(roots[0]).to.equal(roots[1]);
    expect(assay("import", model).stderr).to.contain("DATA_DEPENDENT_SHAPE");
    for (const bad of ["x.json", `other=${json}`, `pads=${join(folder, "absent.json")}`, `x=${npy}`]) {
      const { status, stderr } = assay("import", model, "--bind", bad);
      expect(status, bad).to.equal(2);
      expect(stderr.trim(), bad).to.not.equal("");
    }
  }).timeout(120_000);

  it("reads no external data through links that lead out of the model's folder", () => {
    symlinkSync("/etc/hostname", join(folder, "weights.bin"));
    writeFileSync(join(folder, "inside.bin"), "data");
    const read = folderReader(folder);
    const inside = read("inside.bin") as ByteStore;
    const target = new Uint8Array(inside.length);
    inside.read(0, target);
    expect(Buffer.from(target).toString()).to.equal("data");
    expect(() => read("weights.bin")).to.throw(GraphError, "leads out of the model's folder");
  });
});
