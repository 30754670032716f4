/**
 * Code that was written for one time round a loop, as code of a row of a row group: the node's first axis is the time round,
 * and what the loop's body computes beside it lies in rows of its own. To the code the node has the shape of a row.
 */
import type { ConstantPool, Value } from "@assay/vm";
import { countOf, type Dimension } from "./dimension.ts";
import type { LoweredNode } from "./loweredNode.ts";
import { NodeCode, type OperandTable } from "./nodeCode.ts";
import type { TensorValue } from "./tensorValue.ts";

/** The tensors of a row group by the nodes of the loop's body that they stand for. */
export type RowMembers = ReadonlyMap<LoweredNode, TensorValue>;

export class RowCode extends NodeCode {
  readonly members: RowMembers;

  /** `shape` has the rows as its first axis. */
  constructor(shape: readonly Dimension[], operands: OperandTable, pool: ConstantPool, members: RowMembers) {
    super(shape.slice(1), operands, pool);
    this.members = members;
  }

  /** The time round. */
  row(): Value {
    return super.index(0);
  }

  override index(axis: number): Value {
    return super.index(axis + 1);
  }

  override extent(axis: number): Value {
    return super.extent(axis + 1);
  }

  /** Linear index in the row. */
  override linear(): Value {
    return this.isub(super.linear(), this.times(this.row(), countOf(this.shape)));
  }

  override read(tensor: TensorValue, linear: Value): Value {
    const { source } = tensor;
    const member = source.kind === "node" && this.fused(source.node) === undefined && this.members.get(source.node);
    return member ? this.#inRow(member, linear, this.row()) : super.read(tensor, linear);
  }

  /** Element `linear` of what a node of the body was the time before; 0 the first time. */
  before(node: LoweredNode, linear: Value): Value {
    return this.#inRow(this.members.get(node)!, linear, this.isub(this.row(), this.constant(1)));
  }

  /** An element of a row; 0 outside it. */
  #inRow(member: TensorValue, linear: Value, row: Value): Value {
    const count = countOf(member.shape.slice(1));
    const at = this.iadd(this.times(row, count), linear);
    if (linear === this.linear() && count.equals(countOf(this.shape))) return super.read(member, at);
    return super.read(member, this.select(this.within(linear, count), at, this.constantInt(-1)));
  }
}
