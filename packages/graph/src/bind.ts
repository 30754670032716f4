/**
 * Inputs fixed at import: a run-time input that decides a shape, or that an application never changes, becomes a constant of
 * the model, as if the file held it.
 */
import { float32, isDType, MAX_RANK, tensorOfWords, type DType, type Tensor, type Word } from "@assay/vm";
import { check, GraphError, type Place } from "./errors.ts";
import { isFloat } from "./lowering/types.ts";
import type { OnnxModel } from "./onnx/model.ts";
import { checkNotNaN } from "./onnx/tensor.ts";
import type { ImportOptions } from "./importOptions.ts";
import type { SizeBounds } from "./symbols.ts";

/** Numbers, nested as deep as the tensor has axes; integers up to 2^53, booleans as 0 and 1. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];
/** What an input is fixed to; nested numbers take the input's declared type. */
export type BoundValue = Tensor | { readonly numbers: NestedNumbers };

/** The model and the options with the inputs of `options.bind` fixed, and the dimensions that they name. */
export function bindInputs(model: OnnxModel, options: ImportOptions): { model: OnnxModel; options: ImportOptions } {
  const bind = new Map(Object.entries(options.bind ?? {}));
  if (bind.size === 0) return { model, options };
  const { inputs } = model.graph;
  const unknown = [...bind.keys()].filter((name) => !inputs.some((input) => input.name === name));
  check(unknown.length === 0, "BAD_OPTION", `the model has no input ${unknown.join(", ")}`);
  const constants = new Map(model.graph.constants);
  const sizes = new Map<string, number>();
  for (const { name, elementType, shape } of inputs) {
    const given = bind.get(name);
    if (given === undefined) continue;
    const place = { node: `input ${JSON.stringify(name)}` };
    const tensor = "numbers" in given ? tensorOf(given.numbers, elementType, place) : given;
    check(
      tensor.dtype === elementType,
      "BAD_OPTION",
      `the bound tensor has type ${tensor.dtype}, not ${elementType}`,
      place,
    );
    checkNotNaN(tensor, place);
    constants.set(name, tensor);
    if (shape === undefined) continue;
    const text = `the bound tensor is [${tensor.shape.join(", ")}], declared [${shape.map((size) => size ?? "?").join(", ")}]`;
    check(shape.length === tensor.shape.length, "BAD_OPTION", text, place);
    shape.forEach((size, axis) => {
      const own = tensor.shape[axis];
      if (typeof size === "number") check(size === own, "BAD_OPTION", text, place);
      if (typeof size !== "string") return;
      check(
        (sizes.get(size) ?? own) === own,
        "BAD_OPTION",
        `dimension ${size} is both ${sizes.get(size)} and ${own}`,
        place,
      );
      sizes.set(size, own);
    });
  }
  const left = inputs.filter(({ name }) => !bind.has(name));
  return {
    model: { ...model, graph: { ...model.graph, inputs: left, constants } },
    options: { ...options, symbols: { ...options.symbols, ...fixedSizes(sizes, left, options) } },
  };
}

/** Of the sizes that bound tensors have, those of dimensions that other inputs share. Throws BAD_OPTION where they contradict. */
function fixedSizes(
  sizes: ReadonlyMap<string, number>,
  left: OnnxModel["graph"]["inputs"],
  { symbols = {} }: ImportOptions,
): Record<string, number> {
  const fixed: Record<string, number> = {};
  for (const [name, size] of sizes) {
    const given = Object.hasOwn(symbols, name) ? symbols[name] : size;
    const fits = typeof given === "number" ? given === size : isWithin(size, given);
    check(fits, "BAD_OPTION", `a bound tensor makes dimension ${name} ${size}, which the options exclude`);
    if (left.some(({ shape = [] }) => shape.includes(name)) || Object.hasOwn(symbols, name)) fixed[name] = size;
  }
  return fixed;
}

function isWithin(size: number, { least, greatest, multipleOf = 1 }: SizeBounds): boolean {
  return least <= size && size <= greatest && size % multipleOf === 0;
}

function tensorOf(numbers: NestedNumbers, elementType: number, place: Place): Tensor {
  if (!isDType(elementType))
    throw new GraphError("TYPE_MISMATCH", `element type ${elementType} is not supported`, place);
  const shape: number[] = [];
  for (let at = numbers; Array.isArray(at); at = (at as readonly NestedNumbers[])[0] ?? 0) shape.push(at.length);
  check(shape.length <= MAX_RANK, "TOO_LARGE", `bound numbers of rank ${shape.length}`, place);
  const words: Word[] = [];
  const collect = (value: NestedNumbers, depth: number): void => {
    if (Array.isArray(value)) {
      const list = value as readonly NestedNumbers[];
      check(list.length === shape[depth], "BAD_OPTION", "the bound numbers are not a full tensor", place);
      for (const item of list) collect(item, depth + 1);
      return;
    }
    check(depth === shape.length, "BAD_OPTION", "the bound numbers are not a full tensor", place);
    words.push(wordOf(value as number | boolean, elementType, place));
  };
  collect(numbers, 0);
  return tensorOfWords(elementType, shape, words);
}

function wordOf(value: number | boolean, dtype: DType, place: Place): Word {
  const number = typeof value === "boolean" ? Number(value) : value;
  check(typeof number === "number", "BAD_OPTION", `${JSON.stringify(value)} is not a number`, place);
  if (isFloat(dtype)) return float32.fromNumber(number);
  check(Number.isSafeInteger(number), "BAD_OPTION", `${number} is not an integer, or beyond 2^53`, place);
  // A word is never -0.
  return number + 0;
}
