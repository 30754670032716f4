/**
 * The engine in a real browser gives the bits that it gives here: the page imports these very sources, types stripped, and
 * runs a program that is sent to it.
 *
 * @weight 10
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import { denseBytes, DType, encodeProgram, makeTensor, run, type Program, type Request, type Tensor } from "@assay/vm";
import { expect } from "chai";
import { chromium } from "playwright-core";
// Only for tests: the engine itself knows no ONNX.
import { importOnnx } from "../../graph/src/index.ts";
import { readHeldOut } from "../../graph/src/testing/digits.ts";
import { buildModel, floats } from "../../graph/src/testing/onnxBuilder.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const PACKAGES = new URL("../../", import.meta.url);
const LIBRARIES = new URL("../../vm/node_modules/", import.meta.url);

const IMPORTS = {
  "@assay/engine": "/packages/engine/src/web.ts",
  "@assay/vm": "/packages/vm/src/index.ts",
  "@assay/vm/": "/packages/vm/src/",
  "@noble/hashes/": "/libraries/@noble/hashes/",
};

const PAGE = `<!doctype html><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">
  import { Engine } from "@assay/engine";
  import { decodeProgram } from "@assay/vm";
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const { program } = decodeProgram(await bytes("/program"));
  const { shape, symbols } = await (await fetch("/sizes")).json();
  const engine = new Engine(program);
  const request = { inputs: [{ dtype: 1, shape, data: await bytes("/input") }], symbols, seed: 0n, calls: 1 };
  const hex = (tensor) => [...tensor.data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  window.answer = { backend: engine.backend, outputs: engine.infer(request).map(hex), again: engine.infer(request).map(hex) };
</script>`;

/** What the page may ask for. */
function respond(
  path: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): { type: string; body: Uint8Array | string } | undefined {
  if (path in files) return { type: path === "/" ? "text/html" : "application/octet-stream", body: files[path] };
  const script = { type: "text/javascript" };
  // Names in import specifiers lack the extension where a package's exports add it.
  const names = path.endsWith(".ts") || path.endsWith(".js") ? [path] : [`${path}.ts`, path];
  for (const name of names) {
    const base = name.startsWith("/packages/") ? PACKAGES : LIBRARIES;
    const file = new URL(name.replace(/^\/(packages|libraries)\//, ""), base);
    if (!/^\/(packages|libraries)\//.test(name) || !existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    return { ...script, body: name.endsWith(".ts") ? stripTypeScriptTypes(text) : text };
  }
  return undefined;
}

describe("engine in a browser", function () {
  this.timeout(120_000);

  it("computes digits with the interpreter's bits", async () => {
    const { program } = importOnnx(readFileSync(new URL("../../../models/digits/digits.onnx", import.meta.url)));
    const pixels = new Uint8Array(Float32Array.from(readHeldOut().images.slice(0, 5).flat()).buffer);
    await sameBits(program, makeTensor(DType.FLOAT32, [5, 1, 8, 8], pixels), [5]);
  });

  it("computes weights of four bits once, and with them the interpreter's bits", async () => {
    const bytes = (shape: number[], count: number): Tensor =>
      makeTensor(
        DType.UINT8,
        shape,
        Uint8Array.from({ length: count }, (_, i) => (i * 37) % 256),
      );
    const [depth, columns] = [64, 24];
    const model = buildModel({
      nodes: [
        {
          operator: "MatMulNBits",
          domain: "com.microsoft",
          inputs: ["x", "w", "scales"],
          outputs: ["y"],
          attributes: { K: depth, N: columns, bits: 4, block_size: 32 },
        },
      ],
      inputs: [{ name: "x", dtype: DType.FLOAT32, shape: [3, depth] }],
      outputs: [{ name: "y", dtype: DType.FLOAT32 }],
      constants: {
        w: bytes([columns, 2, 16], columns * 32),
        scales: floats(
          [columns * 2],
          Array.from({ length: columns * 2 }, (_, i) => (i + 1) / 64),
        ),
      },
    });
    const x = floats(
      [3, depth],
      Array.from({ length: 3 * depth }, (_, i) => (i % 17) - 8.5),
    );
    await sameBits(importOnnx(model).program, x, []);
  });

  async function sameBits(program: Program, input: Tensor, symbols: number[]): Promise<void> {
    if (executablePath === undefined) {
      console.log("      not run: no Chromium");
      return;
    }
    const request: Request = { inputs: [input], symbols, seed: 0n, calls: 1 };
    const wanted = run(program, request).outputs.map((tensor) => Buffer.from(denseBytes(tensor)).toString("hex"));

    const files = {
      "/": PAGE,
      "/program": encodeProgram(program),
      "/input": denseBytes(input),
      "/sizes": JSON.stringify({ shape: input.shape, symbols }),
    };
    const server = createServer((query, answer) => {
      const found = respond(new URL(query.url!, "http://page").pathname, files);
      answer.writeHead(found === undefined ? 404 : 200, { "content-type": found?.type ?? "text/plain" });
      answer.end(found?.body);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          problems.push(message.text());
      });
      page.on("response", (response) => {
        if (!response.ok() && !response.url().endsWith("favicon.ico"))
          problems.push(`${response.status()} ${response.url()}`);
      });
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const answer = (await page
        .waitForFunction("window.answer", undefined, { timeout: 60_000 })
        .then((handle) => handle.jsonValue())
        .catch((error: unknown) => ({ error: String(error) }))) as {
        backend: string;
        outputs: string[];
        again: string[];
      };
      expect(problems).to.deep.equal([]);
      expect(answer.backend).to.match(/^wasm/);
      expect(answer.outputs).to.deep.equal(wanted);
      expect(answer.again).to.deep.equal(wanted);
    } finally {
      await browser.close();
      server.close();
    }
  }
});
