/**
 * What must hold of any file, however broken: it is refused with a typed error, or it is a model that has one program,
 * which is written and read again unchanged and computes the same bits in the interpreter and in the engine.
 */
import { Engine } from "../../packages/engine/src/index.ts";
import { GraphError, importOnnx, type GraphErrorCode } from "../../packages/graph/src/index.ts";
import { byteLength } from "../../packages/vm/src/dtype.ts";
import { toHex } from "../../packages/vm/src/hash.ts";
import { run } from "../../packages/vm/src/interpreter.ts";
import { Layout } from "../../packages/vm/src/layout.ts";
import { programRoot, type Program } from "../../packages/vm/src/program.ts";
import { decodeProgram, encodeProgram } from "../../packages/vm/src/programFile.ts";
import { checkInputs, RequestError, type Request } from "../../packages/vm/src/request.ts";
import { evaluateShape } from "../../packages/vm/src/shapeExpression.ts";
import { denseBytes, type Tensor } from "../../packages/vm/src/tensor.ts";
import { Random } from "../../packages/graph/src/testing/random.ts";

/** Most instructions that an accepted model is run for; a larger one is only laid out. */
const MOST_WORK = 400_000;
const MOST_INPUT_BYTES = 1 << 18;
/** Of a generation the prompt, two calls that read it, and the epilogue. */
const FEW_CALLS = { least: 2, greatest: 4 };

/** What became of a file. */
export type Outcome =
  | { readonly kind: "refused"; readonly code: GraphErrorCode }
  | { readonly kind: "refused at the request" }
  /** Run by interpreter and engine, the same bits. */
  | { readonly kind: "run" }
  /** Accepted, but the smallest request is more work than a test does. */
  | { readonly kind: "too large to run" };

/** Examines a file. Throws where something is wrong: an error without a type, a program that is not one, other bits. */
export function examineModel(bytes: Uint8Array, seed = 0): Outcome {
  let imported: ReturnType<typeof importOnnx>;
  try {
    imported = importOnnx(bytes, { file: "model.onnx" });
  } catch (error) {
    if (!(error instanceof GraphError)) throw new Error("the import crashes", { cause: error });
    if (error.file !== "model.onnx") throw new Error(`a refusal without the file: ${error.message}`, { cause: error });
    return { kind: "refused", code: error.code };
  }
  const { program, report } = imported;
  checkFile(program, report.programRoot, report.paramsRoot);
  // Steps over all positions are as many as the program allows calls.
  const loops = program.header.counts.decode > 0;
  const small = loops ? importOnnx(bytes, { file: "model.onnx", calls: FEW_CALLS }).program : program;
  return runSmall(small, new Random(seed));
}

function checkFile(program: Program, root: string, paramsRoot: string): void {
  if (toHex(programRoot(program)) !== root) throw new Error("the report has another root than the program");
  const file = encodeProgram(program);
  const read = decodeProgram(file);
  if (toHex(read.programRoot) !== root) throw new Error("the program reads back with another root");
  if (toHex(read.paramsRoot) !== paramsRoot) throw new Error("the parameters read back with another root");
  if (!Buffer.from(encodeProgram(read.program)).equals(file)) throw new Error("the program reads back as another");
}

function runSmall(program: Program, random: Random): Outcome {
  const { header } = program;
  // Sizes that the smallest request has, and sometimes one more.
  const symbols = header.symbols.map(({ least, greatest }) => Math.min(greatest, least + random.below(3)));
  const calls = header.calls.greatest;
  const inputs: Tensor[] = [];
  for (const { dtype, shape } of header.inputs) {
    const sizes = shape.map((size) => evaluateShape(size, symbols, 0));
    const length = byteLength(
      dtype,
      sizes.reduce((product, size) => product * size, 1),
    );
    if (!(length <= MOST_INPUT_BYTES)) return { kind: "too large to run" };
    // Any bytes are a request: NaN and booleans other than 0 and 1 among them.
    const wild = random.unit() < 0.3;
    const data = Uint8Array.from({ length }, (_, i) =>
      wild ? random.below(256) : i % 4 === 3 ? 0x3f : random.below(3),
    );
    inputs.push({ dtype, shape: sizes, data });
  }
  const request: Request = { inputs, symbols, calls, seed: BigInt(random.bits()) };
  try {
    checkInputs(header, request);
    if (workOf(program, request) > MOST_WORK) return { kind: "too large to run" };
    const reference = run(program, request);
    const engine = new Engine(program).run(request);
    compare(reference, engine);
  } catch (error) {
    if (error instanceof RequestError) return { kind: "refused at the request" };
    throw error;
  }
  return { kind: "run" };
}

/** Instructions that the interpreter would execute. Throws where the importer made a record that is not valid. */
function workOf(program: Program, request: Request): number {
  const layout = new Layout(program, request);
  let work = 0;
  for (let call = 0; call < request.calls && work <= MOST_WORK; call++) {
    for (let node = 0; node < layout.nodes(call); node++) {
      const geometry = layout.geometry(call, node);
      if (!geometry.valid) {
        const tooLarge = ["dimension", "extent", "count"].includes(geometry.rule);
        if (!tooLarge) throw new Error(`node ${node} of call ${call} has an invalid record: ${geometry.rule}`);
        continue;
      }
      const { record, description, extent } = geometry;
      const sections = record.kind === "map" ? [record.value] : [record.init, record.step, record.final];
      // An element costs something even where its code is a constant.
      const lengths = sections.map(({ code }) => 1 + code.length / 4);
      work += description.count * (record.kind === "map" ? lengths[0] : lengths[0] + extent * lengths[1] + lengths[2]);
    }
  }
  return work;
}

function compare(reference: ReturnType<typeof run>, engine: ReturnType<typeof run>): void {
  const { layout } = reference;
  for (let call = 0; call < layout.calls; call++) {
    for (let position = 0; position < layout.positions(call); position++) {
      const [ours, theirs] = [engine.tensor(call, position), reference.tensor(call, position)];
      if (ours.dtype !== theirs.dtype || !Buffer.from(denseBytes(ours)).equals(denseBytes(theirs)))
        throw new Error(`engine and interpreter differ at call ${call}, position ${position}`);
    }
  }
}
