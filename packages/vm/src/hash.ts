/**
 * keccak256 and the byte strings around it. A hash is a Uint8Array of 32 bytes; in text it is lower-case hexadecimal
 * with 0x before it.
 */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concat } from "./bytes.ts";

/** 32 bytes. */
export type Hash = Uint8Array;
/** Hexadecimal text with 0x before it. */
export type Hex = `0x${string}`;

/** keccak256 of the concatenation of `parts`. */
export function keccak(...parts: readonly Uint8Array[]): Hash {
  return keccak_256(parts.length === 1 ? parts[0] : concat(...parts));
}

/** 32 zero bytes: the root of an empty list, the address of absent content. */
export const NO_HASH: Hash = new Uint8Array(32);

const DIGITS = "0123456789abcdef";

/** `0x` and two lower-case digits for each byte. */
export function toHex(bytes: Uint8Array): Hex {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte >> 4] + DIGITS[byte & 15];
  return `0x${text}`;
}

/** The bytes of hexadecimal text, with or without 0x. Throws a RangeError where the text is not hexadecimal. */
export function fromHex(text: string): Uint8Array {
  const digits = text.startsWith("0x") ? text.slice(2) : text;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new RangeError(`not hexadecimal: ${text}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
