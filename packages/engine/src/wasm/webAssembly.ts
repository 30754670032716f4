/**
 * WebAssembly as the machine offers it, in Node and in a browser alike: the part of its JavaScript interface that the
 * engine uses, typed here because neither ECMAScript's nor Node's declarations hold it.
 */

/** Linear memory, in pages of 64 KiB. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
  /** Adds pages; the number there were. Throws a RangeError where there is no room. */
  grow(pages: number): number;
}

declare const compiled: unique symbol;
/** A compiled module; it can be sent to a worker. */
export interface CompiledModule {
  readonly [compiled]: true;
}

interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface Interface {
  readonly Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => Memory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => CompiledModule;
  readonly Instance: new (module: CompiledModule, imports: Record<string, Record<string, unknown>>) => Instance;
}

const host = (globalThis as unknown as { readonly WebAssembly: Interface }).WebAssembly;

/** A memory of `initial` pages; a shared one needs a maximum. */
export const createMemory = (limits: { initial: number; maximum?: number; shared?: boolean }): Memory =>
  new host.Memory(limits);

/** Compiles a module. Throws a CompileError where its bytes are none. */
export const compileModule = (bytes: Uint8Array<ArrayBuffer>): CompiledModule => new host.Module(bytes);

/** A module over a memory, imported as `env.memory`: what it exports. Throws a LinkError where the limits differ. */
export function instantiate<Exports>(module: CompiledModule, memory: Memory): Exports {
  return new host.Instance(module, { env: { memory } }).exports as Exports;
}
