/** Generation loops: caches, stops, and what is refused. */
import { expect } from "chai";
import {
  decodeList,
  DType,
  float32,
  loadWord,
  OPCODE,
  run,
  tensorOfWords,
  wordsOf,
  type Request,
  type Run,
  type Tensor,
} from "@assay/vm";
import { GraphError, importOnnx, type Imported, type ImportOptions } from "./index.ts";
import { decodeModelProto, encodeModelProto } from "./onnx/schema.ts";
import { buildCrossDecoder, CROSS } from "./testing/crossDecoder.ts";
import { joined, joinedAsHalf, LAYOUTS, node, type LayoutName } from "./testing/decoderCaches.ts";
import { buildModel } from "./testing/onnxBuilder.ts";
import { buildDecoder, CONTEXT, HEADS, SIZE, VOCABULARY, type DecoderOptions } from "./testing/decoder.ts";

const APART: LayoutName = "keys and values apart";
const CALLS = { least: 2, greatest: CONTEXT };
const SYMBOLS = { sequence: { least: 1, greatest: CONTEXT } };

function decoder(seed: number, options: ImportOptions = {}, kind: DecoderOptions = {}): Imported {
  return importOnnx(buildDecoder(seed, kind), { calls: CALLS, symbols: SYMBOLS, ...options });
}

function requestOf(tokens: readonly number[], calls: number, seed = 0n): Request {
  return { inputs: [tensorOfWords(DType.INT64, [1, tokens.length], tokens)], symbols: [tokens.length], seed, calls };
}

const tokensOf = ({ outputs }: Run): number[] => wordsOf(outputs[0]).map(Number);

/** The logits of a call's last position, as bits: what the last MatMul before the token computes. */
function logitsOf({ report }: Imported, run: Run, call: number): number[] {
  const { layout } = run;
  const operators = report.nodeOperators[layout.list(call)];
  const position = layout.firstNode(call) + operators.lastIndexOf("MatMul");
  const tensor = run.tensor(call, position);
  const { count } = run.description(call, position);
  return Array.from({ length: VOCABULARY }, (_, i) =>
    Number(loadWord(tensor.dtype, tensor.data, count - VOCABULARY + i)),
  );
}

/** The logits of every position of a text, by the model without a loop and with an empty past. */
function plainLogits(seed: number, text: readonly number[], kind: DecoderOptions): number[][] {
  const { program, report } = importOnnx(buildDecoder(seed, kind), {
    generation: false,
    symbols: {
      batch: 1,
      past: 0,
      sequence: text.length,
      ...(kind.inputs?.includes("attention_mask") === false ? {} : { "past + sequence": text.length }),
    },
  });
  const given = (name: string) => {
    if (name === "input_ids") return tensorOfWords(DType.INT64, [1, text.length], text);
    if (name === "position_ids") return tensorOfWords(DType.INT64, [1, text.length], [...text.keys()]);
    if (name === "attention_mask") {
      const one = kind.maskType === undefined ? 1 : float32.fromNumber(1);
      return tensorOfWords(kind.maskType ?? DType.INT64, [1, text.length], new Array<number>(text.length).fill(one));
    }
    if (name === "use_cache_branch") return tensorOfWords(DType.BOOL, [1], [1]);
    const shape = name === "past_0" ? [2, 1, HEADS, 0, SIZE] : [1, 2, 0, SIZE];
    return { dtype: DType.FLOAT32, shape, data: new Uint8Array(0) };
  };
  const inputs = report.inputs.map(({ name }) => given(name));
  const words = wordsOf(run(program, { inputs, symbols: [], seed: 0n, calls: 1 }).outputs[0]).map(Number);
  return text.map((_, i) => words.slice(i * VOCABULARY, (i + 1) * VOCABULARY));
}

describe("generation with a cache", () => {
  const kinds: Record<string, DecoderOptions> = {
    "positions and mask as inputs": {},
    "positions as an input": { inputs: ["position_ids"] },
    "positions from the cache's length": { inputs: [] },
    "scaled keys": { scaledKeys: true },
    "Attention as one operator": { inputs: ["position_ids"], fused: "Attention" },
    "GroupQueryAttention, turned by position": {
      inputs: ["attention_mask", "position_ids"],
      fused: "GroupQueryAttention",
    },
    MultiHeadAttention: { inputs: ["position_ids"], fused: "MultiHeadAttention" },
    "a mask of float32": { maskType: DType.FLOAT32 },
    "onnxruntime's Attention, keys and values in one, a mask of float16": {
      fused: "com.microsoft.Attention",
      maskType: DType.FLOAT16,
      cache: "keys and values in one, as GPT-2 has them",
    },
    "branches with and without a past": { merged: true },
    ...Object.fromEntries(Object.keys(LAYOUTS).map((cache) => [cache, { cache: cache as LayoutName }])),
  };
  for (const [name, kind] of Object.entries(kinds)) {
    it(`gives each token the logits that the whole text gives it, bit by bit: ${name}`, () => {
      for (let seed = 0; seed < 3; seed++) {
        for (const prompt of [[3], [1, 4, 1, 5, 9]]) {
          const imported = decoder(seed, {}, kind);
          const calls = 9;
          const result = run(imported.program, requestOf(prompt, calls));
          const tokens = tokensOf(result);
          // However a cache lies, the numbers are the same.
          const plain = plainLogits(seed, [...prompt, ...tokens], kind.fused ? kind : { ...kind, cache: APART });
          for (let call = 0; call < calls - 1; call++) {
            const expected = plain[prompt.length - 1 + call];
            expect(logitsOf(imported, result, call), `call ${call}`).to.deep.equal(expected);
          }
        }
      }
    });
  }

  it("adds to the trace of a call no tensor that holds the cache", () => {
    for (const kind of Object.values(kinds)) {
      const { program } = decoder(0, {}, kind);
      const { layout, description } = run(program, requestOf([1, 2, 3], CONTEXT - 2));
      const last = layout.calls - 2;
      for (let position = 0; position < layout.positions(last); position++) {
        const growth = description(last, position).count - description(last - 1, position).count;
        // Scores and masks have one number per head and position; a row of the cache has SIZE per group of heads.
        expect(growth, `position ${position}`).to.be.at.most(HEADS);
      }
    }
  });

  it("makes no tensor more where keys and values lie in one", () => {
    const nodesOf = (cache: LayoutName) => decoder(0, {}, { cache }).report.nodes;
    for (const cache of [
      "keys and values in one, as GPT-2 has them",
      "keys and values in one, split",
      "positions first",
    ] as const) {
      const { prompt, decode } = nodesOf(APART);
      expect(nodesOf(cache).decode, cache).to.equal(decode);
      // The model itself brings keys and values into the order by position, and back.
      expect(nodesOf(cache).prompt, cache).to.equal(prompt + (cache === "positions first" ? 4 : 0));
    }
  });

  it("loads from at most four places in a step, five where the heads of a cache lie apart", () => {
    for (const [name, kind] of Object.entries(kinds)) {
      // Keys of two heads, each with the row of this call, and the query.
      const most = kind.cache === "keys and values in one, each head apart" ? 5 : 4;
      for (const decoded of decodeList(decoder(0, {}, kind).program, "decode")) {
        if (!decoded.valid) throw new Error(`an invalid record: ${decoded.rule}`);
        const { record } = decoded;
        const sections = record.kind === "map" ? [record.value] : [record.init, record.step, record.final];
        for (const { code } of sections) {
          const loads = code.filter((opcode, at) => at % 4 === 0 && opcode === OPCODE.load);
          expect(loads.length, name).to.be.at.most(most);
        }
      }
    }
  });

  it("does not depend on how many calls the program allows", () => {
    const text = [2, 7, 1];
    const few = run(decoder(4, { calls: { least: 2, greatest: 8 } }).program, requestOf(text, 8));
    const many = run(decoder(4, { calls: { least: 2, greatest: 1000 } }).program, requestOf(text, 8));
    expect(tokensOf(few)).to.deep.equal(tokensOf(many));
  });

  it("stores rows as the narrower floats that the model joins, where it is given and hands back binary32", () => {
    const kind: DecoderOptions = { join: joinedAsHalf };
    const imported = decoder(1, {}, kind);
    const result = run(imported.program, requestOf([1, 4], 9));
    const plain = plainLogits(1, [1, 4, ...tokensOf(result)], kind);
    for (let call = 0; call < 8; call++) {
      expect(logitsOf(imported, result, call), `call ${call}`).to.deep.equal(plain[1 + call]);
    }
    const histories = decodeList(imported.program, "decode").flatMap((decoded) =>
      decoded.valid ? decoded.record.operands.flatMap((o) => (o.kind === "history" ? [o.decode] : [])) : [],
    );
    const types = [...new Set(histories)].map((index) => result.description(3, index + 1).dtype);
    expect(types.filter((dtype) => dtype === DType.FLOAT16)).to.have.length(2);
  });

  it("takes a model for one call where a pair of names looks like a state but nothing is written", () => {
    const network = buildModel({
      nodes: [{ operator: "Relu", inputs: ["global_in"], outputs: ["global_out"] }],
      inputs: [{ name: "global_in", dtype: DType.FLOAT32, shape: [4] }],
      outputs: [{ name: "global_out", dtype: DType.FLOAT32, shape: [4] }],
    });
    expect(importOnnx(network).report.nodes).to.deep.equal({ prompt: 1, decode: 0, epilogue: 0 });
  });

  it("refuses a cache that is not its past with something behind it", () => {
    const joins: Record<string, DecoderOptions["join"]> = {
      scaled: (past, current, output) => [
        node("Concat", [past, current], `${output}.all`, { axis: 2 }),
        node("Mul", [`${output}.all`, "scale"], output),
      ],
      rounded: (past, current, output) => [
        ...joined(past, current, `${output}.all`),
        node("Cast", [`${output}.all`], `${output}.half`, { to: DType.FLOAT16 }),
        node("Cast", [`${output}.half`], output, { to: DType.FLOAT32 }),
      ],
      "rounded before": (past, current, output) => [
        node("Cast", [past], `${output}.half`, { to: DType.FLOAT16 }),
        node("Cast", [`${output}.half`], `${output}.old`, { to: DType.FLOAT32 }),
        ...joined(`${output}.old`, current, output),
      ],
      reversed: (past, current, output) => [node("Concat", [current, past], output, { axis: 2 })],
      forgotten: (past, current, output) => [
        node("Concat", [past, current], `${output}.all`, { axis: 2 }),
        node("Shape", [`${output}.all`], `${output}.shape`),
        node("Expand", ["one", `${output}.shape`], `${output}.ones`),
        node("Cast", [`${output}.ones`], output, { to: DType.FLOAT32 }),
      ],
    };
    for (const [name, join] of Object.entries(joins)) {
      expect(() => decoder(0, {}, { join }), name).to.throw(GraphError, "UNSUPPORTED");
    }
  });
});

describe("generation beside an encoder", () => {
  const ENCODED = 5;
  const { width, vocabulary } = CROSS;
  const seed = 2;
  const states = tensorOfWords(
    DType.FLOAT32,
    [1, ENCODED, width],
    Array.from({ length: ENCODED * width }, (_, i) => float32.fromNumber(Math.sin(i))),
  );
  const symbols = { sequence: { least: 1, greatest: 16 }, encoded: { least: 1, greatest: 8 } };
  const imported = importOnnx(buildCrossDecoder(seed), { calls: CALLS, symbols });

  /** The tokens that the branch without a past chooses, the whole text computed anew for each. */
  function expected(prompt: readonly number[], count: number): number[] {
    const text = [...prompt];
    while (text.length < prompt.length + count) {
      const { program } = importOnnx(buildCrossDecoder(seed), {
        generation: false,
        bind: {
          use_cache_branch: { numbers: [false] },
          input_ids: { numbers: [text] },
          ...Object.fromEntries(
            ["decoder.key", "decoder.value", "encoder.key", "encoder.value"].map((state) => [
              `past_key_values.0.${state}`,
              { dtype: DType.FLOAT32, shape: [1, 1, 0, width], data: new Uint8Array(0) },
            ]),
          ),
        },
        symbols: { encoded: ENCODED },
      });
      const [logits] = run(program, { inputs: [states], symbols: [], seed: 0n, calls: 1 }).outputs;
      const last = wordsOf(logits)
        .slice(-vocabulary)
        .map((word) => float32.toNumber(Number(word)));
      text.push(last.indexOf(Math.max(...last)));
    }
    return text.slice(prompt.length);
  }

  it("writes what the whole text gives, keys and values of the encoder made once", () => {
    for (const prompt of [[1], [4, 0, 7]]) {
      const tokens = tensorOfWords(DType.INT64, [1, prompt.length], prompt);
      const request = { inputs: [tokens, states], symbols: [prompt.length, ENCODED], seed: 0n, calls: 8 };
      const result = run(imported.program, request);
      expect(tokensOf(result)).to.deep.equal(expected(prompt, 7));
      const { layout } = result;
      // No tensor of a later call has a row for each place of the encoder, but for the scores.
      for (let position = 0; position < layout.positions(3); position++) {
        expect(result.description(3, position).count).to.be.below(ENCODED * width);
      }
    }
  });

  it("takes the encoder's output as an input, the same in all calls", () => {
    expect(imported.report.inputs.map(({ name }) => name)).to.deep.equal(["input_ids", "encoder_hidden_states"]);
    const other = wordsOf(states).map((word, i) => (i < width ? float32.fromNumber(3) : word));
    const changed = tensorOfWords(DType.FLOAT32, states.shape, other);
    const tokens = tensorOfWords(DType.INT64, [1, 1], [1]);
    const of = (encoder: Tensor) =>
      run(imported.program, { inputs: [tokens, encoder], symbols: [1, ENCODED], seed: 0n, calls: 12 });
    expect(tokensOf(of(changed))).not.to.deep.equal(tokensOf(of(states)));
  });
});

describe("the end of a generation", () => {
  const prompt = [2, 7];
  const calls = 14;
  const free = tokensOf(run(decoder(3).program, requestOf(prompt, calls)));
  /** What is left of the tokens when some of them end the text. */
  const cut = (ends: readonly number[]) => {
    const end = free.findIndex((token) => ends.includes(token));
    return free.map((token, i) => (end < 0 || i <= end ? token : 0));
  };
  const ends = [...new Set(free)];

  it("is the first of the end tokens; later calls are zero, whatever else the model would have written", () => {
    for (const endTokens of [[ends[1]], [ends[2], ends[1]], ends, [VOCABULARY - 1, VOCABULARY], []]) {
      const result = run(decoder(3, { endTokens }).program, requestOf(prompt, calls));
      expect(tokensOf(result), `ends ${endTokens.join()}`).to.deep.equal(cut(endTokens));
      const stopped = cut(endTokens).findIndex((token) => endTokens.includes(token)) + 1;
      for (let call = 1; call < calls - 1; call++) {
        expect(Number(wordsOf(result.tensor(call, 0))[0])).to.equal(stopped > 0 && call >= stopped ? 1 : 0);
      }
    }
  });

  it("is in the model's metadata: one token, or a list with or without brackets", () => {
    for (const text of [`${ends[1]}`, `[${ends[1]}, ${ends[2]}]`, `${ends[2]},${ends[1]}`]) {
      const model = decodeModelProto(buildDecoder(3));
      const bytes = encodeModelProto({ ...model, metadataProps: [{ key: "eos_token_id", value: text }] });
      const { program } = importOnnx(bytes, { calls: CALLS, symbols: SYMBOLS });
      const tokens = text.replaceAll(/[[\]]/g, "").split(",").map(Number);
      expect(tokensOf(run(program, requestOf(prompt, calls)))).to.deep.equal(cut(tokens));
    }
  });

  it("is nothing where the metadata are empty, and refused where they are no tokens", () => {
    const withEnd = (value: string) => {
      const bytes = encodeModelProto({
        ...decodeModelProto(buildDecoder(3)),
        metadataProps: [{ key: "eos_token_id", value }],
      });
      return importOnnx(bytes, { calls: CALLS, symbols: SYMBOLS }).report.endTokens;
    };
    for (const text of ["", " ", "[]"]) expect(withEnd(text)).to.deep.equal([]);
    for (const text of ["null", "-1", "1,", "1 2", "0x1"])
      expect(() => withEnd(text), text).to.throw(GraphError, "BAD_OPTION");
  });

  it("refuses what is no token, and options of sampling out of range", () => {
    const wrong: ImportOptions[] = [
      { endTokens: [-1] },
      { endTokens: [0.5] },
      { endTokens: [NaN] },
      { endTokens: Array.from({ length: 65 }, (_, i) => i) },
      { sampling: { temperature: -1 } },
      { sampling: { temperature: NaN } },
      { sampling: { topK: 0 } },
      { sampling: { topK: 1.5 } },
      { sampling: { topP: 0 } },
      { sampling: { topP: 1.1 } },
    ];
    for (const options of wrong) {
      expect(() => decoder(3, options), JSON.stringify(options)).to.throw(GraphError, "BAD_OPTION");
    }
  });
});

describe("sampled generation", () => {
  it("follows the seed: one seed one text, other seeds other texts, temperature 0 the greatest logit", () => {
    const { program } = decoder(5, { sampling: { temperature: 20, topK: 6, topP: 0.95 } });
    const texts = Array.from({ length: 12 }, (_, seed) =>
      tokensOf(run(program, requestOf([1, 2], 10, BigInt(seed)))).join(),
    );
    expect(tokensOf(run(program, requestOf([1, 2], 10, 3n))).join()).to.equal(texts[3]);
    expect(new Set(texts).size).to.be.above(6);
    const cold = importOnnx(buildDecoder(5), { calls: CALLS, symbols: SYMBOLS, sampling: { temperature: 0 } });
    expect(cold.report.programRoot).to.equal(decoder(5).report.programRoot);
  });

  it("draws the same tokens however the cache lies", () => {
    const options = { sampling: { temperature: 20, topK: 6, topP: 0.95 } };
    const textOf = (kind: DecoderOptions) =>
      tokensOf(run(decoder(5, options, kind).program, requestOf([1, 2], 10, 3n))).join();
    const kinds = [...Object.keys(LAYOUTS).map((cache) => ({ cache: cache as LayoutName })), { merged: true }];
    for (const kind of kinds) expect(textOf(kind), JSON.stringify(kind)).to.equal(textOf({}));
  });

  it("takes no call for another: equal logits draw other tokens in other calls", () => {
    // Weights of zero make every logit 0: all tokens are as likely in every call.
    const model = decodeModelProto(buildDecoder(5));
    const initializer = model.graph!.initializer!.map((tensor) =>
      tensor.name === "head" ? { ...tensor, rawData: new Uint8Array(tensor.rawData!.length) } : tensor,
    );
    const bytes = encodeModelProto({ ...model, graph: { ...model.graph!, initializer } });
    const { program } = importOnnx(bytes, { calls: CALLS, symbols: SYMBOLS, sampling: { temperature: 1 } });
    const tokens = tokensOf(run(program, requestOf([1], CONTEXT - 1, 9n)));
    expect(new Set(tokens).size).to.be.above(5);
  });
});
