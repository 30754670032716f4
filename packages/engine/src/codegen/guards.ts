/** Guards: conditions that a value is below a size, as code has them that reads beyond a border. */
import { OPCODE } from "@assay/vm/opcodes";
import { CONST, type Node } from "./graph.ts";
import { boundsOfForm, linearForm, minus, type LinearForm } from "./linearForm.ts";

export interface Guarded {
  readonly form: LinearForm;
  readonly size: number;
}

/** Takes apart a conjunction of `value < size`; false where it is something else. */
export function takeGuards(condition: Node, guards: Guarded[]): boolean {
  if (condition.op === OPCODE.and) return condition.args.every((arg) => takeGuards(arg, guards));
  if (condition.op !== OPCODE.ult) return false;
  const [value, size] = condition.args;
  const form = linearForm(value);
  if (form === undefined || size.op !== CONST || size.low < 0 || size.high >= 2 ** 31) return false;
  guards.push({ form, size: size.low });
  return true;
}

/**
 * Whether an index lies within the tensor wherever its guards hold. A guarded value counts with the guard's bounds: as much
 * of each as the index contains is taken out and put back as 0 … size - 1.
 */
export function staysInside(index: LinearForm, guards: readonly Guarded[], count: number): boolean {
  let rest = index;
  let [low, high] = [0, 0];
  for (const { form, size } of guards) {
    const [atom, coefficient] = [...form.terms].find(([term]) => rest.terms.has(term)) ?? [undefined, 1];
    if (atom === undefined) continue;
    const stride = rest.terms.get(atom)! / coefficient;
    rest = minus(rest, form, stride);
    const ends = [0, stride * (size - 1)];
    low += Math.min(...ends);
    high += Math.max(...ends);
  }
  const bounds = boundsOfForm(rest);
  return bounds.low + low >= 0 && bounds.high + high < count;
}

/** Whether an index lies within a tensor of `count` elements wherever a condition holds. */
export function insideWhere(condition: Node, index: Node, count: number): boolean {
  const guards: Guarded[] = [];
  const form = linearForm(index);
  return form !== undefined && takeGuards(condition, guards) && staysInside(form, guards, count);
}
