/**
 * Puts a graph's nodes into a C function: each is computed once, at the outermost place where it is known, as one word where
 * all lanes share it and as a vector of LANES where they differ. Numbers that sizes decide (addresses, extents, strides) are
 * parameters, so that one compiled kernel serves every size.
 */
import { OPCODE } from "@assay/vm/opcodes";
import { CALL_ADDRESS, SEED_ADDRESS } from "../codegen/emitter.ts";
import { Forms, type Place } from "../codegen/forms.ts";
import { CONST, DEPENDS, type GraphBuilder, type Node, type Size } from "../codegen/graph.ts";
import type { Representation } from "../codegen/representation.ts";
import { isCompare } from "../codegen/vector.ts";
import { loadCode, loadWord } from "./loads.ts";
import { conditionCode, givesOneNaN, wordCode, type Words } from "./words.ts";

/** Statements by where their values are known. */
export type Places = Record<Place, string[]>;

type Form = { readonly word?: string; readonly vector?: string; readonly condition?: string };

const WORD: Readonly<Record<Representation, string>> = {
  float: "float",
  signed: "int32_t",
  unsigned: "int32_t",
  low: "int32_t",
  wide: "int64_t",
};
const VECTOR: Readonly<Record<Representation, string>> = {
  float: "vf",
  signed: "vi",
  unsigned: "vi",
  low: "vi",
  wide: "vl",
};

export class Emitter {
  readonly graph: GraphBuilder;
  readonly places: Places = { entry: [], run: [], lane: [], step: [], inner: [], final: [] };
  /** What the kernel is called with: words, read into a0, a1, … */
  readonly parameters: number[] = [];
  /** How many lanes of the last copy's vector count: LANES, or the C variable n. */
  #lanes = "LANES";
  #copies = 1;
  readonly #representations: ReadonlyMap<Node, Representation>;
  readonly #parameterOf = new Map<Node | Size, string>();
  /** Constants that indices are made of. */
  readonly #sizes: ReadonlySet<Node>;
  readonly #forms = new Forms<Form>();
  #accumulators: (readonly string[])[] = [];
  #names = 0;

  /** @param indices Those of the roots that are indices of elements. */
  constructor(
    graph: GraphBuilder,
    representations: ReadonlyMap<Node, Representation>,
    roots: readonly Node[],
    indices: readonly Node[] = [],
  ) {
    this.graph = graph;
    this.#representations = representations;
    this.#sizes = indexConstants(roots, indices);
  }

  /** How many lanes of the present copy's vector count. */
  get lanes(): string {
    return this.#forms.copy === this.#copies - 1 ? this.#lanes : "LANES";
  }

  /** Begins a loop over places, `copies` vectors at once, of the last of which `lanes` lanes count. */
  begin(copies: number, lanes: string): void {
    Object.assign(this.places, { lane: [], step: [], inner: [], final: [] });
    this.#lanes = lanes;
    this.#copies = copies;
    this.#forms.begin(copies);
    this.#accumulators = [];
  }

  /** Takes out what is written of the loop so far: it then stands before, and perhaps decides, what is written next. */
  cut(): Pick<Places, "step" | "lane" | "inner"> {
    const { step, lane, inner } = this.places;
    Object.assign(this.places, { step: [], lane: [], inner: [] });
    return { step, lane, inner };
  }

  copy(copy: number): void {
    this.#forms.copy = copy;
  }

  setAccumulators(names: (readonly string[])[]): void {
    this.#accumulators = names;
  }

  /** From here on accumulators are the last ones. */
  end(): void {
    this.#forms.end();
  }

  representation(node: Node): Representation {
    return this.#representations.get(node) ?? (node.float ? "float" : "wide");
  }

  /** A name that is used nowhere else. */
  name(): string {
    return `x${this.#names++}`;
  }

  /** A word that the kernel is called with: an unsigned 32-bit variable. */
  parameter(value: number): string {
    return `a${this.parameters.push(value) - 1}`;
  }

  /** How much a word grows from lane to lane: written out where that is at most one. */
  stride(value: number): string {
    return Math.abs(value) <= 1 ? String(value) : `(int32_t)${this.parameter(value)}`;
  }

  /** A size: a parameter, or the word in memory that a parameter tells. */
  size(size: Size): string {
    const known = this.#parameterOf.get(size) ?? this.parameter(size.constant ?? size.slot);
    this.#parameterOf.set(size, known);
    return size.constant === undefined ? `(uint32_t)s_load_i32(m + ${known}, 0)` : known;
  }

  /** Place in the run of the present copy's first lane. */
  get place(): string {
    return this.#forms.copy === 0 ? "place" : `(place + ${this.#forms.copy} * LANES)`;
  }

  #known(node: Node, form: keyof Form, make: () => string): string {
    const known = this.#forms.get(node)[form];
    if (known !== undefined) return known;
    const made = make();
    this.#forms.add(node, { [form]: made });
    return made;
  }

  /** Keeps a value in a variable at the place where the node belongs. */
  keep(node: Node, type: string, code: string): string {
    const name = this.name();
    this.places[this.#forms.place(node)].push(`const ${type} ${name} = ${code};`);
    return name;
  }

  // ── Words ──

  /** The node's word, in its representation; of the first lane where lanes differ by a stride. */
  word(node: Node): string {
    if (node.op === CONST) return this.#constant(node);
    return this.#known(node, "word", () => {
      const as = this.representation(node);
      return this.keep(node, WORD[as], this.#wordCode(node, as));
    });
  }

  #wordCode(node: Node, as: Representation): string {
    const lane = (node.depends & DEPENDS.LANE) !== 0;
    const counted = (code: string): string => (as === "wide" ? `(int64_t)${code}` : `(int32_t)${code}`);
    switch (node.op) {
      case OPCODE.index:
        return counted(lane ? this.place : `c${node.imm}`);
      case OPCODE.linear:
        return counted(node.stride === 0 ? "start" : `(start + ${this.place})`);
      case OPCODE.step:
        return counted(lane ? this.place : "step");
      case OPCODE.extent:
        return counted(`(uint32_t)s_load_i32(m + ${this.parameter(node.imm)}, 0)`);
      case OPCODE.call:
        return counted(`(uint32_t)s_load_i32(m + ${CALL_ADDRESS}, 0)`);
      case OPCODE.seed: {
        const word = `s_load_i64(m + ${SEED_ADDRESS + 8 * node.imm}, 0)`;
        return as === "wide" ? word : `s_cut(${word})`;
      }
      case OPCODE.load:
        return loadWord(this, node);
      case OPCODE.acc:
        return this.#accumulators[this.#forms.copy][node.imm];
      default: {
        const condition = conditionCode(node, this.words);
        return condition === undefined ? wordCode(node, as, this.words) : `s_truth(${condition})`;
      }
    }
  }

  #constant(node: Node): string {
    const as = this.representation(node);
    if (as === "float") return `s_float(${literal(node, 32)})`;
    if (as === "wide") return literal(node, 64);
    if (!this.#sizes.has(node) || Math.abs(node.low) <= 1) return literal(node, 32);
    const known = this.#parameterOf.get(node);
    if (known !== undefined) return known;
    const made = `(int32_t)${this.parameter(Number(node.value))}`;
    this.#parameterOf.set(node, made);
    return made;
  }

  readonly words: Words = {
    family: "s",
    low: (node) => {
      switch (this.representation(node)) {
        case "float":
          if (node.op === CONST) return literal(node, 32);
          return givesOneNaN(node) ? `(int32_t)s_bits(${this.word(node)})` : `s_pattern(${this.word(node)})`;
        case "wide":
          return `s_cut(${this.word(node)})`;
        default:
          return this.word(node);
      }
    },
    wide: (node) => {
      switch (this.representation(node)) {
        case "float":
          return `s_extendu(${this.words.low(node)})`;
        case "signed":
          return `s_extend(${this.word(node)})`;
        case "wide":
          return this.word(node);
        default:
          return `s_extendu(${this.word(node)})`;
      }
    },
    float: (node) => {
      if (node.op === CONST) return `s_float(${literal(node, 32)})`;
      return this.representation(node) === "float" ? this.word(node) : `s_float(${this.words.low(node)})`;
    },
    condition: (node) =>
      this.representation(node) === "wide" ? `s_nonzerol(${this.word(node)})` : `s_nonzero(${this.words.low(node)})`,
    uniform: (node) => this.words.condition(node),
  };

  // ── Vectors ──

  /** The words of a node's lanes, in its representation. */
  vector(node: Node): string {
    return this.#known(node, "vector", () => {
      const as = this.representation(node);
      return this.keep(node, VECTOR[as], this.#vectorCode(node, as));
    });
  }

  #vectorCode(node: Node, as: Representation): string {
    const { words, vectors } = this;
    if (node.stride === 0) {
      if (as === "float") return `v_setf(${words.float(node)})`;
      return as === "wide" ? `v_setl(${words.wide(node)})` : `v_set(${words.low(node)})`;
    }
    if (node.op === OPCODE.acc) return this.#accumulators[this.#forms.copy][node.imm];
    if (node.stride !== undefined) {
      const stride = this.stride(node.stride);
      return as === "wide" ? `v_iotal(${words.wide(node)}, ${stride})` : `v_iota(${words.low(node)}, ${stride})`;
    }
    if (node.op === OPCODE.load) return loadCode(this, node);
    if (isCompare(node) || (node.low >= 0 && node.high <= 1)) {
      const condition = conditionCode(node, vectors);
      if (condition !== undefined) return `v_truth(${this.#condition(node)})`;
    }
    return wordCode(node, as, vectors);
  }

  #condition(node: Node): string {
    return this.#known(node, "condition", () => {
      const code =
        node.stride === 0
          ? `v_splatm(${this.words.condition(node)})`
          : isCompare(node) || (node.low >= 0 && node.high <= 1 && node.args.length > 0)
            ? conditionCode(node, this.vectors)
            : undefined;
      const wide = this.representation(node) === "wide";
      const nonzero = (): string =>
        wide ? `v_nonzerol(${this.vector(node)})` : `v_nonzero(${this.vectors.low(node)})`;
      return this.keep(node, "vm", code ?? nonzero());
    });
  }

  readonly vectors: Words = {
    family: "v",
    low: (node) => {
      switch (this.representation(node)) {
        case "float":
          if (node.op === CONST) return `v_set(${literal(node, 32)})`;
          return givesOneNaN(node) ? `(vi)${this.vector(node)}` : `v_pattern(${this.vector(node)})`;
        case "wide":
          return `v_cut(${this.vector(node)})`;
        default:
          return this.vector(node);
      }
    },
    wide: (node) => {
      switch (this.representation(node)) {
        case "float":
          return `v_extendu(${this.vectors.low(node)})`;
        case "signed":
          return `v_extend(${this.vector(node)})`;
        case "wide":
          return this.vector(node);
        default:
          return `v_extendu(${this.vector(node)})`;
      }
    },
    float: (node) => {
      if (node.op === CONST) return `v_setf(s_float(${literal(node, 32)}))`;
      return this.representation(node) === "float" ? this.vector(node) : `v_float(${this.vectors.low(node)})`;
    },
    condition: (node) => this.#condition(node),
    uniform: (node) => this.words.condition(node),
  };
}

/** A constant's word as a C literal of 32 or 64 bits, signed. */
function literal(node: Node, bits: 32 | 64): string {
  const value = BigInt.asIntN(bits, BigInt(node.value));
  if (value === -(1n << BigInt(bits - 1))) return `INT${bits}_MIN`;
  return bits === 64 ? `INT64_C(${value})` : `(${value})`;
}

/** Constants that the indices of loads, and those given, are computed from. */
function indexConstants(roots: readonly Node[], indices: readonly Node[]): Set<Node> {
  const [found, seen, inIndex] = [new Set<Node>(), new Set<Node>(), new Set<Node>()];
  const visit = (node: Node, index: boolean): void => {
    const known = index ? inIndex : seen;
    if (known.has(node)) return;
    known.add(node);
    if (index && node.op === CONST && Number.isInteger(node.low) && Math.abs(node.low) < 2 ** 31) found.add(node);
    for (const arg of node.args) visit(arg, index || node.op === OPCODE.load);
  };
  for (const root of roots) visit(root, indices.includes(root));
  return found;
}
