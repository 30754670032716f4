/**
 * What the importer refuses, and why: one error class with a stable code, the file, the node and the reason. A command
 * line ends with exit code 2 on any of them.
 */

import type { Dimension } from "./dimension.ts";

/** Every reason for which a model is refused, and what it means. */
export const GRAPH_ERRORS = {
  MALFORMED_FILE: "The bytes are not an ONNX model.",
  UNSUPPORTED_VERSION: "The IR or operator set version is not supported.",
  UNKNOWN_OPERATOR: "No lowering exists for this operator.",
  UNSUPPORTED: "The operator is known, but not in this form.",
  BAD_ATTRIBUTE: "An attribute is missing, of the wrong type or out of range.",
  BAD_ARITY: "The node has too few or too many inputs or outputs.",
  TYPE_MISMATCH: "Element types do not fit the operator or each other.",
  SHAPE_MISMATCH: "Shapes do not fit the operator or each other.",
  DATA_DEPENDENT_SHAPE: "A shape depends on values that are known only at run time.",
  DUPLICATE_NAME: "Two values have one name.",
  UNDEFINED_NAME: "A name is used that nothing defines.",
  CYCLE: "Nodes depend on each other in a circle.",
  BAD_TENSOR: "A constant's data contradict its type or shape.",
  NAN_WEIGHT: "A weight is not a number.",
  EXTERNAL_DATA: "External data are missing, too short, or outside the model's folder.",
  TOO_LARGE: "A size is beyond what a program can hold.",
  BAD_OPTION: "An import option does not fit the model.",
} as const;
/** Stable code of a `GraphError`. */
export type GraphErrorCode = keyof typeof GRAPH_ERRORS;

/** Where in a model an error lies. */
export interface Place {
  /** The model's file, as the caller named it. */
  readonly file?: string;
  /** The node (`name` or `operator #position`), or the tensor. */
  readonly node?: string;
}

/** What else is known of an error. */
interface Details {
  readonly cause?: unknown;
  /** Two sizes that had to be equal and are not, or only for some values of their symbols. */
  readonly sizes?: readonly [Dimension, Dimension] | undefined;
}

export class GraphError extends Error {
  readonly code: GraphErrorCode;
  readonly reason: string;
  readonly file: string | undefined;
  readonly node: string | undefined;
  /** @internal */
  readonly sizes: readonly [Dimension, Dimension] | undefined;
  /** Exit code of a command that fails with this error. */
  readonly exitCode = 2;

  constructor(code: GraphErrorCode, reason: string, place: Place = {}, { cause, sizes }: Details = {}) {
    const where = [place.file, place.node].filter((part) => part !== undefined).join(": ");
    super(`${where === "" ? "" : `${where}: `}${reason} [${code}]`, cause === undefined ? {} : { cause });
    this.name = "GraphError";
    this.code = code;
    this.reason = reason;
    this.file = place.file;
    this.node = place.node;
    this.sizes = sizes;
  }

  /** The same error with what it does not yet know of its place filled in, and with other words for its reason. */
  at(place: Place, reason = this.reason): GraphError {
    const merged = { file: this.file ?? place.file, node: this.node ?? place.node };
    return new GraphError(this.code, reason, merged, { cause: this.cause, sizes: this.sizes });
  }
}

/** Throws a `GraphError` unless `condition` holds. */
export function check(condition: boolean, code: GraphErrorCode, reason: string, place?: Place): asserts condition {
  if (!condition) throw new GraphError(code, reason, place);
}
