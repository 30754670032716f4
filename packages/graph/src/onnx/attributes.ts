/** A node's attributes, read with the type an operator expects; a wrong type or value is BAD_ATTRIBUTE. */
import type { Tensor } from "@assay/vm";
import { check, GraphError, type Place } from "../errors.ts";
import { longToBigInt, type AttributeProto, type GraphProto, type Long } from "./schema.ts";
import { readNumbers, readTensor, type ExternalData } from "./tensor.ts";

/** AttributeProto.AttributeType. */
const TYPE = { FLOAT: 1, INT: 2, STRING: 3, TENSOR: 4, GRAPH: 5, FLOATS: 6, INTS: 7, STRINGS: 8 } as const;
type TypeName = keyof typeof TYPE;

export class Attributes {
  readonly place: Place;
  readonly #external: ExternalData | undefined;
  readonly #byName = new Map<string, AttributeProto>();
  readonly #unread: Set<string>;

  constructor(protos: readonly AttributeProto[], place: Place, external?: ExternalData) {
    this.place = place;
    this.#external = external;
    for (const proto of protos) {
      const { name = "" } = proto;
      check(!this.#byName.has(name), "DUPLICATE_NAME", `attribute ${JSON.stringify(name)} is given twice`, place);
      check(proto.refAttrName === undefined, "BAD_ATTRIBUTE", `attribute ${name} refers to a function's`, place);
      this.#byName.set(name, proto);
    }
    this.#unread = new Set(this.#byName.keys());
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** An integer; beyond 2^53 it is kept at the greatest that a number holds exactly. */
  int(name: string): number;
  int<D>(name: string, fallback: D): number | D;
  int<D>(name: string, fallback?: D): number | D {
    const proto = this.#take(name, "INT", arguments.length > 1);
    return proto === undefined ? (fallback as D) : this.#number(proto.i ?? 0);
  }

  ints(name: string): number[];
  ints<D>(name: string, fallback: D): number[] | D;
  ints<D>(name: string, fallback?: D): number[] | D {
    const proto = this.#take(name, "INTS", arguments.length > 1);
    return proto === undefined ? (fallback as D) : (proto.ints ?? []).map((value) => this.#number(value));
  }

  /** A binary32, as a number. */
  float(name: string): number;
  float<D>(name: string, fallback: D): number | D;
  float<D>(name: string, fallback?: D): number | D {
    const proto = this.#take(name, "FLOAT", arguments.length > 1);
    return proto === undefined ? (fallback as D) : (proto.f ?? 0);
  }

  floats(name: string): number[];
  floats<D>(name: string, fallback: D): number[] | D;
  floats<D>(name: string, fallback?: D): number[] | D {
    const proto = this.#take(name, "FLOATS", arguments.length > 1);
    return proto === undefined ? (fallback as D) : [...(proto.floats ?? [])];
  }

  string(name: string): string;
  string<D>(name: string, fallback: D): string | D;
  string<D>(name: string, fallback?: D): string | D {
    const proto = this.#take(name, "STRING", arguments.length > 1);
    return proto === undefined ? (fallback as D) : new TextDecoder().decode(proto.s ?? new Uint8Array());
  }

  strings(name: string): string[];
  strings<D>(name: string, fallback: D): string[] | D;
  strings<D>(name: string, fallback?: D): string[] | D {
    const proto = this.#take(name, "STRINGS", arguments.length > 1);
    return proto === undefined ? (fallback as D) : (proto.strings ?? []).map((s) => new TextDecoder().decode(s));
  }

  /** A tensor; NaN is refused unless `allowNaN` says otherwise. */
  tensor(name: string): Tensor;
  tensor<D>(name: string, fallback: D, allowNaN?: boolean): Tensor | D;
  tensor<D>(name: string, fallback?: D, allowNaN = false): Tensor | D {
    const proto = this.#take(name, "TENSOR", arguments.length > 1);
    return proto === undefined ? (fallback as D) : readTensor(proto.t ?? {}, this.place, this.#external, allowNaN);
  }

  /** The elements of a tensor of float32, or of float64 as they are, NaN included; undefined where it is absent. */
  numbers(name: string): number[] | undefined {
    const proto = this.#take(name, "TENSOR", true);
    return proto && readNumbers(proto.t ?? {}, this.place, this.#external);
  }

  graph(name: string): GraphProto {
    return this.#take(name, "GRAPH", false)!.g ?? {};
  }

  /** One of `choices`, given as a string. */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const given = this.string(name, fallback);
    const found = choices.find((choice) => choice === given);
    if (found === undefined) {
      throw new GraphError(
        "BAD_ATTRIBUTE",
        `${name} is ${JSON.stringify(given)}, not ${choices.join(", ")}`,
        this.place,
      );
    }
    return found;
  }

  /** A flag: 0 or 1. */
  flag(name: string, fallback: boolean): boolean {
    const value = this.int(name, fallback ? 1 : 0);
    check(value === 0 || value === 1, "BAD_ATTRIBUTE", `${name} is ${value}, not 0 or 1`, this.place);
    return value === 1;
  }

  /** Names of attributes that nobody asked for. */
  get unread(): readonly string[] {
    return [...this.#unread];
  }

  #take(name: string, type: TypeName, optional: boolean): AttributeProto | undefined {
    const proto = this.#byName.get(name);
    this.#unread.delete(name);
    if (proto === undefined) {
      check(optional, "BAD_ATTRIBUTE", `attribute ${name} is missing`, this.place);
      return undefined;
    }
    check(
      proto.type === TYPE[type],
      "BAD_ATTRIBUTE",
      `attribute ${name} has type ${proto.type ?? 0}, not ${type}`,
      this.place,
    );
    return proto;
  }

  #number(long: Long): number {
    const value = longToBigInt(long);
    // 2^63 - 1 is how Slice and others write "to the end"; beyond 2^53 a number only says that it is far away.
    const far = BigInt(Number.MAX_SAFE_INTEGER);
    if (value > far) return Number.MAX_SAFE_INTEGER;
    if (value < -far) return -Number.MAX_SAFE_INTEGER;
    return Number(value);
  }
}
