/** Generation with a cache and drawn tokens: the engine's trace is the interpreter's, call by call, number by number. */
import { expect } from "chai";
import { DType, run, tensorOfWords, toHex, Trace } from "@assay/vm";
// Only for this test: the engine itself knows no ONNX.
import { importOnnx } from "../../graph/src/index.ts";
import { buildDecoder, CONTEXT, type DecoderOptions } from "../../graph/src/testing/decoder.ts";
import { joinedAsHalf } from "../../graph/src/testing/decoderCaches.ts";
import { Engine } from "./index.ts";

describe("generation", () => {
  const kinds: Record<string, DecoderOptions> = {
    "attention in parts": {},
    "scaled keys": { scaledKeys: true },
    "keys and values in one": { cache: "keys and values in one, as GPT-2 has them" },
    "positions first": { cache: "positions first" },
    "each head apart": { cache: "keys and values in one, each head apart" },
    "rows as float16": { join: joinedAsHalf },
    "branches with and without a past": { merged: true },
    GroupQueryAttention: { inputs: ["attention_mask", "position_ids"], fused: "GroupQueryAttention" },
  };
  it("tells the request of each run, also where an earlier one had the same sizes", () => {
    const { program } = importOnnx(buildDecoder(6), { calls: { least: 2, greatest: CONTEXT } });
    const engine = new Engine(program);
    const requests = [
      [1, 2, 3],
      [4, 5, 6],
    ].map((prompt, i) => ({
      inputs: [tensorOfWords(DType.INT64, [1, 3], prompt)],
      symbols: [3],
      seed: BigInt(i),
      calls: 4,
    }));
    const runs = requests.map((request) => engine.run(request));
    runs.forEach(({ layout }, i) => expect(layout.request).to.equal(requests[i]));
  });

  for (const [name, kind] of Object.entries(kinds)) {
    it(`has the interpreter's trace root: ${name}`, () => {
      const { program } = importOnnx(buildDecoder(6, kind), {
        calls: { least: 2, greatest: CONTEXT },
        symbols: { sequence: { least: 1, greatest: CONTEXT } },
        sampling: { temperature: 5, topK: 8, topP: 0.9 },
        endTokens: [10],
      });
      const engine = new Engine(program);
      for (const [prompt, calls] of [
        [[3], 12],
        [[1, 4, 1, 5], 9],
        [[2, 2], 2],
      ] as const) {
        const input = tensorOfWords(DType.INT64, [1, prompt.length], prompt);
        const request = { inputs: [input], symbols: [prompt.length], seed: 77n, calls };
        const [ours, reference] = [engine.run(request), run(program, request)];
        expect(toHex(new Trace(ours).root), `prompt ${prompt.join()}`).to.equal(toHex(new Trace(reference).root));
      }
    });
  }
});
