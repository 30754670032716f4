/**
 * What a node's operands are in a plan: which tensor each reads, if any, by the rules of docs/program.md, Loads.
 */
import { isDType, NO_NODE, type DType, type ListName, type Operand } from "@assay/vm";
import type { OperandPlan, Size } from "../codegen/graph.ts";
import { EngineError } from "./memory.ts";
import type { PlannedList, PlannedNode } from "./nodes.ts";

/** A tensor that is there before the run: an input or a parameter. */
export interface GivenTensor {
  readonly dtype: DType;
  readonly count: Size;
  /** Throws away nothing: asked only by code that reads it. */
  readonly address: () => Size;
}

export interface Surroundings {
  readonly inputs: readonly GivenTensor[];
  readonly parameters: readonly GivenTensor[];
  readonly lists: Readonly<Partial<Record<ListName, PlannedList>>>;
  /** Address of the table of (address, count) by call for a history. */
  readonly history: (prompt: number, decode: number) => number;
}

/** Plans of the operands of a node. */
export function operandPlans(node: PlannedNode, { inputs, parameters, lists, history }: Surroundings): OperandPlan[] {
  const list = lists[node.list]!;
  return (node.record?.operands ?? []).map((operand) => {
    switch (operand.kind) {
      case "input":
        return given(inputs[operand.index]);
      case "parameter":
        return given(parameters[operand.index], operand.index);
      case "node":
        return earlier(list.nodes[operand.index], node);
      case "row":
        return member(list.nodes[operand.index], node);
      case "history": {
        const prompt = lists.prompt?.nodes[operand.prompt]?.dtype;
        const decode = lists.decode?.nodes[operand.decode]?.dtype;
        if (prompt === undefined && decode === undefined) return ABSENT;
        return { kind: "history", table: history(operand.prompt, operand.decode), prompt, decode };
      }
    }
  });
}

const ABSENT: OperandPlan = { kind: "absent" };

function given(tensor: GivenTensor | undefined, parameter?: number): OperandPlan {
  // Of a type that is none, no element exists.
  if (tensor === undefined || !isDType(tensor.dtype)) return ABSENT;
  const { dtype, count } = tensor;
  return {
    kind: "tensor",
    dtype,
    count,
    ...(parameter !== undefined && { parameter }),
    get address() {
      return tensor.address();
    },
  };
}

/** A node whose group ends before this node's begins. */
function earlier(other: PlannedNode | undefined, node: PlannedNode): OperandPlan {
  if (other === undefined || other.index >= node.group.start || other.group.end > node.group.start) return ABSENT;
  const { dtype, count, address } = other;
  return { kind: "tensor", dtype, count, address };
}

/** A member of the node's row group. */
function member(other: PlannedNode | undefined, node: PlannedNode): OperandPlan {
  const same = other !== undefined && other.group.start === node.group.start && other.group.end === node.group.end;
  if (!same) return ABSENT;
  const { dtype, count, address } = other;
  const [theirs, ours] = [other.rows.constant, node.rows.constant];
  if (theirs === undefined || ours === undefined || count.constant === undefined) {
    throw new EngineError(
      "UNPLANNABLE",
      `a row group whose rows change from call to call (${node.list} ${node.index})`,
    );
  }
  if (theirs !== ours || theirs === 0 || count.constant < theirs) return ABSENT;
  const rowSize = Math.floor(count.constant / theirs);
  return {
    kind: "row",
    dtype,
    count,
    address,
    rowSize: { constant: rowSize, slot: 0, most: rowSize },
    earlier: other.index < node.index,
  };
}

/** The nodes of a list that a history reads. */
export function historyNodes(operands: readonly Operand[]): { prompt: number[]; decode: number[] } {
  const histories = operands.flatMap((operand) => (operand.kind === "history" ? [operand] : []));
  const real = (index: number): boolean => index !== NO_NODE;
  return {
    prompt: histories.map(({ prompt }) => prompt).filter(real),
    decode: histories.map(({ decode }) => decode).filter(real),
  };
}
