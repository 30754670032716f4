/**
 * A node record compiled for one set of sizes: a JavaScript function that computes a range of the output's rows.
 *
 * What does not depend on the reduction index is computed once per element, before the loop; bounds checks that the
 * known sizes make idle are left out. The values are those of the reference interpreter, bit for bit.
 */
import { DType, bitsOf, type NodeRecord, type Section } from "@assay/vm";
import { OPCODE } from "@assay/vm/opcodes";
import { COMPUTE, MAX_LOADS } from "@assay/vm/scalarMachine";
import type { Word } from "@assay/vm/word";
import { ZERO, asFloat, asWord, float, integer, literal, translate, word, type Value } from "./expression.ts";
import { LIBRARY } from "./library.ts";
import type { Store } from "./store.ts";

/** What a kernel knows of an operand when it is compiled. */
export type OperandPlan =
  | { readonly kind: "absent" }
  | { readonly kind: "tensor"; readonly dtype: DType; readonly count: number }
  /** A member of the row group: readable below the element's row, and in it too if `earlier`. */
  | {
      readonly kind: "row";
      readonly dtype: DType;
      readonly count: number;
      readonly rowSize: number;
      readonly earlier: boolean;
    }
  /** Tensors of earlier calls, found at run time. */
  | { readonly kind: "history" };

export interface KernelPlan {
  readonly record: NodeRecord;
  readonly dimensions: readonly number[];
  readonly count: number;
  readonly extent: number;
  readonly operands: readonly OperandPlan[];
  readonly symbols: readonly number[];
  readonly calls: number;
}

/** Computes rows [from, to) of the output; `operands` are decoded tensors, or for a history a function of (call, index). */
export type Kernel = (
  operands: readonly Operand[],
  out: Store,
  context: { readonly call: number; readonly seed: readonly Word[] },
  from: number,
  to: number,
) => void;
export type Operand = Store | ((call: Word, element: Word) => Word) | undefined;

const BOUNDS: Readonly<Record<number, readonly [number, number]>> = {
  [DType.UINT8]: [0, 255],
  [DType.INT8]: [-128, 127],
  [DType.UINT16]: [0, 65535],
  [DType.INT16]: [-32768, 32767],
  [DType.INT32]: [-(2 ** 31), 2 ** 31 - 1],
  [DType.UINT32]: [0, 2 ** 32 - 1],
  [DType.BOOL]: [0, 1],
  [DType.UINT4]: [0, 15],
  [DType.INT4]: [-8, 7],
};
const isFloat = (dtype: DType): boolean =>
  dtype === DType.FLOAT32 || dtype === DType.FLOAT16 || dtype === DType.BFLOAT16;

/** What a word of this dtype is once loaded. */
function loaded(code: string, dtype: DType): Value {
  if (isFloat(dtype)) return float(code);
  const bounds = BOUNDS[dtype];
  return bounds === undefined ? word(code) : integer(code, bounds[0], bounds[1]);
}

/** The value as it is after being stored in a dtype and loaded again. */
function stored(x: Value, dtype: DType): Value {
  switch (dtype) {
    case DType.FLOAT32:
      return float(asFloat(x));
    case DType.FLOAT16:
      return float(`floatOf(fromHalf(toHalf(bits(${asFloat(x)}))))`);
    case DType.BFLOAT16:
      return float(`floatOf(fromBfloat16(toBfloat16(bits(${asFloat(x)}))))`);
    case DType.BOOL:
      return translate(OPCODE.truth, x, ZERO, ZERO);
    case DType.INT8:
      return narrow(x, OPCODE.wrapi8, dtype);
    case DType.INT16:
      return narrow(x, OPCODE.wrapi16, dtype);
    case DType.INT32:
      return narrow(x, OPCODE.wrapi32, dtype);
    case DType.UINT8:
      return narrow(x, OPCODE.wrapu8, dtype);
    case DType.UINT16:
      return narrow(x, OPCODE.wrapu16, dtype);
    case DType.UINT32:
      return narrow(x, OPCODE.wrapu32, dtype);
    case DType.UINT4:
      return integer(`(${low(x)} & 15)`, 0, 15);
    case DType.INT4:
      return integer(`(${low(x)} << 28 >> 28)`, -8, 7);
    default:
      return word(asWord(x));
  }
}
const low = (x: Value): string => (x.form === "integer" ? `(${x.code} | 0)` : `low32(${asWord(x)})`);
function narrow(x: Value, opcode: number, dtype: DType): Value {
  const value = translate(opcode, x, ZERO, ZERO);
  return value.form === "integer" ? value : loaded(value.code, dtype);
}

/** Statement that stores a value at `out[at]`. */
function storeStatement(x: Value, dtype: DType, at: string): string {
  const value = stored(x, dtype);
  if (bitsOf(dtype) === 64) return `out[${at}] = BigInt(${asWord(value)});`;
  return `out[${at}] = ${value.code};`;
}

class Emitter {
  readonly lines: string[] = [];
  readonly #prefix: string;
  #count = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Gives an expression a name, unless it is one already. */
  bind(value: Value): Value {
    if (/^(\(?-?[\w.]+\)?)$/.test(value.code)) return value;
    const name = `${this.#prefix}${this.#count++}`;
    this.lines.push(`const ${name} = ${value.code};`);
    return { ...value, code: name };
  }
}

/**
 * Translates one section. `invariant` receives what does not depend on the step or an accumulator, `body` the rest.
 * @param step The reduction index, in `step`; 0 elsewhere.
 */
function section(
  plan: KernelPlan,
  code: Section,
  invariant: Emitter,
  body: Emitter,
  accumulators: Value[],
  step: Value = ZERO,
): Value[] {
  const { constants } = plan.record;
  const registers: { value: Value; perStep: boolean }[] = [];
  for (const constant of constants) registers.push({ value: literal(constant), perStep: false });
  const read = (index: number): { value: Value; perStep: boolean } =>
    registers[index] ?? { value: ZERO, perStep: false };
  let loads = 0;
  for (let at = 0; at < code.code.length; at += 4) {
    const [opcode, a, b, c] = code.code.subarray(at, at + 4);
    let value: Value;
    let perStep = false;
    if (opcode === OPCODE.load) {
      const [element, call] = [read(b), read(c)];
      value = loads++ < MAX_LOADS ? load(plan, a, element.value, call.value) : ZERO;
      perStep = element.perStep || (plan.operands[a]?.kind === "history" && call.perStep);
    } else if (opcode === OPCODE.step || opcode === OPCODE.acc) {
      perStep = true;
      value = opcode === OPCODE.acc ? (accumulators[a] ?? ZERO) : step;
    } else if (COMPUTE[opcode] === undefined) {
      value = look(plan, opcode, a);
    } else {
      const operands = [read(a), read(b), read(c)];
      value = translate(opcode, operands[0].value, operands[1].value, operands[2].value);
      perStep = operands.some((operand) => operand.perStep);
    }
    registers.push({ value: (perStep ? body : invariant).bind(value), perStep });
  }
  return Array.from(code.results, (register) => read(register).value);
}

function look(plan: KernelPlan, opcode: number, a: number): Value {
  switch (opcode) {
    case OPCODE.index:
      return a < plan.dimensions.length ? integer(`i${a}`, 0, Math.max(0, plan.dimensions[a] - 1)) : ZERO;
    case OPCODE.linear:
      return integer("e", 0, Math.max(0, plan.count - 1));
    case OPCODE.extent:
      return literal(plan.dimensions[a] ?? 0);
    case OPCODE.symbol:
      return literal(a < 8 ? (plan.symbols[a] ?? 0) : 0);
    case OPCODE.call:
      return integer("call", 0, 2 ** 20);
    case OPCODE.calls:
      return literal(plan.calls);
    case OPCODE.seed:
      return a < 4 ? word(`seed[${a}]`) : ZERO;
    default:
      return ZERO;
  }
}

/** The element of an operand, or 0 where it does not exist. */
function load(plan: KernelPlan, slot: number, index: Value, call: Value): Value {
  const operand = plan.operands[slot];
  if (operand === undefined || operand.kind === "absent") return ZERO;
  if (operand.kind === "history") return word(`p${slot}(${asWord(call)}, ${asWord(index)})`);
  if (operand.count === 0) return ZERO;
  const at = index.code;
  const conditions: string[] = [];
  if (index.form === "word") conditions.push(`typeof ${at} === "number"`);
  if (index.form === "float") return load(plan, slot, integer(`bits(${at})`, 0, 2 ** 32 - 1), call);
  if (index.form === "word" || index.low < 0) conditions.push(`${at} >= 0`);
  if (index.form === "word" || index.high >= operand.count) conditions.push(`${at} < ${operand.count}`);
  if (operand.kind === "row") {
    const own = plan.dimensions.length > 0 ? "i0" : "0";
    conditions.push(`Math.floor(${at} / ${operand.rowSize}) ${operand.earlier ? "<=" : "<"} ${own}`);
  }
  const element = bitsOf(operand.dtype) === 64 ? `wordFrom(p${slot}[${at}])` : `p${slot}[${at}]`;
  const value = loaded(
    conditions.length === 0 ? element : `(${conditions.join(" && ")} ? ${element} : 0)`,
    operand.dtype,
  );
  return value.form === "integer" ? { ...value, low: Math.min(0, value.low) } : value;
}

/** Compiles a valid record for the given sizes. */
export function compile(plan: KernelPlan): Kernel {
  const { record, dimensions, extent } = plan;
  const element = new Emitter("v");
  if (record.kind === "map") {
    const [value] = section(plan, record.value, element, element, []);
    element.lines.push(storeStatement(value ?? ZERO, record.dtype, "e"));
  } else {
    const types = record.accumulators;
    const { init, step, final } = record;
    const start = section(plan, init, element, element, []).map((value, i) => stored(value, types[i]));
    const variables = start.map((value, i) => ({ ...value, ...rangeOf(types[i]), code: `a${i}` }));
    start.forEach((value, i) => element.lines.push(`let a${i} = ${value.code};`));
    const body = new Emitter("w");
    const index = integer("r", 0, Math.max(0, extent - 1));
    const next = section(plan, step, element, body, variables, index).map((value, i) => stored(value, types[i]));
    element.lines.push(`for (let r = 0; r < ${extent}; r++) {`, ...body.lines.map((line) => `  ${line}`));
    // All next values are computed before any accumulator changes.
    next.forEach((value, i) => element.lines.push(`  const n${i} = ${value.code};`));
    next.forEach((_, i) => element.lines.push(`  a${i} = n${i};`));
    element.lines.push("}");
    const [value] = section(plan, final, element, element, variables);
    element.lines.push(storeStatement(value ?? ZERO, record.dtype, "e"));
  }
  const used = record.operands.map((_, slot) => `const p${slot} = operands[${slot}];`);
  const rowSize = dimensions.slice(1).reduce((product, size) => product * size, 1);
  const opening = dimensions.map((size, d) =>
    d === 0 ? "for (let i0 = from; i0 < to; i0++) {" : `for (let i${d} = 0; i${d} < ${size}; i${d}++) {`,
  );
  const source = [
    ...used,
    dimensions.length > 0 ? `let e = from * ${rowSize};` : "let e = 0;",
    ...opening,
    ...element.lines.map((line) => `  ${line}`),
    "e++;",
    ...dimensions.map(() => "}"),
  ].join("\n");
  const names = Object.keys(LIBRARY);
  const build = new Function(...names, `return (operands, out, { call, seed }, from, to) => {\n${source}\n};`);
  return build(...names.map((name) => LIBRARY[name as keyof typeof LIBRARY])) as Kernel;
}

function rangeOf(dtype: DType): Value {
  return loaded("", dtype);
}
