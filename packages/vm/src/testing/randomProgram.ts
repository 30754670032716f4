/**
 * Random programs, small but with everything in them: all operand kinds, row groups (also absurd ones), histories with
 * computed calls, several accumulators, stops, records that break rules, and code of random bytes. Every one of them has
 * exactly one meaning, whatever the seed.
 */
import { DType, byteLength } from "../dtype.ts";
import { INSTRUCTIONS } from "../isa.ts";
import { assembleProgram, isInRowGroup, type Program } from "../program.ts";
import { decodeRecord, encodeRecord, NO_NODE, type NodeRecord, type Operand } from "../record.ts";
import { OPCODE } from "../opcodes.ts";
import type { Request } from "../request.ts";
import type { Section } from "../scalarMachine.ts";
import { shape, type ShapeExpression } from "../shapeExpression.ts";
import { countOf, type Tensor } from "../tensor.ts";
import { Random } from "./random.ts";
import type { Example } from "./tinyPrograms.ts";

const DTYPES = Object.values(DType);

/** The random program and request of a seed. */
export function randomProgram(seed: number): Example {
  const random = new Random(seed);
  const symbols = Array.from({ length: random.below(4) }, () => (random.chance(10) ? 0 : random.between(1, 4)));
  const inputs = Array.from({ length: random.chance(10) ? 0 : random.between(1, 3) }, () => randomTensor(random));
  const params = Array.from({ length: random.chance(10) ? 0 : random.between(1, 3) }, () => randomTensor(random));
  const kind = random.pick(["prompt", "epilogue", "decode", "decode"] as const);
  const counts = {
    prompt: random.between(1, 6),
    decode: kind === "decode" ? random.between(1, 6) : 0,
    epilogue: kind === "prompt" ? 0 : random.between(1, 4),
  };
  const scope: Scope = { random, symbols: symbols.length, counts };
  const records = (list: keyof typeof counts): Uint8Array[] =>
    Array.from({ length: counts[list] }, (_, node) => randomRecord(scope, counts[list], node));

  const calls = { prompt: 1, epilogue: 2, decode: random.between(2, 6) }[kind];
  const stop = (count: number): number => (count > 0 && random.chance(60) ? random.below(count) : NO_NODE);
  const lists = { prompt: records("prompt"), decode: records("decode"), epilogue: records("epilogue") };
  const outputs = placesOfOutputs(lists[kind === "prompt" ? "prompt" : "epilogue"]);
  const program: Program = assembleProgram({
    ...lists,
    params,
    outputs: Array.from({ length: random.between(1, 3) }, () => random.pick(outputs)),
    stop: { prompt: stop(counts.prompt), decode: stop(counts.decode) },
    calls: { least: calls, greatest: calls },
    symbols: symbols.map((greatest) => ({ least: 0, greatest })),
    inputs: inputs.map(({ dtype, shape: sizes }) => ({ dtype, shape: sizes.map(shape.constant) })),
  });
  const request: Request = { inputs, symbols, seed: random.word256(), calls };
  return { name: `random ${seed}`, program, request };
}

/** The nodes of a list that may be outputs; where there are none the last one leaves its row group. */
function placesOfOutputs(records: Uint8Array[]): number[] {
  const nodes = records.flatMap((record, node) => (isInRowGroup(record) ? [] : [node]));
  if (nodes.length > 0) return nodes;
  const decoded = decodeRecord(records[records.length - 1]);
  if (decoded.valid) records[records.length - 1] = encodeRecord({ ...decoded.record, group: undefined });
  return [records.length - 1];
}

interface Scope {
  readonly random: Random;
  readonly symbols: number;
  readonly counts: Readonly<Record<"prompt" | "decode" | "epilogue", number>>;
}

/** A tensor of random bytes: NaNs of every kind and booleans above 1 among them. */
export function randomTensor(random: Random): Tensor {
  const dtype = random.pick(DTYPES);
  const sizes = Array.from({ length: random.below(3) }, () => random.between(random.chance(5) ? 0 : 1, 9));
  return { dtype, shape: sizes, data: random.bytes(byteLength(dtype, countOf(sizes))) };
}

/** Record bytes, one in ten damaged. */
function randomRecord(scope: Scope, count: number, node: number): Uint8Array {
  const { random } = scope;
  const bytes = encodeRecord(randomNode(scope, count, node));
  if (!random.chance(10)) return bytes;
  switch (random.below(4)) {
    case 0:
      return bytes.slice(0, random.below(bytes.length + 1));
    case 1:
      return Uint8Array.of(...bytes, random.below(256));
    case 2:
      return random.bytes(random.below(40));
    default: {
      // Past the sizes, so that no damaged record has millions of elements.
      const damaged = bytes.slice();
      damaged[random.chance(50) ? random.below(3) : random.between(bytes.length >> 1, bytes.length - 1)] ^=
        1 << random.below(8);
      return damaged;
    }
  }
}

function randomNode(scope: Scope, count: number, node: number): NodeRecord {
  const { random } = scope;
  const group = randomGroup(random, count, node);
  const sizes = Array.from({ length: random.below(4) }, (_, i) => randomSize(scope, i === 0 && group !== undefined));
  const operands = Array.from({ length: random.below(6) }, () => randomOperand(scope, count, node, group));
  const constants = Array.from({ length: random.below(8) }, () =>
    random.chance(60) ? random.below(12) : random.pick([random.u32(), 0x3f800000, 0x7fc00001, 0x80000000]),
  );
  const section = (results: number): Section => randomSection(random, constants.length, operands, results);
  const common = { dtype: random.pick(DTYPES), ...(group && { group }), shape: sizes, operands, constants };
  if (random.chance(60)) return { kind: "map", ...common, value: section(1) };
  const accumulators = Array.from({ length: random.between(1, 4) }, () => random.pick(DTYPES));
  return {
    kind: "reduce",
    ...common,
    extent: random.chance(50) ? shape.constant(random.below(6)) : randomSymbol(scope),
    accumulators,
    init: section(accumulators.length),
    step: section(accumulators.length),
    final: section(1),
  };
}

/** Mostly none, or triples and pairs of neighbours; sometimes any numbers, the node itself perhaps outside. */
function randomGroup(random: Random, count: number, node: number): NodeRecord["group"] {
  if (random.chance(40)) return undefined;
  if (random.chance(85)) {
    const width = random.chance(70) ? 3 : random.between(1, 2);
    const start = node - (node % width);
    return { start, end: start + width };
  }
  const start = random.below(count + 1);
  return { start, end: start + random.between(1, 3) };
}

const randomSymbol = ({ random, symbols }: Scope): ShapeExpression =>
  shape.symbol(random.below(random.chance(90) ? Math.max(1, symbols) : 8));

/** A size of a few units; the rows of a row group mostly agree. */
function randomSize(scope: Scope, isRows: boolean): ShapeExpression {
  const { random } = scope;
  if (isRows && random.chance(80)) return shape.constant(3);
  if (random.chance(3)) return shape.constant(random.pick([0, 2 ** 36 + 1, 2 ** 40]));
  switch (random.below(5)) {
    case 0:
      return randomSymbol(scope);
    case 1:
      return shape.min(shape.add(shape.call, 1), 3);
    case 2:
      return shape.add(shape.rem(shape.mul(shape.call, 3), 4), 1);
    case 3:
      return shape.max(shape.sub(4, shape.call), shape.ceilDiv(randomSymbol(scope), 2));
    default:
      return shape.constant(random.between(1, 4));
  }
}

function randomOperand(scope: Scope, count: number, node: number, group: NodeRecord["group"]): Operand {
  const { random, counts } = scope;
  const none = (index: number): number => (random.chance(5) ? NO_NODE : index);
  switch (random.below(group ? 8 : 6)) {
    case 0:
      return { kind: "input", index: random.below(random.chance(90) ? 2 : 4) };
    case 1:
      return { kind: "parameter", index: random.below(random.chance(90) ? 2 : 4) };
    case 2:
    case 3:
      return { kind: "node", index: none(random.below(random.chance(80) ? node + 1 : count + 1)) };
    case 4:
      return {
        kind: "history",
        prompt: none(random.below(counts.prompt + 1)),
        decode: none(random.below(counts.decode + 1)),
      };
    default: {
      const index = group ? group.start + random.below(group.end - group.start) : node;
      return { kind: "row", index: random.chance(90) ? index : random.below(count + 1) };
    }
  }
}

const CODES = INSTRUCTIONS.map(({ code }) => code);
const PLACES = [OPCODE.linear, OPCODE.linear, OPCODE.index, OPCODE.step, OPCODE.call, OPCODE.extent];

/** Code of random instructions over registers that mostly exist, with many loads of elements that mostly exist. */
function randomSection(random: Random, constants: number, operands: readonly Operand[], results: number): Section {
  const code: number[] = [];
  const written = (): number => constants + code.length / 4;
  const register = (): number => (random.chance(97) ? random.below(Math.max(1, written())) : random.below(256));
  const put = (opcode: number, a = register(), b = register(), c = register()): number => {
    code.push(opcode, a, b, c);
    return written() - 1;
  };
  const length = random.between(1, 12);
  for (let i = 0; i < length; i++) {
    if (operands.length > 0 && random.chance(45)) {
      const place = put(random.pick(PLACES), random.below(3));
      const element = random.chance(50) ? put(random.pick([OPCODE.isub, OPCODE.iadd, OPCODE.urem]), place) : place;
      const call = random.chance(60) ? put(OPCODE.isub, put(OPCODE.call), register()) : register();
      put(OPCODE.load, random.below(operands.length + (random.chance(5) ? 1 : 0)), element, call);
    } else {
      put(random.chance(95) ? random.pick(CODES) : random.below(256), random.chance(30) ? random.below(4) : register());
    }
  }
  const result = (): number => (random.chance(70) ? written() - 1 - random.below(3) : register()) & 255;
  return { results: Array.from({ length: results }, result), code: Uint8Array.from(code) };
}
