/**
 * A node of the program before it is encoded. Its code is written by functions, so that it can be written again: alone,
 * or fused into another node.
 */
import { AssemblyError, MAX_OPERANDS, type DType, type Value } from "@assay/vm";
import type { Dimension } from "./dimension.ts";
import { GraphError } from "./errors.ts";
import { OperandTable, type NodeCode } from "./nodeCode.ts";
import type { RowMembers } from "./rowCode.ts";
import { writeSections, type Sections } from "./sections.ts";
import type { TensorValue } from "./tensorValue.ts";

/** One value per element. */
export interface MapBody {
  readonly kind: "map";
  /** Present where `value` reads these only at the element's own (broadcast) place: such code may be fused. */
  readonly elementwise?: readonly TensorValue[];
  /** Present where the code is written for one row of a row group, as a `RowCode`. */
  readonly row?: RowMembers;
  value(code: NodeCode): Value;
}

/** One reduction per element. */
export interface ReduceBody {
  readonly kind: "reduce";
  /** Steps; does not depend on the call number. */
  readonly extent: Dimension;
  /** As of a map. */
  readonly row?: RowMembers;
  readonly accumulators: readonly DType[];
  init(code: NodeCode): readonly Value[];
  step(code: NodeCode, accumulators: readonly Value[]): readonly Value[];
  final(code: NodeCode, accumulators: readonly Value[]): Value;
}

export type Body = MapBody | ReduceBody;

/** Consecutive nodes that are computed together, row by row. */
export interface RowGroup {
  readonly nodes: LoweredNode[];
}

export class LoweredNode {
  /** The operator it comes from, for people. */
  readonly operator: string;
  readonly dtype: DType;
  readonly shape: readonly Dimension[];
  readonly group: RowGroup | undefined;
  #body: Body | undefined;
  #operands: OperandTable | undefined;

  constructor(operator: string, dtype: DType, shape: readonly Dimension[], group?: RowGroup) {
    this.operator = operator;
    this.dtype = dtype;
    this.shape = shape;
    this.group = group;
  }

  get body(): Body {
    if (this.#body === undefined) throw new Error(`${this.operator}: a node without a body`);
    return this.#body;
  }

  /** What the code loads from, in order of first use. */
  get operands(): OperandTable {
    if (this.#operands === undefined) throw new Error(`${this.operator}: a node without a body`);
    return this.#operands;
  }

  /** Sets or replaces the code. Throws `GraphError` (TOO_LARGE) where it does not fit a record. */
  define(body: Body): void {
    const { operands } = writeBody(this, body);
    this.#body = body;
    this.#operands = operands;
  }
}

/** Whether a node is one of a row group of two or more: its rows stand in the trace among the others'. */
export function isGrouped({ group }: LoweredNode): boolean {
  return group !== undefined && group.nodes.length > 1;
}

/** Writes all sections of a body for a node. Throws `GraphError` (TOO_LARGE) where the code does not fit a record. */
export function writeBody(node: LoweredNode, body: Body): { sections: Sections; operands: OperandTable } {
  const operands = new OperandTable();
  try {
    const sections = writeSections(node.shape, body, operands);
    if (operands.sources.length > MAX_OPERANDS)
      throw new GraphError("TOO_LARGE", `${node.operator}: too many operands`);
    return { sections, operands };
  } catch (error) {
    if (error instanceof AssemblyError)
      throw new GraphError("TOO_LARGE", `${node.operator}: ${error.message}`, {}, { cause: error });
    throw error;
  }
}
