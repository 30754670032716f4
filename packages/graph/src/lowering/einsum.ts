/** The equation of an Einsum: labels of each operand's axes and of the result's. */
import { check } from "../errors.ts";

/** Labels are letters; the axes of an ellipsis are numbered from the right: "…0" is the last. */
export interface Equation {
  readonly terms: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Reads an equation for operands of these ranks. Throws BAD_ATTRIBUTE or SHAPE_MISMATCH. */
export function readEquation(text: string, ranks: readonly number[]): Equation {
  const compact = text.replaceAll(" ", "");
  const sides = compact.split("->");
  const valid = sides.length <= 2 && sides.every((side) => /^(?:[A-Za-z,]|\.\.\.)*$/.test(side));
  check(valid && compact.length <= 1024, "BAD_ATTRIBUTE", `equation ${JSON.stringify(text.slice(0, 80))}`);
  const [left, right] = sides;
  const written = left.split(",");
  const count = `${written.length} terms for ${ranks.length} inputs`;
  check(written.length === ranks.length, "BAD_ATTRIBUTE", count);
  const terms = written.map((term, i) => readTerm(term, ranks[i]));
  const widest = Math.max(0, ...terms.map((term) => term.filter(isEllipsis).length));
  if (right !== undefined) {
    check(!right.includes(","), "BAD_ATTRIBUTE", "the result has more than one term");
    const output = readTerm(right, right.replace("...", "").length + (right.includes("...") ? widest : 0));
    check(new Set(output).size === output.length, "BAD_ATTRIBUTE", "the result names a label twice");
    const known = new Set(terms.flat());
    output.forEach((label) => check(known.has(label), "BAD_ATTRIBUTE", `no term has the label ${label}`));
    return { terms, output };
  }
  // Without a result: the ellipsis, then the labels that occur once, in alphabetical order.
  const all = terms.flat();
  const letters = [...new Set(all.filter((label) => !isEllipsis(label)))].sort();
  const once = letters.filter((label) => all.filter((other) => other === label).length === 1);
  return { terms, output: [...ellipsis(widest), ...once] };
}

function readTerm(term: string, rank: number): string[] {
  const [before, after, ...more] = term.split("...");
  check(more.length === 0, "BAD_ATTRIBUTE", `the term ${term} has two ellipses`);
  if (after === undefined) {
    check(before.length === rank, "SHAPE_MISMATCH", `the term ${term} for a tensor of rank ${rank}`);
    return [...before];
  }
  const width = rank - before.length - after.length;
  check(width >= 0, "SHAPE_MISMATCH", `the term ${term} for a tensor of rank ${rank}`);
  return [...before, ...ellipsis(width), ...after];
}

function ellipsis(width: number): string[] {
  return Array.from({ length: width }, (_, i) => `…${width - 1 - i}`);
}

function isEllipsis(label: string): boolean {
  return label.startsWith("…");
}
