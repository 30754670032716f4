/**
 * Big-endian fields, read and written one after another: how headers, records, descriptions and witnesses lie in bytes.
 */

/** The bytes of `parts`, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Thrown by `ByteReader` where the bytes end before the field. */
export class TruncatedError extends RangeError {
  /** Offset of the field that does not fit. */
  readonly offset: number;
  constructor(offset: number) {
    super(`truncated at byte ${offset}`);
    this.offset = offset;
  }
}

/** Reads fields from the start of a byte string; every read throws `TruncatedError` at the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Offset of the next field. */
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
  }

  /** Whether everything has been read. */
  get done(): boolean {
    return this.offset >= this.bytes.length;
  }

  /** The next `length` bytes, copied. */
  take(length: number): Uint8Array {
    if (this.offset + length > this.bytes.length) throw new TruncatedError(this.offset);
    this.offset += length;
    return this.bytes.slice(this.offset - length, this.offset);
  }

  /** The next `width` bytes as an unsigned number; exact up to six bytes, or where the value is below 2^53. */
  uint(width: number): number {
    let value = 0;
    if (this.offset + width > this.bytes.length) throw new TruncatedError(this.offset);
    for (let i = 0; i < width; i++) value = value * 256 + this.bytes[this.offset + i];
    this.offset += width;
    return value;
  }

  u8(): number {
    return this.uint(1);
  }

  u16(): number {
    return this.uint(2);
  }

  u32(): number {
    return this.uint(4);
  }

  u64(): bigint {
    return (BigInt(this.uint(4)) << 32n) | BigInt(this.uint(4));
  }

  u256(): bigint {
    let value = 0n;
    for (let i = 0; i < 4; i++) value = (value << 64n) | this.u64();
    return value;
  }
}

/** Writes fields one after another. */
export class ByteWriter {
  #buffer = new Uint8Array(64);
  #length = 0;

  /** All fields so far. */
  get bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  put(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  /** `value` in `width` bytes. Throws a RangeError where it does not fit. */
  uint(width: number, value: number | bigint): this {
    if (!(value >= 0)) throw new RangeError(`${value} does not fit ${width} bytes`);
    const at = this.#room(width);
    let i = width;
    let rest = value;
    while (typeof rest === "bigint" && rest > Number.MAX_SAFE_INTEGER && i > 0) {
      this.#buffer[at + --i] = Number(rest & 255n);
      rest >>= 8n;
    }
    for (let low = Number(rest); i > 0; low = Math.floor(low / 256)) {
      this.#buffer[at + --i] = low % 256;
      rest = Math.floor(low / 256);
    }
    if (rest > 0) throw new RangeError(`${value} does not fit ${width} bytes`);
    return this;
  }

  /** Where the next `width` bytes go. */
  #room(width: number): number {
    const at = this.#length;
    this.#length += width;
    if (this.#length > this.#buffer.length) {
      const longer = new Uint8Array(2 * this.#length);
      longer.set(this.#buffer);
      this.#buffer = longer;
    }
    return at;
  }

  u8(value: number): this {
    return this.uint(1, value);
  }

  u16(value: number): this {
    return this.uint(2, value);
  }

  u32(value: number): this {
    return this.uint(4, value);
  }

  u64(value: number | bigint): this {
    return this.uint(8, value);
  }

  u256(value: number | bigint): this {
    return this.uint(32, value);
  }
}
