/**
 * Shape expressions: sizes computed from a request's symbols and the call number. In a record they are postfix bytes,
 * here a tree; values are unsigned integers that saturate at 2^48 - 1.
 */
import { ByteReader, ByteWriter, TruncatedError } from "./bytes.ts";

/** Operation bytes. */
const END = 0x00;
const CONST_1 = 0x01;
const CONST_4 = 0x02;
const SYMBOL = 0x03;
const CALL = 0x04;
const BINARY = {
  add: 0x10,
  sub: 0x11,
  mul: 0x12,
  div: 0x13,
  ceilDiv: 0x14,
  rem: 0x15,
  min: 0x16,
  max: 0x17,
} as const;
type BinaryOp = keyof typeof BINARY;
const BINARY_BY_CODE = new Map<number, BinaryOp>(Object.entries(BINARY).map(([op, code]) => [code, op as BinaryOp]));

/** Where sums and products saturate: 2^48 - 1. */
export const SATURATION = 2 ** 48 - 1;
/** Values that an evaluation may hold at once. */
export const MAX_STACK = 8;
/** Symbols of a request. */
export const MAX_SYMBOLS = 8;

/** A size as a function of the symbols and the call number. */
export type ShapeExpression =
  | { readonly op: "const"; readonly value: number }
  | { readonly op: "symbol"; readonly index: number }
  | { readonly op: "call" }
  | { readonly op: BinaryOp; readonly left: ShapeExpression; readonly right: ShapeExpression };

/** A malformed shape expression, and the offset of the byte that shows it. */
export class ShapeExpressionError extends Error {
  readonly reason: "truncated" | "operation" | "symbol" | "underflow" | "overflow" | "values";
  readonly offset: number;
  constructor(reason: ShapeExpressionError["reason"], offset: number) {
    super(`malformed shape expression: ${reason} at byte ${offset}`);
    this.reason = reason;
    this.offset = offset;
  }
}

/** Makers of expressions; a size may be given as a plain number. They fold constants and units as they go. */
export const shape = {
  constant: (value: number): ShapeExpression => ({ op: "const", value }),
  symbol: (index: number): ShapeExpression => ({ op: "symbol", index }),
  call: { op: "call" } as ShapeExpression,
  add: (a: Size, b: Size): ShapeExpression => make("add", a, b),
  sub: (a: Size, b: Size): ShapeExpression => make("sub", a, b),
  mul: (a: Size, b: Size): ShapeExpression => make("mul", a, b),
  div: (a: Size, b: Size): ShapeExpression => make("div", a, b),
  ceilDiv: (a: Size, b: Size): ShapeExpression => make("ceilDiv", a, b),
  rem: (a: Size, b: Size): ShapeExpression => make("rem", a, b),
  min: (a: Size, b: Size): ShapeExpression => make("min", a, b),
  max: (a: Size, b: Size): ShapeExpression => make("max", a, b),
};
/** An expression, or a constant. */
export type Size = ShapeExpression | number;

/** `size` as an expression. */
export function toExpression(size: Size): ShapeExpression {
  return typeof size === "number" ? shape.constant(size) : size;
}

/** The expression's value; absent symbols are 0. */
export function evaluateShape(expression: ShapeExpression, symbols: readonly number[], call: number): number {
  switch (expression.op) {
    case "const":
      return expression.value;
    case "symbol":
      return symbols[expression.index] ?? 0;
    case "call":
      return call;
    default:
      return apply(
        expression.op,
        evaluateShape(expression.left, symbols, call),
        evaluateShape(expression.right, symbols, call),
      );
  }
}

/** Product of sizes in order, saturating. */
export function productOf(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => apply("mul", product, size), 1);
}

/** Whether the expression depends on the call number. */
export function usesCall(expression: ShapeExpression): boolean {
  if (expression.op === "call") return true;
  return "left" in expression && (usesCall(expression.left) || usesCall(expression.right));
}

/**
 * The expression with constant parts computed and with units removed (x + 0, x × 1, x ÷ 1, x - 0, x × 0). The value is
 * the same for all symbols and calls.
 */
export function simplifyShape(expression: ShapeExpression): ShapeExpression {
  if (!("left" in expression)) return expression;
  return make(expression.op, simplifyShape(expression.left), simplifyShape(expression.right));
}

/** Whether two expressions are the same tree. */
export function equalShape(a: ShapeExpression, b: ShapeExpression): boolean {
  if ("left" in a && "left" in b) return a.op === b.op && equalShape(a.left, b.left) && equalShape(a.right, b.right);
  if (a.op !== b.op) return false;
  if (a.op === "const") return a.value === (b as typeof a).value;
  return a.op !== "symbol" || a.index === (b as typeof a).index;
}

/** The expression as text, for people. */
export function formatShape(expression: ShapeExpression): string {
  switch (expression.op) {
    case "const":
      return String(expression.value);
    case "symbol":
      return `s${expression.index}`;
    case "call":
      return "call";
    case "min":
    case "max":
    case "ceilDiv":
      return `${expression.op}(${formatShape(expression.left)}, ${formatShape(expression.right)})`;
    default: {
      const sign = { add: "+", sub: "-", mul: "·", div: "/", rem: "%" }[expression.op];
      return `(${formatShape(expression.left)} ${sign} ${formatShape(expression.right)})`;
    }
  }
}

/**
 * Appends the canonical bytes: each constant in its shortest form; one above 2^32 - 1 is put together from two.
 * Throws a RangeError for a constant or symbol out of range and for an expression that needs more than 8 values at once.
 */
export function encodeShape(expression: ShapeExpression, writer = new ByteWriter()): Uint8Array {
  const size = emit(expression, writer, 1);
  if (size > MAX_STACK) throw new RangeError(`shape expression needs ${size} values at once`);
  return writer.u8(END).bytes;
}

/** Writes `expression` when it will be the `height`-th value on the stack; returns the greatest height reached. */
function emit(expression: ShapeExpression, writer: ByteWriter, height: number): number {
  switch (expression.op) {
    case "const": {
      const { value } = expression;
      if (!Number.isInteger(value) || value < 0 || value > SATURATION)
        throw new RangeError(`no shape constant: ${value}`);
      if (value < 0x100) writer.u8(CONST_1).u8(value);
      else if (value <= 0xffffffff) writer.u8(CONST_4).u32(value);
      else return emit(wideConstant(value), writer, height);
      return height;
    }
    case "symbol":
      if (!(expression.index < MAX_SYMBOLS)) throw new RangeError(`no symbol ${expression.index}`);
      writer.u8(SYMBOL).u8(expression.index);
      return height;
    case "call":
      writer.u8(CALL);
      return height;
    default: {
      const left = emit(expression.left, writer, height);
      const right = emit(expression.right, writer, height + 1);
      writer.u8(BINARY[expression.op]);
      return Math.max(left, right);
    }
  }
}

/** high × 2^16 × 2^16 + low. */
function wideConstant(value: number): ShapeExpression {
  const high = shape.constant(Math.floor(value / 2 ** 32));
  const half = shape.constant(2 ** 16);
  const product: ShapeExpression = { op: "mul", left: { op: "mul", left: high, right: half }, right: half };
  return { op: "add", left: product, right: shape.constant(value % 2 ** 32) };
}

/** Reads one expression at the reader's place. Throws `ShapeExpressionError`. */
export function decodeShape(reader: ByteReader): ShapeExpression {
  const stack: ShapeExpression[] = [];
  for (;;) {
    const at = reader.offset;
    const push = (expression: ShapeExpression): void => {
      if (stack.length === MAX_STACK) throw new ShapeExpressionError("overflow", at);
      stack.push(expression);
    };
    try {
      const code = reader.u8();
      if (code === END) {
        if (stack.length !== 1) throw new ShapeExpressionError("values", at);
        return stack[0];
      } else if (code === CONST_1) push(shape.constant(reader.u8()));
      else if (code === CONST_4) push(shape.constant(reader.u32()));
      else if (code === CALL) push(shape.call);
      else if (code === SYMBOL) {
        const index = reader.u8();
        if (index >= MAX_SYMBOLS) throw new ShapeExpressionError("symbol", at);
        push(shape.symbol(index));
      } else {
        const op = BINARY_BY_CODE.get(code);
        if (op === undefined) throw new ShapeExpressionError("operation", at);
        if (stack.length < 2) throw new ShapeExpressionError("underflow", at);
        const right = stack.pop()!;
        push({ op, left: stack.pop()!, right });
      }
    } catch (error) {
      throw error instanceof TruncatedError ? new ShapeExpressionError("truncated", error.offset) : error;
    }
  }
}

/** One operation on numbers. Exact: operands are below 2^48, so what a binary64 rounds is saturated anyway. */
function apply(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case "add":
      return Math.min(a + b, SATURATION);
    case "sub":
      return Math.max(a - b, 0);
    case "mul":
      return Math.min(a * b, SATURATION);
    case "div":
      return b === 0 ? 0 : Math.floor(a / b);
    case "ceilDiv":
      return b === 0 ? 0 : Math.ceil(a / b);
    case "rem":
      return b === 0 ? 0 : a % b;
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
  }
}

/** The operation, or something simpler of the same value. */
function make(op: BinaryOp, a: Size, b: Size): ShapeExpression {
  const left = toExpression(a);
  const right = toExpression(b);
  const x = left.op === "const" ? left.value : undefined;
  const y = right.op === "const" ? right.value : undefined;
  if (x !== undefined && y !== undefined) return shape.constant(apply(op, x, y));
  if (y === 0 && (op === "add" || op === "sub")) return left;
  if (x === 0 && op === "add") return right;
  if (y === 1 && (op === "mul" || op === "div" || op === "ceilDiv")) return left;
  if (x === 1 && op === "mul") return right;
  if (op === "mul" && (x === 0 || y === 0)) return shape.constant(0);
  return { op, left, right };
}
