/**
 * The instruction set of the scalar machine: one table, from which the Solidity constants, the TypeScript constants and
 * the documentation are generated (`scripts/generate/isa.ts`).
 *
 * An instruction is four bytes: opcode, a, b, c. Registers hold 64-bit words. Registers 0 … constants-1 hold the
 * record's constants, zero-extended from 32 bits; register constants+i holds the result of instruction i. Every byte
 * string is a valid program: reading a register that is not yet written gives 0, and so does an unknown opcode.
 *
 * How an operand is read, and how a result is written:
 * - `i`: the word as a signed two's-complement 64-bit integer. `u`: the same word, unsigned. Results wrap modulo 2^64.
 * - `f`: the low 32 bits as a binary32; every NaN reads as, and is written as, 0x7fc00000. The high 32 bits are written 0.
 * - `h`: the low 16 bits as a binary16, NaN 0x7e00. `b`: the low 16 bits as a bfloat16, NaN 0x7fc0.
 * - `p`: a predicate: read as (word != 0), written as 0 or 1.
 * - `n`: not a register but an immediate, the operand byte itself.
 */
export interface Instruction {
  /** Mnemonic; the constants are generated from it. */
  readonly name: string;
  /** Opcode byte. */
  readonly code: number;
  /** How a, b and c are read, in order; unused operand bytes are ignored (assemblers write 0). */
  readonly reads: string;
  /** How the result is written. */
  readonly writes: "i" | "u" | "f" | "h" | "b" | "p";
  /** Exact meaning, in one sentence. */
  readonly meaning: string;
}

/** The opcode ranges the documentation and the dispatch trees follow; `first` is inclusive, ends with the next group. */
export const GROUPS: readonly { readonly name: string; readonly first: number }[] = [
  { name: "Context", first: 0x00 },
  { name: "Integers", first: 0x10 },
  { name: "Binary32", first: 0x40 },
  { name: "Conversions", first: 0x58 },
];

const define = (
  code: number,
  name: string,
  reads: string,
  writes: Instruction["writes"],
  meaning: string,
): Instruction => ({ name, code, reads, writes, meaning });

export const INSTRUCTIONS: readonly Instruction[] = [
  // Context
  define(0x01, "index", "n", "u", "Coordinate a of the output element, row-major; 0 if a is not below the rank."),
  define(0x02, "linear", "", "u", "Linear index of the output element."),
  define(0x03, "extent", "n", "u", "Size of output dimension a; 0 if a is not below the rank."),
  define(0x04, "symbol", "n", "u", "Value of symbol a; 0 if a is not below 8."),
  define(0x05, "call", "", "u", "Number of the call being computed, from 0."),
  define(0x06, "calls", "", "u", "Number of calls of the request."),
  define(
    0x07,
    "seed",
    "n",
    "u",
    "64-bit word a of the request's seed, word 0 least significant; 0 if a is not below 4.",
  ),
  define(0x08, "step", "", "u", "Reduction index r inside `step`; 0 elsewhere."),
  define(
    0x09,
    "acc",
    "n",
    "u",
    "Accumulator a as loaded; 0 in `value` and `init`, and if a is not below their number.",
  ),
  define(
    0x0a,
    "load",
    "nii",
    "u",
    "Element b of operand a, in call c if the operand is a history; 0 if it does not exist.",
  ),
  // Integers
  define(0x10, "iadd", "ii", "i", "a + b."),
  define(0x11, "isub", "ii", "i", "a - b."),
  define(0x12, "imul", "ii", "i", "a × b."),
  define(0x13, "umulh", "uu", "u", "High 64 bits of the 128-bit product a × b."),
  define(0x14, "idiv", "ii", "i", "a ÷ b truncated toward zero; 0 if b = 0; MIN ÷ -1 = MIN."),
  define(0x15, "udiv", "uu", "u", "a ÷ b truncated; 0 if b = 0."),
  define(0x16, "ifloordiv", "ii", "i", "a ÷ b rounded down; 0 if b = 0; MIN ÷ -1 = MIN."),
  define(0x17, "irem", "ii", "i", "Remainder of idiv, sign of a; 0 if b = 0."),
  define(0x18, "urem", "uu", "u", "Remainder of udiv; 0 if b = 0."),
  define(0x19, "imod", "ii", "i", "Remainder of ifloordiv, sign of b; 0 if b = 0."),
  define(0x1a, "imin", "ii", "i", "Lesser of a and b, signed."),
  define(0x1b, "imax", "ii", "i", "Greater of a and b, signed."),
  define(0x1c, "umin", "uu", "u", "Lesser of a and b, unsigned."),
  define(0x1d, "umax", "uu", "u", "Greater of a and b, unsigned."),
  define(0x1e, "ineg", "i", "i", "-a; MIN stays MIN."),
  define(0x1f, "iabs", "i", "i", "|a|; MIN stays MIN."),
  define(0x20, "and", "uu", "u", "Bitwise and."),
  define(0x21, "or", "uu", "u", "Bitwise or."),
  define(0x22, "xor", "uu", "u", "Bitwise exclusive or."),
  define(0x23, "not", "u", "u", "Bitwise complement."),
  define(0x24, "shl", "uu", "u", "a shifted left by b; 0 if b > 63."),
  define(0x25, "ushr", "uu", "u", "a shifted right by b, zeros in; 0 if b > 63."),
  define(0x26, "ishr", "iu", "i", "a shifted right by b, sign in; the sign (0 or -1) if b > 63."),
  define(0x27, "clz", "u", "u", "Number of leading zero bits of the 64-bit word; 64 for 0."),
  define(0x28, "ieq", "uu", "p", "a = b."),
  define(0x29, "ine", "uu", "p", "a ≠ b."),
  define(0x2a, "ilt", "ii", "p", "a < b, signed."),
  define(0x2b, "ile", "ii", "p", "a ≤ b, signed."),
  define(0x2c, "ult", "uu", "p", "a < b, unsigned."),
  define(0x2d, "ule", "uu", "p", "a ≤ b, unsigned."),
  define(0x2e, "wrapi8", "u", "i", "Low 8 bits, sign-extended."),
  define(0x2f, "wrapi16", "u", "i", "Low 16 bits, sign-extended."),
  define(0x30, "wrapi32", "u", "i", "Low 32 bits, sign-extended."),
  define(0x31, "wrapu8", "u", "u", "Low 8 bits."),
  define(0x32, "wrapu16", "u", "u", "Low 16 bits."),
  define(0x33, "wrapu32", "u", "u", "Low 32 bits."),
  define(0x34, "pair", "uu", "u", "Low 32 bits of a as the high half, low 32 bits of b as the low half."),
  define(0x35, "truth", "p", "p", "1 if a ≠ 0, else 0."),
  define(0x36, "lnot", "p", "p", "1 if a = 0, else 0."),
  define(0x37, "select", "puu", "u", "b if a ≠ 0, else c."),
  // Binary32
  define(0x40, "fadd", "ff", "f", "a + b."),
  define(0x41, "fsub", "ff", "f", "a - b."),
  define(0x42, "fmul", "ff", "f", "a × b."),
  define(0x43, "fdiv", "ff", "f", "a ÷ b."),
  define(0x44, "ffma", "fff", "f", "a × b + c, rounded once."),
  define(0x45, "fsqrt", "f", "f", "Square root of a; NaN below -0."),
  define(0x46, "fmin", "ff", "f", "IEEE-754-2019 minimum: NaN wins, -0 < +0."),
  define(0x47, "fmax", "ff", "f", "IEEE-754-2019 maximum: NaN wins, -0 < +0."),
  define(0x48, "fneg", "f", "f", "a with its sign inverted; NaN stays NaN."),
  define(0x49, "fabs", "f", "f", "a with its sign cleared; NaN stays NaN."),
  define(0x4a, "ffloor", "f", "f", "a rounded to an integer, downward; the sign of zero is kept."),
  define(0x4b, "fceil", "f", "f", "a rounded to an integer, upward; a result of zero keeps the sign of a."),
  define(0x4c, "ftrunc", "f", "f", "a rounded to an integer, toward zero; a result of zero keeps the sign of a."),
  define(0x4d, "frint", "f", "f", "a rounded to an integer, ties to even; a result of zero keeps the sign of a."),
  define(0x4e, "feq", "ff", "p", "a = b; false with a NaN; -0 = +0."),
  define(0x4f, "flt", "ff", "p", "a < b; false with a NaN."),
  define(0x50, "fle", "ff", "p", "a ≤ b; false with a NaN."),
  define(0x51, "fcanon", "f", "f", "a itself, a NaN made canonical: bits taken as a binary32."),
  // Conversions
  define(0x58, "ftoi8", "f", "i", "a truncated and saturated to int8; NaN gives 0."),
  define(0x59, "ftoi16", "f", "i", "a truncated and saturated to int16; NaN gives 0."),
  define(0x5a, "ftoi32", "f", "i", "a truncated and saturated to int32; NaN gives 0."),
  define(0x5b, "ftoi64", "f", "i", "a truncated and saturated to int64; NaN gives 0."),
  define(0x5c, "ftou8", "f", "u", "a truncated and saturated to uint8; NaN gives 0."),
  define(0x5d, "ftou16", "f", "u", "a truncated and saturated to uint16; NaN gives 0."),
  define(0x5e, "ftou32", "f", "u", "a truncated and saturated to uint32; NaN gives 0."),
  define(0x5f, "ftou64", "f", "u", "a truncated and saturated to uint64; NaN gives 0."),
  define(0x60, "itof", "i", "f", "a rounded to binary32."),
  define(0x61, "utof", "u", "f", "a, unsigned, rounded to binary32."),
  define(0x62, "htof", "h", "f", "binary16 widened to binary32."),
  define(0x63, "ftoh", "f", "h", "a rounded to binary16."),
  define(0x64, "btof", "b", "f", "bfloat16 widened to binary32."),
  define(0x65, "ftob", "f", "b", "a rounded to bfloat16."),
];
