/**
 * An assembler for scalar code: a `CodeBuilder` collects the instructions of one section and hands out opaque values for
 * their results. The sections of a record share a `ConstantPool`.
 *
 *   const pool = new ConstantPool();
 *   const b = new CodeBuilder(pool);
 *   const x = b.load(0, b.linear());
 *   const section = b.finish([b.fadd(x, b.constantFloat(1))]);
 *
 * Identical instructions are one (all are pure), and those that no result needs are dropped. Since constants come first
 * in the register file, values become register numbers only in `finish`: make every section of a record before finishing
 * the first.
 */
import { fromNumber } from "./float32.ts";
import { INSTRUCTIONS } from "./isa.ts";
import { Mnemonics } from "./mnemonics.ts";
import { OPCODE, type Mnemonic } from "./opcodes.ts";
import { MAX_LOADS, type Section } from "./scalarMachine.ts";

/** Constants and instructions of a section together. */
export const MAX_REGISTERS = 256;

/** What the assembler refuses. */
export type AssemblyErrorCode =
  "TOO_MANY_REGISTERS" | "TOO_MANY_LOADS" | "POOL_SEALED" | "FOREIGN_VALUE" | "WRONG_OPERAND" | "OUT_OF_RANGE";

export class AssemblyError extends Error {
  readonly code: AssemblyErrorCode;

  constructor(code: AssemblyErrorCode, message: string) {
    super(message);
    this.name = "AssemblyError";
    this.code = code;
  }
}

/** A register to be: a constant of a pool, or the result of an instruction of a builder. */
export class Value {
  /** @internal */ readonly owner: ConstantPool | CodeBuilder;
  /** @internal */ readonly position: number;

  /** @internal */
  constructor(owner: ConstantPool | CodeBuilder, position: number) {
    this.owner = owner;
    this.position = position;
  }
}

/** The constants of a record, each held once. */
export class ConstantPool {
  readonly #values: number[] = [];
  readonly #byPattern = new Map<number, Value>();
  #sealed = false;

  /** The constant with this 32-bit pattern. Throws once a section has been finished, for that fixes all registers. */
  value(pattern: number): Value {
    const known = this.#byPattern.get(pattern);
    if (known !== undefined) return known;
    if (!Number.isInteger(pattern) || pattern < 0 || pattern > 0xffffffff) {
      throw new AssemblyError("OUT_OF_RANGE", `A constant has 32 bits, unsigned; ${pattern} is not one.`);
    }
    if (this.#sealed) {
      throw new AssemblyError("POOL_SEALED", "A new constant after a section was finished would move its registers.");
    }
    const value = new Value(this, this.#values.length);
    this.#values.push(pattern);
    this.#byPattern.set(pattern, value);
    return value;
  }

  /** The pattern of a constant of this pool; undefined for any other value. */
  patternOf({ owner, position }: Value): number | undefined {
    return owner === this ? this.#values[position] : undefined;
  }

  /** Fixes the constants and returns their patterns, in register order. */
  seal(): Uint32Array {
    this.#sealed = true;
    return Uint32Array.from(this.#values);
  }
}

interface Line {
  readonly name: Mnemonic;
  readonly operands: readonly (Value | number)[];
}

const READS = new Map(INSTRUCTIONS.map((i) => [i.name, i.reads]));

/** Collects one section. */
export class CodeBuilder extends Mnemonics {
  readonly pool: ConstantPool;
  readonly #lines: Line[] = [];
  readonly #known = new Map<string, Value>();

  constructor(pool = new ConstantPool()) {
    super();
    this.pool = pool;
  }

  /** A 32-bit pattern, zero-extended. */
  constant(pattern: number): Value {
    return this.pool.value(pattern);
  }

  /** A number rounded to binary32. */
  constantFloat(x: number): Value {
    return this.pool.value(fromNumber(x));
  }

  /** An integer of 64 bits, signed or unsigned: one constant if below 2^32, otherwise one instruction more. */
  constantInt(n: number | bigint): Value {
    const x = BigInt(n);
    if (x < -(1n << 63n) || x >> 64n > 0n) throw new AssemblyError("OUT_OF_RANGE", `${x} does not fit into 64 bits.`);
    const low = this.pool.value(Number(BigInt.asUintN(32, x)));
    if (x >= 0n && x >> 32n === 0n) return low;
    if (x < 0n && x >= -(1n << 31n)) return this.wrapi32(low);
    return this.pair(this.pool.value(Number(BigInt.asUintN(32, x >> 32n))), low);
  }

  op(name: Mnemonic, ...operands: (Value | number)[]): Value {
    this.#check(name, operands);
    const key = [name, ...operands.map((o) => (typeof o === "number" ? `${o}` : this.#tag(o)))].join(" ");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const value = new Value(this, this.#lines.length);
    this.#lines.push({ name, operands });
    this.#known.set(key, value);
    return value;
  }

  /**
   * The section whose results are these values. Seals the pool. Throws if constants and instructions are more than
   * `MAX_REGISTERS` or loads more than `MAX_LOADS`.
   */
  finish(results: readonly Value[]): Section {
    results.forEach((result) => this.#own(result));
    const kept = this.#needed(results);
    const constants = this.pool.seal().length;
    if (constants + kept.length > MAX_REGISTERS) {
      const count = `${constants} constants and ${kept.length} instructions`;
      throw new AssemblyError("TOO_MANY_REGISTERS", `${count} are more than ${MAX_REGISTERS} registers.`);
    }
    const loads = kept.filter((position) => this.#lines[position].name === "load").length;
    if (loads > MAX_LOADS) throw new AssemblyError("TOO_MANY_LOADS", `${loads} loads are more than ${MAX_LOADS}.`);

    const registers = new Map(kept.map((position, i) => [position, constants + i]));
    const byteOf = (operand: Value | number): number => {
      if (typeof operand === "number") return operand;
      return operand.owner === this ? registers.get(operand.position)! : operand.position;
    };
    const code = new Uint8Array(4 * kept.length);
    kept.forEach((position, i) => {
      const { name, operands } = this.#lines[position];
      code.set([OPCODE[name], ...operands.map(byteOf)], 4 * i);
    });
    return { results: results.map(byteOf), code };
  }

  /** Positions of the lines the results depend on, in order. */
  #needed(results: readonly Value[]): number[] {
    const needed = new Set<number>();
    const visit = (operand: Value | number) => {
      if (typeof operand !== "number" && operand.owner === this) needed.add(operand.position);
    };
    results.forEach(visit);
    for (let position = this.#lines.length - 1; position >= 0; position--) {
      if (needed.has(position)) this.#lines[position].operands.forEach(visit);
    }
    return [...needed].sort((x, y) => x - y);
  }

  #check(name: Mnemonic, operands: readonly (Value | number)[]): void {
    const reads = READS.get(name) ?? "";
    const least = name === "load" ? 2 : reads.length;
    if (operands.length < least || operands.length > reads.length) {
      throw new AssemblyError("WRONG_OPERAND", `${name} takes ${reads.length} operands, not ${operands.length}.`);
    }
    operands.forEach((operand, k) => {
      const immediate = typeof operand === "number";
      if (immediate !== (reads[k] === "n")) {
        const wanted = reads[k] === "n" ? "a number" : "a value";
        throw new AssemblyError("WRONG_OPERAND", `Operand ${k} of ${name} must be ${wanted}.`);
      }
      if (immediate && (!Number.isInteger(operand) || operand < 0 || operand > 255)) {
        throw new AssemblyError("OUT_OF_RANGE", `Operand ${k} of ${name} is one byte; ${operand} is not.`);
      }
      if (!immediate) this.#own(operand);
    });
  }

  #own(value: Value): void {
    if (value.owner !== this && value.owner !== this.pool) {
      throw new AssemblyError("FOREIGN_VALUE", "A value belongs to another builder; sections share constants only.");
    }
  }

  #tag(value: Value): string {
    return `${value.owner === this ? "r" : "c"}${value.position}`;
  }
}
