/**
 * Accuracy of the committed models, computed by our own interpreter from the imported program, beside onnxruntime's on
 * the same inputs: `node scripts/check/accuracy.ts`.
 */
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { denseBytes, DType, makeTensor, run, tensorOfWords, wordsOf } from "../../packages/vm/src/index.ts";
import { importOnnx } from "../../packages/graph/src/index.ts";
import { readHeldOut } from "../../packages/graph/src/testing/digits.ts";

const BATCH = 36;
const CLASSES = 10;

async function digits(): Promise<void> {
  const model = readFileSync(new URL("../../models/digits/digits.onnx", import.meta.url));
  const { program, report } = importOnnx(model, { file: "digits.onnx" });
  const session = await InferenceSession.create(model);
  const { images, labels } = readHeldOut();
  let [ours, theirs, agree, largest] = [0, 0, 0, 0];
  for (let start = 0; start < images.length; start += BATCH) {
    const batch = images.slice(start, start + BATCH);
    const pixels = Float32Array.from(batch.flat());
    const shape = [batch.length, 1, 8, 8];
    const input = makeTensor(DType.FLOAT32, shape, new Uint8Array(pixels.buffer));
    const [output] = run(program, { inputs: [input], symbols: [batch.length], seed: 0n, calls: 1 }).outputs;
    const own = new Float32Array(denseBytes(output).slice().buffer);
    const other = (await session.run({ image: new OrtTensor("float32", pixels, shape) })).logits.data as Float32Array;
    batch.forEach((_, i) => {
      const at = [i * CLASSES, (i + 1) * CLASSES];
      const [mine, its] = [greatest(own.subarray(...at)), greatest(other.subarray(...at))];
      ours += mine === labels[start + i] ? 1 : 0;
      theirs += its === labels[start + i] ? 1 : 0;
      agree += mine === its ? 1 : 0;
    });
    own.forEach((value, i) => (largest = Math.max(largest, Math.abs(value - other[i]))));
  }
  const percent = (count: number) => `${count} of ${images.length} (${((100 * count) / images.length).toFixed(2)} %)`;
  console.log(`digits  program root ${report.programRoot}`);
  console.log(`  right by our interpreter   ${percent(ours)}`);
  console.log(`  right by onnxruntime       ${percent(theirs)}`);
  console.log(`  same answer                ${percent(agree)}`);
  console.log(`  largest difference of logits ${largest.toExponential(2)}`);
}

/** Texts that the sequence model writes after held-out prompts: `count` of them. */
function sequence(count: number): void {
  const model = readFileSync(new URL("../../models/sequence/sequence.onnx", import.meta.url));
  const heldOut = readFileSync(new URL("../../models/sequence/heldout.json", import.meta.url), "utf8");
  const cases = (JSON.parse(heldOut) as { prompt: string; text: string }[]).slice(0, count);
  const { program, report } = importOnnx(model, { file: "sequence.onnx" });
  const { vocabulary } = report.metadata;
  const right = cases.filter(({ prompt, text }) => {
    const tokens = [...prompt].map((character) => vocabulary.indexOf(character));
    const input = tensorOfWords(DType.INT64, [1, tokens.length], tokens);
    const request = { inputs: [input], symbols: [tokens.length], seed: 0n, calls: 48 };
    const written = wordsOf(run(program, request).outputs[0]).map((token) => vocabulary[Number(token)]);
    return written.join("").trimEnd() === text;
  });
  console.log(`sequence  program root ${report.programRoot}`);
  console.log(`  right by our interpreter   ${right.length} of ${cases.length} texts`);
}

function greatest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

await digits();
sequence(20);
