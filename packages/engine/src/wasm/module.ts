/**
 * A WebAssembly module being written: functions over one imported memory, and what they call. The same code gives the
 * same bytes, in Node and in a browser; nothing is committed and nothing is downloaded.
 */
import { flatten, TYPE, uleb, type Code, type Type } from "./code.ts";

/** WebAssembly pages, 64 KiB. */
export const PAGE = 65536;
/** Most pages of a 32-bit memory. */
export const MAX_PAGES = 65536;

/** Bytes of a part of a module. */
type Bytes = readonly number[] | Uint8Array<ArrayBuffer>;

function join(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A function being written: its parameters are locals 0, 1, …; further locals are declared as they are needed. */
export class FunctionWriter {
  readonly name: string;
  readonly parameters: readonly Type[];
  readonly results: readonly Type[];
  readonly #locals: Type[] = [];
  #body = new Uint8Array(0);

  constructor(name: string, parameters: readonly Type[], results: readonly Type[]) {
    this.name = name;
    this.parameters = parameters;
    this.results = results;
  }

  /** Its instructions. They are kept as bytes: as lists they are thirty times as large. */
  set body(code: Code) {
    const bytes: number[] = [];
    flatten(code, bytes);
    this.#body = Uint8Array.from(bytes);
  }

  /** A new local; its index. It is zero when the function is entered. */
  local(type: Type): number {
    return this.parameters.length + this.#locals.push(type) - 1;
  }

  /** The code section's entry. */
  encode(): Bytes {
    const runs: [number, Type][] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    const locals = [...uleb(runs.length), ...runs.flatMap(([count, type]) => [...uleb(count), TYPE[type]])];
    const length = uleb(locals.length + this.#body.length + 1);
    return join([length, locals, this.#body, [0x0b]]);
  }
}

/** The module's memory: imported as `env.memory`. */
export interface MemoryLimits {
  readonly shared: boolean;
  /** Pages; a shared memory needs a maximum. */
  readonly maximum?: number;
}

export class ModuleWriter {
  readonly #memory: MemoryLimits;
  readonly #functions: FunctionWriter[] = [];
  readonly #types: string[] = [];
  readonly #typeBytes: number[][] = [];

  constructor(memory: MemoryLimits) {
    this.#memory = memory;
  }

  /** Declares a function; `index` is what `call` takes. Exported under its name. */
  function(name: string, parameters: readonly Type[], results: readonly Type[]): FunctionWriter & { index: number } {
    const writer = new FunctionWriter(name, parameters, results);
    return Object.assign(writer, { index: this.#functions.push(writer) - 1 });
  }

  #typeOf({ parameters, results }: FunctionWriter): number {
    const key = `${parameters.join()}>${results.join()}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    const list = (types: readonly Type[]) => [...uleb(types.length), ...types.map((type) => TYPE[type])];
    this.#typeBytes.push([0x60, ...list(parameters), ...list(results)]);
    return this.#types.push(key) - 1;
  }

  /** The module's bytes. */
  encode(): Uint8Array<ArrayBuffer> {
    const types = this.#functions.map((writer) => this.#typeOf(writer));
    const { shared, maximum } = this.#memory;
    const flags = (shared ? 2 : 0) | (maximum === undefined ? 0 : 1);
    const limits = [flags, ...uleb(0), ...(maximum === undefined ? [] : uleb(maximum))];
    const text = (value: string) => {
      const bytes = [...new TextEncoder().encode(value)];
      return [...uleb(bytes.length), ...bytes];
    };
    const many = (items: readonly Bytes[]) => [uleb(items.length), ...items];
    const sections: [number, Bytes[]][] = [
      [1, many(this.#typeBytes)],
      [2, many([[...text("env"), ...text("memory"), 2, ...limits]])],
      [3, many(types.map((type) => uleb(type)))],
      [7, many(this.#functions.map(({ name }, i) => [...text(name), 0, ...uleb(i)]))],
      [10, many(this.#functions.map((writer) => writer.encode()))],
    ];
    const parts: Bytes[] = [[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]];
    for (const [id, content] of sections) {
      const length = content.reduce((sum, { length }) => sum + length, 0);
      parts.push([id, ...uleb(length)], ...content);
    }
    return join(parts);
  }
}
