/**
 * What a program means, told a second time: an element is computed when it is asked for, and asks for those it loads. It
 * is written from docs/program.md alone, as slowly as it reads there, to check the interpreter's order and loads.
 */
import { byteLength, DType, loadWord, storeWord } from "../dtype.ts";
import { decodeRecord } from "../record.ts";
import type { Program } from "../program.ts";
import type { Request } from "../request.ts";
import { run as runSection, type Section } from "../scalarMachine.ts";
import { evaluateShape } from "../shapeExpression.ts";
import type { Tensor } from "../tensor.ts";
import type { Word } from "../word.ts";

/** A node in one call. */
interface Node {
  readonly dtype: DType;
  readonly sizes: readonly number[];
  readonly count: number;
  readonly rows: number;
  readonly start: number;
  readonly end: number;
}

export class NaiveEvaluator {
  readonly #program: Program;
  readonly #request: Request;
  readonly #known = new Map<string, Word | "being computed">();
  /** Loads that found an element, by kind of operand. */
  readonly loads = { input: 0, parameter: 0, node: 0, row: 0, history: 0 };

  constructor(program: Program, request: Request) {
    this.#program = program;
    this.#request = request;
  }

  /** The list of a call. */
  list(call: number): readonly Uint8Array[] {
    if (call === 0) return this.#program.prompt;
    const last = call === this.#request.calls - 1;
    return last && this.#program.epilogue.length > 0 ? this.#program.epilogue : this.#program.decode;
  }

  /** What the record of a node says in this call; undefined where it is invalid. */
  #record(call: number, node: number) {
    const decoded = decodeRecord(this.list(call)[node]);
    if (!decoded.valid) return undefined;
    const { record } = decoded;
    const limit = 2 ** 36;
    const sizes = record.shape.map((size) => evaluateShape(size, this.#request.symbols, call));
    const extent = record.kind === "reduce" ? evaluateShape(record.extent, this.#request.symbols, call) : 0;
    const product = sizes.reduce((a, b) => a * BigInt(b), 1n);
    if (product > limit || extent > limit || sizes.some((size) => size > limit)) return undefined;
    const { start, end } = record.group ?? { start: node, end: node + 1 };
    if (node < start || node >= end || end - start > 256) return undefined;
    const rows = sizes.length === 0 ? 1 : sizes[0];
    if (end - start > 1 && (rows > 2 ** 24 || product > 2 ** 28)) return undefined;
    return { record, sizes, extent, count: Number(product) };
  }

  /** Whether the last node of a node's row group is not of it. */
  #isOrphan(call: number, node: number): boolean {
    const { start, end, rows } = this.node(call, node);
    if (end - start === 1) return false;
    if (end > this.list(call).length) return true;
    const last = this.node(call, end - 1);
    return last.start !== start || last.end !== end || last.rows !== rows;
  }

  /** A node's description with its dimensions. */
  node(call: number, node: number): Node {
    const valid = this.#record(call, node);
    const [start, end] = [node, node + 1];
    if (!valid) return { dtype: DType.FLOAT32, sizes: [], count: 1, rows: 1, start, end };
    const { record, sizes, count } = valid;
    const rows = sizes.length === 0 ? 1 : sizes[0];
    return { dtype: record.dtype, sizes, count, rows, start, end, ...record.group };
  }

  /** Whether a call is stopped. */
  stopped(call: number): boolean {
    const isDecode = (c: number): boolean => c > 0 && this.list(c) === this.#program.decode;
    if (!isDecode(call)) return false;
    if (isDecode(call - 1) && this.stopped(call - 1)) return true;
    const { stop } = this.#program.header;
    const node = call === 1 ? stop.prompt : stop.decode;
    return this.word(call - 1, node, 0) !== 0;
  }

  /** Element `element` of a node as the word that a load gives; 0 if there is no such node or element. */
  word(call: number, node: number, element: number): Word {
    if (node >= this.list(call).length || element >= this.node(call, node).count) return 0;
    const key = `${call} ${node} ${element}`;
    const known = this.#known.get(key);
    if (known === "being computed") throw new Error(`element ${key} needs itself`);
    if (known !== undefined) return known;
    this.#known.set(key, "being computed");
    const word = this.stopped(call) ? 0 : this.#compute(call, node, element);
    this.#known.set(key, word);
    return word;
  }

  #compute(call: number, node: number, element: number): Word {
    const valid = this.#record(call, node);
    if (!valid || this.#isOrphan(call, node)) return 0;
    const { record, sizes, extent } = valid;
    const coordinates: number[] = [];
    let rest = element;
    for (const size of [...sizes].reverse()) {
      coordinates.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    const execute = (section: Section, step: number, accumulators: readonly Word[]): Word[] =>
      runSection(record.constants, section, {
        coordinates,
        linear: element,
        extents: sizes,
        symbols: this.#request.symbols,
        call,
        calls: this.#request.calls,
        seed: this.#request.seed,
        step,
        accumulators,
        load: (operand, b, c) => {
          const word = this.#load(call, node, coordinates, operand, b, c);
          if (word !== undefined) this.loads[record.operands[operand].kind]++;
          return word ?? 0;
        },
      });
    const canonical = (dtype: DType, word: Word): Word => {
      const bytes = new Uint8Array(byteLength(dtype, 1));
      storeWord(dtype, word, bytes, 0);
      return loadWord(dtype, bytes, 0);
    };
    if (record.kind === "map") return canonical(record.dtype, execute(record.value, 0, [])[0]);
    const keep = (words: Word[]): Word[] => words.map((word, i) => canonical(record.accumulators[i], word));
    let accumulators = keep(execute(record.init, 0, []));
    for (let r = 0; r < extent; r++) accumulators = keep(execute(record.step, r, accumulators));
    return canonical(record.dtype, execute(record.final, 0, accumulators)[0]);
  }

  #load(t: number, s: number, coordinates: readonly number[], a: number, b: Word, c: Word): Word | undefined {
    const { record } = this.#record(t, s)!;
    const operand = record.operands[a];
    if (operand === undefined || b < 0) return undefined;
    const ours = this.node(t, s);
    const { length } = this.list(t);

    if (operand.kind === "input") return given(this.#request.inputs[operand.index], b);
    if (operand.kind === "parameter") return given(this.#program.params[operand.index], b);
    if (operand.kind === "history") {
      const before = BigInt.asUintN(64, BigInt(c)) < BigInt(t);
      if (!before) return undefined;
      const then = Number(c);
      const there = then === 0 ? operand.prompt : operand.decode;
      const exists = there < this.list(then).length && b < this.node(then, there).count;
      return exists ? this.word(then, there, Number(b)) : undefined;
    }
    const j = operand.index;
    if (j >= length || b >= this.node(t, j).count) return undefined;
    const theirs = this.node(t, j);
    if (operand.kind === "node") {
      return j < ours.start && theirs.end <= ours.start ? this.word(t, j, Number(b)) : undefined;
    }
    const sameGroup = theirs.start === ours.start && theirs.end === ours.end && theirs.rows === ours.rows;
    if (!sameGroup) return undefined;
    const row = Math.floor(Number(b) / (theirs.count / theirs.rows));
    const ourRow = coordinates.length === 0 ? 0 : coordinates[0];
    return row < ourRow || (row === ourRow && j < s) ? this.word(t, j, Number(b)) : undefined;
  }
}

function given(tensor: Tensor | undefined, b: Word): Word | undefined {
  if (tensor === undefined) return undefined;
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  return b < count ? loadWord(tensor.dtype, tensor.data, Number(b)) : undefined;
}
