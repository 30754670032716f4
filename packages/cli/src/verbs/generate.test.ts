/** `assay generate`: text from a prompt, by a vocabulary of characters or a tokenizer.json; bad input ends with exit code 2. */
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GraphError, importOnnx } from "@assay/graph";
import { characterCodec, tokenizerCodec } from "./codec.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const sequence = fileURLToPath(new URL("../../../../models/sequence/sequence.onnx", import.meta.url));

function generate(...args: string[]) {
  return spawnSync(process.execPath, [main, "generate", sequence, ...args], { encoding: "utf8" });
}

/** A tokenizer.json whose tokens are characters, by byte-pair encoding without merges. */
function characterTokenizer(vocabulary: string): object {
  const vocab = Object.fromEntries([...vocabulary].map((character, i) => [character, i]));
  return {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "BPE", vocab, merges: [], fuse_unk: false, byte_fallback: false },
  };
}

describe("assay generate", function () {
  this.timeout(120_000);
  const { vocabulary } = importOnnx(readFileSync(sequence)).report.metadata;
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "assay-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("writes on from a prompt until the end token", () => {
    const { status, stdout, stderr } = generate("--prompt", "1234=");
    expect(stderr).to.equal("");
    expect(status).to.equal(0);
    expect(stdout).to.equal("1234=one thousand two hundred thirty-four\n");
    expect(generate("--prompt", "1234=", "--length", "7").stdout).to.equal("1234=one tho\n");
  });

  it("draws by the seed", () => {
    const draw = (seed: string) =>
      generate("--prompt", "1", "--temperature", "50", "--seed", seed, "--length", "12").stdout;
    expect(draw("1")).to.equal(draw("1"));
    expect(draw("1")).to.not.equal(draw("2"));
  });

  it("takes a tokenizer.json, whose hash stands in the program", () => {
    const file = join(folder, "tokenizer.json");
    writeFileSync(file, JSON.stringify(characterTokenizer(vocabulary)));
    const { stdout, stderr } = generate("--prompt", "20=", "--tokenizer", file, "--json");
    expect(stderr).to.equal("");
    const { text, programRoot } = JSON.parse(stdout) as { text: string; programRoot: string };
    expect(text).to.equal("twenty");
    const plain = JSON.parse(generate("--prompt", "20=", "--json").stdout) as { programRoot: string };
    expect(programRoot).to.not.equal(plain.programRoot);
  });

  it("refuses bad input with exit code 2", () => {
    const broken = join(folder, "broken.json");
    writeFileSync(broken, "{");
    const wrong = [
      [],
      ["--prompt", ""],
      ["--prompt", "$"],
      ["--prompt", "1=", "--length", "0"],
      ["--prompt", "1=", "--seed", "-1"],
      ["--prompt", "1=", "--top-p", "3"],
      ["--prompt", "1=", "--tokenizer", broken],
      ["--prompt", "1=", "--tokenizer", join(folder, "absent.json")],
      ["--prompt", "12345=", "--symbol", "sequence=1..3"],
    ];
    for (const args of wrong) {
      const { status, stdout } = generate(...args);
      expect(status, args.join(" ")).to.equal(2);
      expect(stdout).to.equal("");
    }
  });
});

describe("codecs", () => {
  it("go there and back", () => {
    const text = "one-two";
    const bytes = new TextEncoder().encode(JSON.stringify(characterTokenizer("\n-onetw")));
    for (const codec of [characterCodec("\n-onetw"), tokenizerCodec("tokenizer.json", bytes)]) {
      expect(codec.encode(text)).to.deep.equal([2, 3, 4, 1, 5, 6, 2]);
      expect(codec.decode(codec.encode(text))).to.equal(text);
    }
  });

  it("refuse what they cannot encode or read", () => {
    expect(() => characterCodec("ab").encode("abc")).to.throw(GraphError, "BAD_OPTION");
    for (const text of ["", "[]", "{}", '{"model":{"type":"What"}}'])
      expect(() => tokenizerCodec("t.json", new TextEncoder().encode(text)), text).to.throw(
        GraphError,
        "MALFORMED_FILE",
      );
  });
});
