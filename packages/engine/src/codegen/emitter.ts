/**
 * Puts a graph's nodes into a kernel: each node is computed once, at the outermost place where it is known. Places are code
 * lists that the kernel's loops are later put around.
 *
 * A node has up to three forms: a scalar (of lane 0 where lanes differ by a stride), a vector of four lanes, and four
 * scalars where WebAssembly has no vector instruction for it.
 */
import { NAN } from "@assay/vm/float32";
import { OPCODE } from "@assay/vm/opcodes";
import { choose, f32, f32x4, get, i32, i32x4, i64, set, v128, type Code } from "../wasm/code.ts";
import type { FunctionWriter } from "../wasm/module.ts";
import { Forms, type Place } from "./forms.ts";
import { CONST, DEPENDS, type GraphBuilder, type Node } from "./graph.ts";
import type { Library } from "./library.ts";
import { guardedElement, vectorElements } from "./loads.ts";
import type { Representation } from "./representation.ts";
import { scalarCode, typeOf, type Access } from "./scalar.ts";
import { isCompare, maskCode, vectorCode, type VectorAccess } from "./vector.ts";

/** Lanes of a vector. */
export const LANES = 4;

/** Code lists by where their values are known. */
export type Places = Record<Place, Code[]>;

/** Locals of what loops count. */
export interface Counters {
  /** Coordinates of the dimensions outside the lanes. */
  readonly coordinates: readonly number[];
  /** Linear index of the run's first place. */
  readonly start: number;
  /** Place in the run: of lane 0. */
  readonly place: number;
  readonly step: number;
}

type Form = { readonly scalar?: Code; readonly vector?: Code; readonly mask?: Code; readonly lanes?: readonly Code[] };

export class Emitter {
  readonly graph: GraphBuilder;
  readonly writer: FunctionWriter;
  readonly library: Library;
  readonly counters: Counters;
  readonly places: Places = { entry: [], run: [], lane: [], step: [], inner: [], final: [] };
  /** Address of four copies of a pattern. */
  readonly #constants: (pattern: number) => number;
  readonly #representations: ReadonlyMap<Node, Representation>;
  readonly #forms = new Forms<Form>();
  #vectors = false;
  /** Locals of the accumulators: by copy, by number; four where lanes are wide. */
  #accumulators: (readonly number[])[][] = [];

  constructor(
    graph: GraphBuilder,
    writer: FunctionWriter,
    library: Library,
    counters: Counters,
    representations: ReadonlyMap<Node, Representation>,
    constants: (pattern: number) => number,
  ) {
    this.#constants = constants;
    this.graph = graph;
    this.writer = writer;
    this.library = library;
    this.counters = counters;
    this.#representations = representations;
  }

  /** Begins a loop over places: `copies` vectors of lanes at once, or single places. */
  begin(vectors: boolean, copies: number): void {
    Object.assign(this.places, { lane: [], step: [], inner: [], final: [] });
    this.#forms.begin(copies);
    this.#vectors = vectors;
    this.#accumulators = [];
  }

  /** Takes out what is written of the loop so far: it then stands before, and perhaps decides, what is written next. */
  cut(): Pick<Places, "step" | "lane" | "inner"> {
    const { step, lane, inner } = this.places;
    Object.assign(this.places, { step: [], lane: [], inner: [] });
    return { step, lane, inner };
  }

  /** Which of the copies is written. */
  copy(copy: number): void {
    this.#forms.copy = copy;
  }

  setAccumulators(locals: (readonly number[])[][]): void {
    this.#accumulators = locals;
  }

  /** From here on accumulators are the last ones. */
  end(): void {
    this.#forms.end();
  }

  representation(node: Node): Representation {
    return this.#representations.get(node) ?? (node.float ? "float" : "wide");
  }

  /** Whether the lanes of a node differ in the loop being written. */
  varies(node: Node): boolean {
    return this.#vectors && node.stride !== 0;
  }

  #form(node: Node): Form {
    return this.#forms.get(node);
  }

  #remember(node: Node, form: Form): void {
    this.#forms.add(node, form);
  }

  /** Keeps a value in a local at the place where the node belongs. */
  keep(node: Node, type: "i32" | "i64" | "f32" | "v128", code: Code): Code {
    const local = this.writer.local(type);
    this.places[this.#forms.place(node)].push(set(local, code));
    return get(local);
  }

  // ── Scalars ──

  /** The node's value, in its representation; of lane 0 where lanes differ by a stride. */
  scalar(node: Node): Code {
    const known = this.#form(node).scalar;
    if (known !== undefined) return known;
    const as = this.representation(node);
    const code = this.#scalarCode(node, as);
    const kept = node.op === CONST || isFree(node) ? code : this.keep(node, typeOf(as), code);
    this.#remember(node, { scalar: kept });
    return kept;
  }

  #scalarCode(node: Node, as: Representation): Code {
    if (node.op === CONST) return constantCode(node, as);
    const { counters } = this;
    const lane0 = (): Code => {
      const offset = this.#vectors ? LANES * this.#forms.copy : 0;
      return offset === 0 ? get(counters.place) : i32.add(get(counters.place), i32.const(offset));
    };
    switch (node.op) {
      case OPCODE.index:
        return widened(node.depends & DEPENDS.LANE ? lane0() : get(counters.coordinates[node.imm]), as);
      case OPCODE.linear:
        return widened(node.stride === 0 ? get(counters.start) : i32.add(get(counters.start), lane0()), as);
      case OPCODE.step:
        return widened(node.depends & DEPENDS.LANE ? lane0() : get(counters.step), as);
      case OPCODE.extent:
        return widened(i32.load(i32.const(node.imm)), as);
      case OPCODE.call:
        return widened(i32.load(i32.const(CALL_ADDRESS)), as);
      case OPCODE.seed:
        return narrowed(i64.load(i32.const(SEED_ADDRESS + 8 * node.imm)), as);
      case OPCODE.acc:
        return get(this.#accumulators[this.#forms.copy][node.imm][0]);
      case OPCODE.load:
        return guardedElement(this, node, this.access);
      default:
        return scalarCode(node, as, this.access, this.library);
    }
  }

  /** Words as scalars. */
  readonly access: Access = this.#accessOf((node) => this.scalar(node));

  #accessOf(scalar: (node: Node) => Code): Access {
    const bits = (node: Node): Code => canonicalBits(scalar(node), isCanonical(node), () => this.writer.local("f32"));
    const low = (node: Node): Code => {
      switch (this.representation(node)) {
        case "float":
          return node.op === CONST ? i32.const(Number(node.value)) : bits(node);
        case "wide":
          return i32.wrap_i64(scalar(node));
        default:
          return scalar(node);
      }
    };
    const wide = (node: Node): Code => {
      switch (this.representation(node)) {
        case "float":
          return i64.extend_i32_u(low(node));
        case "signed":
          return node.op === CONST ? i64.const(node.low) : i64.extend_i32_s(scalar(node));
        case "wide":
          return scalar(node);
        default:
          return i64.extend_i32_u(scalar(node));
      }
    };
    const float = (node: Node): Code => {
      if (node.op === CONST) return f32.reinterpret_i32(i32.const(Number(BigInt.asIntN(32, BigInt(node.value)))));
      return this.representation(node) === "float" ? scalar(node) : f32.reinterpret_i32(low(node));
    };
    const truth = (node: Node): Code =>
      this.representation(node) === "wide" ? i64.ne(scalar(node), i64.const(0)) : low(node);
    return { low, wide, float, truth };
  }

  // ── Lanes ──

  /** Lane k of a node, in its representation. */
  lane(node: Node, k: number): Code {
    if (!this.varies(node)) return this.scalar(node);
    if (node.stride !== undefined) {
      const step = k * node.stride;
      if (step === 0) return this.scalar(node);
      const wide = this.representation(node) === "wide";
      return wide ? i64.add(this.scalar(node), i64.const(step)) : i32.add(this.scalar(node), i32.const(step));
    }
    const { lanes, vector } = this.#lanesOrVector(node);
    if (lanes !== undefined) return lanes[k];
    if (vector === undefined) throw new Error("a node without a form");
    return this.representation(node) === "float" ? f32x4.extract_lane(vector, k) : i32x4.extract_lane(vector, k);
  }

  /** Words of lane k as scalars. */
  laneAccess(k: number): Access {
    return this.#accessOf((node) => this.lane(node, k));
  }

  #lanesOrVector(node: Node): Form {
    if (node.op === OPCODE.acc) {
      const locals = this.#accumulators[this.#forms.copy][node.imm].map(get);
      return locals.length === 1 ? { vector: locals[0] } : { lanes: locals };
    }
    const known = this.#form(node);
    if (known.lanes !== undefined || known.vector !== undefined) return known;
    const as = this.representation(node);
    const vector = this.#vectorOf(node, as);
    if (vector !== undefined) this.#remember(node, { vector: this.keep(node, "v128", vector) });
    else {
      const lanes = Array.from({ length: LANES }, (_, k) => {
        const at = this.laneAccess(k);
        const code = node.op === OPCODE.load ? guardedElement(this, node, at) : scalarCode(node, as, at, this.library);
        return this.keep(node, typeOf(as), code);
      });
      this.#remember(node, { lanes });
    }
    return this.#form(node);
  }

  #vectorOf(node: Node, as: Representation): Code | undefined {
    if (node.op === OPCODE.load) return vectorElements(this, node);
    if (isCompare(node) || (node.low >= 0 && node.high <= 1)) {
      const mask = maskCode(node, this.vectors);
      if (mask !== undefined) {
        const kept = this.keep(node, "v128", mask);
        this.#remember(node, { mask: kept });
        return v128.and(kept, i32x4.const(1, 1, 1, 1));
      }
    }
    return vectorCode(node, as, this.vectors, this.library);
  }

  // ── Vectors ──

  /** The four words of a node in 32-bit lanes, floats as they are: not canonical. */
  vector(node: Node): Code {
    const known = this.#form(node).vector;
    if (known !== undefined) return known;
    const as = this.representation(node);
    let code: Code;
    if (node.op === CONST) {
      const pattern = Number(BigInt.asIntN(32, BigInt(node.value)));
      if (pattern === 0) return i32x4.const(0, 0, 0, 0);
      // Loaded once from the memory: V8 makes a vector constant of four instructions, at every use.
      const kept = this.keep(node, "v128", v128.load(i32.const(this.#constants(pattern))));
      this.#remember(node, { vector: kept });
      return kept;
    }
    if (!this.varies(node)) {
      code = as === "float" ? f32x4.splat(this.scalar(node)) : i32x4.splat(this.access.low(node));
    } else if (node.stride !== undefined) {
      const { stride } = node;
      const first = i32x4.splat(this.access.low(node));
      code = i32x4.add(first, i32x4.const(0, stride, 2 * stride, 3 * stride));
    } else {
      const form = this.#lanesOrVector(node);
      if (form.vector !== undefined) return form.vector;
      const lanes = Array.from({ length: LANES }, (_, k) => this.laneAccess(k));
      if (as === "float") {
        code = f32x4.splat(lanes[0].float(node));
        for (let k = 1; k < LANES; k++) code = f32x4.replace_lane(code, k, lanes[k].float(node));
      } else {
        code = i32x4.splat(lanes[0].low(node));
        for (let k = 1; k < LANES; k++) code = i32x4.replace_lane(code, k, lanes[k].low(node));
      }
    }
    const kept = this.keep(node, "v128", code);
    this.#remember(node, { vector: kept });
    return kept;
  }

  readonly vectors: VectorAccess = {
    low: (node) => {
      const code = this.vector(node);
      if (this.representation(node) !== "float" || isCanonical(node) || node.op === CONST) return code;
      return canonicalVector(code);
    },
    float: (node) => this.vector(node),
    mask: (node) => {
      const known = this.#form(node).mask;
      if (known !== undefined) return known;
      let code: Code | undefined;
      if (this.varies(node)) {
        if (isCompare(node) || (node.low >= 0 && node.high <= 1 && node.args.length > 0)) {
          code = maskCode(node, this.vectors);
        }
        if (code === undefined && this.representation(node) === "wide") {
          const lanes = Array.from({ length: LANES }, (_, k) => this.laneAccess(k).truth(node));
          code = i32x4.splat(lanes[0]);
          for (let k = 1; k < LANES; k++) code = i32x4.replace_lane(code, k, lanes[k]);
          code = i32x4.ne(code, i32x4.const(0, 0, 0, 0));
        }
      }
      code ??= i32x4.ne(this.vectors.low(node), i32x4.const(0, 0, 0, 0));
      const kept = this.keep(node, "v128", code);
      this.#remember(node, { mask: kept });
      return kept;
    },
    truth: (node) => this.access.truth(node),
  };
}

/** Where a kernel finds the number of the call and the seed: the first bytes of the memory that are used. */
export const CALL_ADDRESS = 65536;
export const SEED_ADDRESS = 65536 + 32;
/** First byte behind all that is found at a fixed address. */
export const FREE_ADDRESS = CALL_ADDRESS + 4096;

/** Nodes that are a local or a constant already. */
function isFree(node: Node): boolean {
  return (node.op === OPCODE.step && (node.depends & DEPENDS.STEP) !== 0) || node.op === OPCODE.acc;
}

function constantCode(node: Node, as: Representation): Code {
  if (as === "float") return f32.reinterpret_i32(i32.const(Number(node.value)));
  if (as === "wide") return i64.const(node.value);
  return i32.const(Number(BigInt.asIntN(32, BigInt(node.value))));
}

const widened = (code: Code, as: Representation): Code => (as === "wide" ? i64.extend_i32_u(code) : code);
const narrowed = (code: Code, as: Representation): Code => (as === "wide" ? code : i32.wrap_i64(code));

const ARITHMETIC_FLOATS = new Set<number>([
  ...[OPCODE.fadd, OPCODE.fsub, OPCODE.fmul, OPCODE.fdiv, OPCODE.ffma, OPCODE.fsqrt, OPCODE.fmin, OPCODE.fmax],
  ...[OPCODE.fneg, OPCODE.ffloor, OPCODE.fceil, OPCODE.ftrunc, OPCODE.frint, OPCODE.acc, OPCODE.fcanon, OPCODE.btof],
]);

/** Whether a float's NaN certainly is the one NaN: tensors hold no other, and it stays so until arithmetic. */
function isCanonical(node: Node): boolean {
  if (!node.float) return true;
  if (node.op === OPCODE.select) return node.args.slice(1).every((arg) => arg.float && isCanonical(arg));
  if (node.op === OPCODE.fabs) return node.args[0].float && isCanonical(node.args[0]);
  return !ARITHMETIC_FLOATS.has(node.op);
}

/** The pattern of a float, NaN canonical. */
export function canonicalBits(value: Code, canonical: boolean, local: () => number): Code {
  if (canonical) return i32.reinterpret_f32(value);
  const kept = local();
  const isNumber: Code = [set(kept, value), f32.eq(get(kept), get(kept))];
  return choose("i32", isNumber, i32.reinterpret_f32(get(kept)), i32.const(NAN));
}

/** Four floats, NaNs canonical. */
export function canonicalVector(value: Code): Code {
  return v128.bitselect(value, i32x4.const(NAN, NAN, NAN, NAN), f32x4.eq(value, value));
}

/** Whether stores of this node's float need no canonical NaN. */
export const holdsOneNaN = isCanonical;
