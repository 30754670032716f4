/**
 * An ONNX model being written: nodes one after the other, weights from a seeded generator straight into a file of external
 * data, so that a model of any size costs little memory to make.
 */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { byteLength, countOf, DType, type Tensor } from "../../../packages/vm/src/index.ts";
import { encodeModelProto, type NodeProto, type TensorProto } from "../../../packages/graph/src/onnx/schema.ts";
import {
  nodeProto,
  tensorProto,
  valueProto,
  type AttributeValue,
  type ValueSpec,
} from "../../../packages/graph/src/testing/onnxBuilder.ts";
import { Random } from "../../../packages/graph/src/testing/random.ts";

/** Name of the model's file in its folder; weights lie beside it. */
export const MODEL_FILE = "model.onnx";
const DATA_FILE = "model.data";
/** Weights begin at multiples of this, as exporters have it. */
const ALIGNMENT = 64;
const CHUNK_BYTES = 1 << 20;
export const MICROSOFT = "com.microsoft";

export class ModelWriter {
  readonly random: Random;
  readonly #folder: string;
  readonly #data: number;
  #offset = 0;
  #names = 0;
  readonly #nodes: NodeProto[] = [];
  readonly #domains = new Set<string>();
  readonly #inputs: ValueSpec[] = [];
  readonly #outputs: ValueSpec[] = [];
  readonly #initializers: TensorProto[] = [];

  /** Begins a model in `folder`, which appears when the model is finished. */
  constructor(folder: string, seed: number) {
    this.random = new Random(seed);
    this.#folder = folder;
    rmSync(`${folder}.partial`, { recursive: true, force: true });
    mkdirSync(`${folder}.partial`, { recursive: true });
    this.#data = openSync(join(`${folder}.partial`, DATA_FILE), "w");
  }

  input(name: string, dtype: DType, shape: readonly number[]): string {
    this.#inputs.push({ name, dtype, shape });
    return name;
  }

  output(name: string, dtype: DType, shape: readonly number[]): void {
    this.#outputs.push({ name, dtype, shape });
  }

  /** A small constant, inside the model's file. */
  constant(tensor: Tensor): string {
    const name = this.#name("constant");
    this.#initializers.push(tensorProto(tensor, name));
    return name;
  }

  /** A float32 weight, uniform around `mean` with standard deviation `deviation`. */
  weight(shape: readonly number[], deviation: number, mean = 0): string {
    const reach = deviation * Math.sqrt(12);
    return this.#external(DType.FLOAT32, shape, (bytes) => {
      const values = new Float32Array(bytes.buffer, 0, bytes.length / 4);
      for (let i = 0; i < values.length; i++) values[i] = mean + reach * (this.random.unit() - 0.5);
    });
  }

  /** A weight of any bits, of a type of integers. */
  bits(dtype: DType, shape: readonly number[]): string {
    return this.#external(dtype, shape, (bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = this.random.below(256);
    });
  }

  /** A weight of 8-bit integers, each from `least` to `greatest`. */
  bytes(dtype: DType, shape: readonly number[], least: number, greatest: number): string {
    return this.#external(dtype, shape, (bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = least + this.random.below(greatest - least + 1);
    });
  }

  /** Appends a node; returns its first output's name, or all of them where there are several. */
  add(operator: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}, name = ""): string {
    return this.addMany(operator, inputs, [name === "" ? this.#name(operator) : name], attributes)[0];
  }

  /** Appends a node with the outputs named. */
  addMany(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Record<string, AttributeValue> = {},
    domain = "",
  ): readonly string[] {
    const name = `/${operator}_${this.#nodes.length}`;
    this.#nodes.push({ ...nodeProto({ operator, domain, inputs, outputs, attributes }), name });
    this.#domains.add(domain);
    return outputs;
  }

  /** Appends a node of onnxruntime's own domain; returns its one output's name. */
  addMicrosoft(operator: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}): string {
    return this.addMany(operator, inputs, [this.#name(operator)], attributes, MICROSOFT)[0];
  }

  /** A name that nothing has yet. */
  fresh(stem: string): string {
    return this.#name(stem);
  }

  /** Writes what is left and puts the model in its place. */
  finish(opset = 17): void {
    closeSync(this.#data);
    const model = encodeModelProto({
      irVersion: 8,
      opsetImport: [
        { domain: "", version: opset },
        ...(this.#domains.has(MICROSOFT) ? [{ domain: MICROSOFT, version: 1 }] : []),
      ],
      graph: {
        name: "bench",
        node: this.#nodes,
        input: this.#inputs.map(valueProto),
        output: this.#outputs.map(valueProto),
        initializer: this.#initializers,
      },
    });
    const partial = `${this.#folder}.partial`;
    writeFileSync(join(partial, MODEL_FILE), model);
    mkdirSync(dirname(this.#folder), { recursive: true });
    rmSync(this.#folder, { recursive: true, force: true });
    renameSync(partial, this.#folder);
  }

  #name(stem: string): string {
    return `${stem}_${this.#names++}`;
  }

  #external(dtype: DType, shape: readonly number[], fill: (bytes: Uint8Array) => void): string {
    const name = this.#name("weight");
    this.#write(new Uint8Array((ALIGNMENT - (this.#offset % ALIGNMENT)) % ALIGNMENT));
    const length = byteLength(dtype, countOf(shape));
    const entry = (key: string, value: number | string) => ({ key, value: `${value}` });
    this.#initializers.push({
      name,
      dims: [...shape],
      dataType: dtype,
      externalData: [entry("location", DATA_FILE), entry("offset", this.#offset), entry("length", length)],
      dataLocation: 1,
    });
    for (let done = 0; done < length; done += CHUNK_BYTES) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, length - done));
      fill(chunk);
      this.#write(chunk);
    }
    return name;
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#data, bytes, done);
    this.#offset += bytes.length;
  }
}
