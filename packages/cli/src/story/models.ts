/**
 * The models of the story: each imported from its ONNX file, with something real to ask of it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importOnnx, type Imported, type ImportOptions } from "@assay/graph";
import { DType, makeTensor, type Request, type Tensor } from "@assay/vm";

export const MODELS = ["digits", "sequence", "text"] as const;
export type ModelName = (typeof MODELS)[number];

export interface StoryModel {
  readonly name: ModelName;
  /** Path of the ONNX file from the repository's root. */
  readonly file: string;
  readonly bytes: number;
  readonly imported: Imported;
  /** Something to ask, chosen by a number. */
  question(choice: number): Question;
}

export interface Question {
  readonly request: Request;
  /** What is asked, in words. */
  readonly text: string;
  /** A small picture of it, where there is one. */
  readonly picture: readonly string[];
  /** The answer in words. */
  read(outputs: readonly Tensor[]): string;
}

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const fileOf = (path: string): Buffer => readFileSync(`${ROOT}${path}`);

export function loadModel(name: ModelName): StoryModel {
  switch (name) {
    case "digits":
      return loadDigits();
    case "sequence":
      return loadSequence();
    case "text":
      return loadText();
  }
}

const SHADES = " .:-=+*#%@";

function loadDigits(): StoryModel {
  const file = "models/digits/digits.onnx";
  const bytes = fileOf(file);
  const rows = fileOf("models/digits/heldout.csv")
    .toString()
    .trim()
    .split("\n")
    .map((row) => row.split(",").map(Number));
  return {
    name: "digits",
    file,
    bytes: bytes.length,
    imported: importOnnx(bytes, { file }),
    question: (choice) => {
      const index = choice % rows.length;
      const pixels = Float32Array.from(rows[index].slice(0, 64));
      const input = makeTensor(DType.FLOAT32, [1, 1, 8, 8], new Uint8Array(pixels.buffer));
      return {
        request: { inputs: [input], symbols: [1], seed: 0n, calls: 1 },
        text: `which digit is this? (held-out image ${index}, labelled ${rows[index][64]})`,
        picture: Array.from({ length: 8 }, (_, y) =>
          Array.from(pixels.subarray(8 * y, 8 * y + 8), (ink) => SHADES[Math.round((ink * 9) / 16)].repeat(2)).join(""),
        ),
        read: ([logits]) => {
          const scores = new Float32Array(logits.data.slice().buffer);
          return `${scores.indexOf(Math.max(...scores))}`;
        },
      };
    },
  };
}

interface HeldOut {
  readonly prompt: string;
  readonly text: string;
}

/** Tokens after the end of the text: calls that the sticky stop leaves at zero. */
const SPARE_CALLS = 2;

function loadSequence(): StoryModel {
  const file = "models/sequence/sequence.onnx";
  const bytes = fileOf(file);
  const imported = importOnnx(bytes, { file });
  const { vocabulary } = imported.report.metadata;
  const heldOut = JSON.parse(fileOf("models/sequence/heldout.json").toString()) as HeldOut[];
  return {
    name: "sequence",
    file,
    bytes: bytes.length,
    imported,
    question: (choice) => {
      const { prompt, text } = heldOut[choice % heldOut.length];
      // Call 0 reads the prompt and writes a character, each further call one more; the end token and the epilogue.
      const calls = text.length + 2 + SPARE_CALLS;
      return {
        request: textRequest(vocabulary, prompt, calls),
        text: `how does "${prompt}" go on? (held out; ${calls} calls)`,
        picture: [],
        read: ([written]) => `"${textOf(vocabulary, written)}"`,
      };
    },
  };
}

interface Beginning {
  readonly prompt: string;
}

/** The longest ending, its line end, the epilogue. */
const TEXT_CALLS = 66;

function loadText(): StoryModel {
  const file = "models/text/text.onnx";
  const bytes = fileOf(file);
  // Its tokens are drawn, by the seed of the request.
  const options = JSON.parse(fileOf("models/text/import.json").toString()) as ImportOptions;
  const imported = importOnnx(bytes, { ...options, file });
  const { vocabulary } = imported.report.metadata;
  const heldOut = JSON.parse(fileOf("models/text/heldout.json").toString()) as Beginning[];
  return {
    name: "text",
    file,
    bytes: bytes.length,
    imported,
    question: (choice) => {
      const { prompt } = heldOut[choice % heldOut.length];
      return {
        request: { ...textRequest(vocabulary, prompt, TEXT_CALLS), seed: BigInt(choice) },
        text: `how does the story go on? (held out; ${TEXT_CALLS} calls, tokens drawn with seed ${choice})`,
        picture: [prompt],
        read: ([written]) => `"${textOf(vocabulary, written)}"`,
      };
    },
  };
}

/** A prompt of a character model as a request. */
function textRequest(vocabulary: string, prompt: string, calls: number): Request {
  const tokens = BigInt64Array.from(prompt, (character) => BigInt(vocabulary.indexOf(character)));
  const input = makeTensor(DType.INT64, [1, tokens.length], new Uint8Array(tokens.buffer));
  return { inputs: [input], symbols: [tokens.length], seed: 0n, calls };
}

/** What a character model wrote, up to its end token 0. */
function textOf(vocabulary: string, written: Tensor): string {
  const tokens = Array.from(new BigInt64Array(written.data.slice().buffer), Number);
  const end = tokens.indexOf(0);
  return (end < 0 ? tokens : tokens.slice(0, end)).map((token) => vocabulary[token]).join("");
}
