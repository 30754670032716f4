/**
 * Index arithmetic as a sum: constant + Σ coefficient · atom, where an atom is a coordinate, the reduction index, or anything
 * that is not a sum itself. What depends on the output's place and what depends on the step are told apart here, and each is
 * evaluated into a table.
 */
import { OPCODE } from "@assay/vm/opcodes";
import { COMPUTE } from "@assay/vm/scalarMachine";
import { CONST, DEPENDS, OUTER, type Node } from "./graph.ts";

export interface LinearForm {
  readonly constant: number;
  readonly terms: ReadonlyMap<Node, number>;
}

/** Instructions that look at more than coordinates, the step and constants: no table can hold what they give. */
const OPAQUE = new Set<number>([OPCODE.load, OPCODE.acc, OPCODE.call, OPCODE.seed, OPCODE.extent, OPCODE.linear]);

/** Whether a node follows from coordinates and the step alone. */
export function isPlain(node: Node): boolean {
  return !node.float && !OPAQUE.has(node.op) && node.args.every(isPlain);
}

const isKnown = (node: Node): boolean => node.op === CONST && typeof node.value === "number";

/** The sum that a node is; undefined where it is of no use: not plain, or of unknown bounds. */
export function linearForm(node: Node): LinearForm | undefined {
  if (!isPlain(node) || !Number.isFinite(node.low) || !Number.isFinite(node.high)) return undefined;
  const terms = new Map<Node, number>();
  let constant = 0;
  const add = (part: Node, factor: number): void => {
    const [a, b] = part.args;
    if (isKnown(part)) constant += factor * Number(part.value);
    else if (part.op === OPCODE.iadd) {
      add(a, factor);
      add(b, factor);
    } else if (part.op === OPCODE.isub) {
      add(a, factor);
      add(b, -factor);
    } else if (part.op === OPCODE.imul && isKnown(a)) add(b, factor * Number(a.value));
    else if (part.op === OPCODE.imul && isKnown(b)) add(a, factor * Number(b.value));
    else {
      const sum = (terms.get(part) ?? 0) + factor;
      if (sum === 0) terms.delete(part);
      else terms.set(part, sum);
    }
  };
  add(node, 1);
  return { constant, terms };
}

/** a - factor · b. */
export function minus(a: LinearForm, b: LinearForm, factor: number): LinearForm {
  const terms = new Map(a.terms);
  for (const [atom, coefficient] of b.terms) {
    const rest = (terms.get(atom) ?? 0) - factor * coefficient;
    if (rest === 0) terms.delete(atom);
    else terms.set(atom, rest);
  }
  return { constant: a.constant - factor * b.constant, terms };
}

/** Bounds of a sum, from its atoms' bounds. */
export function boundsOfForm({ constant, terms }: LinearForm): { low: number; high: number } {
  let [low, high] = [constant, constant];
  for (const [atom, coefficient] of terms) {
    const ends = [coefficient * atom.low, coefficient * atom.high];
    low += Math.min(...ends);
    high += Math.max(...ends);
  }
  return { low, high };
}

/** Coordinates that the form looks at, as bits. */
export const placesOf = ({ terms }: LinearForm): number =>
  [...terms.keys()].reduce((bits, { depends }) => bits | (depends & OUTER), 0);

/** The part that depends on the step, and the rest; undefined where an atom mixes the two. */
export function separate(form: LinearForm): { place: LinearForm; step: LinearForm } | undefined {
  const place = new Map<Node, number>();
  const step = new Map<Node, number>();
  for (const [atom, coefficient] of form.terms) {
    const ofStep = (atom.depends & DEPENDS.STEP) !== 0;
    if (ofStep && (atom.depends & OUTER) !== 0) return undefined;
    (ofStep ? step : place).set(atom, coefficient);
  }
  return { place: { constant: form.constant, terms: place }, step: { constant: 0, terms: step } };
}

/** Those terms that look at some of these coordinates and at no others; undefined where a term looks at both kinds. */
export function restrict(form: LinearForm, bits: number): LinearForm | undefined {
  const terms = new Map<Node, number>();
  for (const [atom, coefficient] of form.terms) {
    const own = atom.depends & OUTER;
    if ((own & bits) === 0) continue;
    if ((own & ~bits) !== 0) return undefined;
    terms.set(atom, coefficient);
  }
  return { constant: 0, terms };
}

/** Computes a form's value again and again. */
export function evaluator(form: LinearForm): (coordinates: readonly number[], step: number) => number {
  const terms = [...form.terms].map(([atom, coefficient]) => ({ value: valueOf(atom), coefficient }));
  return (coordinates, step) => {
    let sum = form.constant;
    for (const { value, coefficient } of terms) sum += coefficient * value(coordinates, step);
    return sum;
  };
}

type Evaluate = (coordinates: readonly number[], step: number) => number;

function valueOf(node: Node): Evaluate {
  if (node.op === CONST) {
    const constant = Number(node.value);
    return () => constant;
  }
  if (node.op === OPCODE.step) return (_, step) => step;
  if (node.op === OPCODE.index) {
    const { imm } = node;
    return (coordinates) => coordinates[imm];
  }
  const [a, b, c] = node.args.map(valueOf);
  // The two that index arithmetic is full of, on numbers that are known to be natural.
  if (node.op === OPCODE.udiv && node.args.every(isNatural)) {
    return (at, r) => {
      const divisor = b(at, r);
      return divisor === 0 ? 0 : Math.floor(a(at, r) / divisor);
    };
  }
  if (node.op === OPCODE.urem && node.args.every(isNatural)) {
    return (at, r) => {
      const divisor = b(at, r);
      return divisor === 0 ? 0 : a(at, r) % divisor;
    };
  }
  const compute = COMPUTE[node.op]!;
  return (at, r) => Number(compute(a?.(at, r) ?? 0, b?.(at, r) ?? 0, c?.(at, r) ?? 0));
}

const isNatural = ({ low, high }: Node): boolean => low >= 0 && high <= Number.MAX_SAFE_INTEGER;
