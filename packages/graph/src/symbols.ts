/** The named dimensions of a model, and the types that its inputs declare with them. */
import { isDType, type Bounds, type DType } from "@assay/vm";
import { Dimension } from "./dimension.ts";
import { check, GraphError } from "./errors.ts";
import type { ImportOptions } from "./importOptions.ts";
import type { DeclaredValue } from "./onnx/model.ts";

/** Greatest value of a named dimension for which no bounds are given. */
export const DEFAULT_GREATEST_SYMBOL = 1024;

/** The named dimensions of a model, numbered in the order in which its inputs show them. */
export class Symbols {
  readonly names: string[] = [];
  readonly bounds: Bounds[] = [];
  readonly #options: Readonly<Record<string, number | Bounds>>;
  readonly #seen = new Set<string>();

  constructor(options: ImportOptions) {
    this.#options = options.symbols ?? {};
  }

  /** Throws BAD_OPTION where the options name a dimension that the model does not have. */
  checkUsed(): void {
    const unknown = Object.keys(this.#options).filter((name) => !this.#seen.has(name));
    check(unknown.length === 0, "BAD_OPTION", `the model has no dimension ${unknown.join(", ")}`);
  }

  /** Whether the options make the dimension of this name a constant. */
  isFixed(name: string): boolean {
    return Object.hasOwn(this.#options, name) && typeof this.#options[name] === "number";
  }

  /** The dimension of this name: a constant if the options fix it. */
  dimension(name: string): Dimension {
    this.#seen.add(name);
    const given = Object.hasOwn(this.#options, name) ? this.#options[name] : undefined;
    if (typeof given === "number") {
      check(Number.isInteger(given) && given >= 0, "BAD_OPTION", `symbol ${name} is ${given}`);
      return Dimension.constant(given);
    }
    const known = this.names.indexOf(name);
    if (known >= 0) return Dimension.symbol(known);
    check(this.names.length < 8, "TOO_LARGE", `${name} is the ninth named dimension; bind some with options`);
    const bounds = given ?? { least: 1, greatest: DEFAULT_GREATEST_SYMBOL };
    const valid = Number.isInteger(bounds.least) && bounds.least >= 0 && bounds.least <= bounds.greatest;
    check(valid && bounds.greatest < 2 ** 32, "BAD_OPTION", `symbol ${name} has bounds that are none`);
    this.names.push(name);
    this.bounds.push(bounds);
    return Dimension.symbol(this.names.length - 1);
  }
}

/** The type that an input declares. */
export function declaredType(
  value: DeclaredValue,
  dimension: (name: string) => Dimension,
): { dtype: DType; shape: Dimension[] } {
  const place = { node: `input ${JSON.stringify(value.name)}` };
  const { elementType } = value;
  if (!isDType(elementType)) {
    throw new GraphError("TYPE_MISMATCH", `element type ${elementType} is not supported`, place);
  }
  check(value.shape !== undefined, "UNSUPPORTED", "the shape is not declared", place);
  const shape = value.shape.map((size, axis) =>
    typeof size === "number" ? Dimension.constant(size) : dimension(size ?? `${value.name}.${axis}`),
  );
  return { dtype: elementType, shape };
}
