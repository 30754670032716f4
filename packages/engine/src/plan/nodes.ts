/**
 * The nodes of a list as a plan sees them: types and sizes for all calls that run the list, sizes that change from call to
 * call in slots of the memory.
 */
import {
  byteLength,
  evaluateShape,
  evaluationOrder,
  usesCall,
  type DType,
  type Layout,
  type ListName,
  type NodeRecord,
} from "@assay/vm";
import { fixed, type Size } from "../codegen/graph.ts";
import { EngineError, type LinearMemory } from "./memory.ts";

/** Most elements of a tensor and steps of a reduction: what 32-bit indices reach. */
const MOST = 2 ** 31 - 1;

export interface PlannedNode {
  readonly list: ListName;
  readonly index: number;
  /** Of its kernel, in the module. */
  readonly name: string;
  /** Undefined where the record is invalid: the tensor is one zero. */
  readonly record: NodeRecord | undefined;
  readonly dtype: DType;
  readonly dimensions: readonly Size[];
  readonly count: Size;
  readonly rows: Size;
  readonly extent: Size;
  readonly group: { readonly start: number; readonly end: number };
  /** Bytes of the greatest tensor. */
  readonly bytes: number;
  /** Where the tensor lies; a slot if that changes from call to call. */
  address: Size;
}

/** Nodes that are computed together row by row, or one alone. */
export interface PlannedGroup {
  readonly nodes: readonly PlannedNode[];
  readonly rowByRow: boolean;
}

/** A word of memory that is written before each call. */
export interface Slot {
  readonly address: number;
  readonly of: (call: number) => number;
}

export interface PlannedList {
  readonly name: ListName;
  /** Calls that run it. */
  readonly calls: readonly number[];
  readonly nodes: readonly PlannedNode[];
  readonly groups: readonly PlannedGroup[];
  readonly slots: Slot[];
}

/** The list that runs in `calls`, all of them of one list. Throws TOO_LARGE where 32-bit indices do not reach. */
export function planList(layout: Layout, calls: readonly number[], memory: LinearMemory): PlannedList {
  const name = layout.list(calls[0]);
  const slots: Slot[] = [];
  const sizeOf = (of: (call: number) => number, varies: boolean): Size => {
    if (!varies || calls.length === 1) return fixed(of(calls[0]));
    const most = Math.max(...calls.map(of));
    const address = memory.take(4);
    slots.push({ address, of });
    return { constant: undefined, slot: address, most };
  };
  const node = (index: number): PlannedNode => {
    const geometries = calls.map((call) => layout.geometry(call, index));
    const { symbols } = layout.request;
    const [first] = geometries;
    const { description } = first;
    if (geometries.some(({ valid }) => valid !== first.valid)) {
      throw new EngineError("UNPLANNABLE", `${name} node ${index} has a size that only some calls allow`);
    }
    const record = first.valid ? first.record : undefined;
    const shape = record?.shape ?? [];
    // An orphan has a size of its own without a record.
    const varies =
      geometries.some((geometry) => geometry.description.count !== description.count) || shape.some(usesCall);
    const dimensions = shape.map((size) => sizeOf((call) => evaluateShape(size, symbols, call), usesCall(size)));
    const count = sizeOf((call) => layout.geometry(call, index).description.count, varies);
    const rows = dimensions[0] ?? fixed(1);
    const extent = fixed(first.valid ? first.extent : 0);
    if (count.most > MOST || extent.most > MOST || dimensions.some(({ most }) => most > MOST)) {
      throw new EngineError("UNPLANNABLE", `${name} node ${index} has ${count.most} elements; at most ${MOST} fit`);
    }
    const dtype = description.dtype as DType;
    const group = { start: description.groupStart, end: description.groupEnd };
    const bytes = byteLength(dtype, count.most);
    const kernel = `${name}${index}`;
    const sizes = { dimensions, count, rows, extent, bytes };
    return { list: name, index, name: kernel, record, dtype, group, ...sizes, address: fixed(0) };
  };
  const nodes = Array.from({ length: layout.nodes(calls[0]) }, (_, index) => node(index));
  const groups = evaluationOrder(layout, calls[0]).map(({ nodes: members }): PlannedGroup => {
    const planned = members.map((member) => nodes[member.node]);
    const rows = planned.some((member) => member.record?.operands.some(({ kind }) => kind === "row"));
    return { nodes: planned, rowByRow: rows };
  });
  return { name, calls, nodes, groups, slots };
}
