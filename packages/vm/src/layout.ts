/**
 * The layout of an inference: which tensors there are in which call, in which order, with which sizes. It follows from
 * program, symbols and number of calls alone, so every party knows it before anything is computed.
 */
import { DType } from "./dtype.ts";
import { listOfCall, positionsOfCall, type ListName } from "./header.ts";
import { decodeList, type Program } from "./program.ts";
import { geometryOf, type DecodedRecord, type Geometry, type InvalidGeometry } from "./record.ts";
import type { Request } from "./request.ts";
import { usesCall } from "./shapeExpression.ts";
import { isGrouped, type Description } from "./tensor.ts";

/** The description of every stop flag. */
export const STOP_FLAG: Description = { dtype: DType.BOOL, count: 1, rows: 1, groupStart: 0, groupEnd: 0 };

/** Where a tensor stands in a row group. */
export interface GroupPlace {
  /** The tensor's own description, of which group and rows are the group's. */
  readonly description: Description;
  /** The tensor's node in its list. */
  readonly node: number;
  /** Position of the group's last node, in whose place the cells stand. */
  readonly last: number;
}

/** Whether two descriptions are of one row group: same nodes, same number of rows. */
export function isOneGroup(a: Description, b: Description): boolean {
  return a.groupStart === b.groupStart && a.groupEnd === b.groupEnd && a.rows === b.rows;
}

/** Program and request, and what they fix. */
export class Layout {
  readonly program: Program;
  readonly request: Request;
  readonly #records: Record<ListName, readonly DecodedRecord[]>;
  /** Geometries that do not depend on the call. */
  readonly #fixed: Record<ListName, Map<number, Geometry | InvalidGeometry>>;

  /** @param like A layout of the same program for equal sizes, from which what follows from them is taken. */
  constructor(program: Program, request: Request, like?: Layout) {
    this.program = program;
    this.request = request;
    if (like !== undefined) {
      this.#records = like.#records;
      this.#fixed = like.#fixed;
      return;
    }
    this.#records = {
      prompt: decodeList(program, "prompt"),
      decode: decodeList(program, "decode"),
      epilogue: decodeList(program, "epilogue"),
    };
    this.#fixed = { prompt: new Map(), decode: new Map(), epilogue: new Map() };
  }

  /** Number of calls. */
  get calls(): number {
    return this.request.calls;
  }

  /** The list that a call runs. */
  list(call: number): ListName {
    return listOfCall(this.program.header, call, this.calls);
  }

  /** Nodes of a call. */
  nodes(call: number): number {
    return this.#records[this.list(call)].length;
  }

  /** Tensors of a call: its nodes, and in a decode call the stop flag before them. */
  positions(call: number): number {
    return positionsOfCall(this.program.header, call, this.calls);
  }

  /** Position in its call of the first node: 1 in a decode call, else 0. */
  firstNode(call: number): number {
    return this.list(call) === "decode" ? 1 : 0;
  }

  /** Whether this position holds the stop flag. */
  isStopFlag(call: number, position: number): boolean {
    return position < this.firstNode(call);
  }

  /** Sizes and record of node `node` of a call's list; an orphan's are invalid. */
  geometry(call: number, node: number): Geometry | InvalidGeometry {
    const own = this.#stated(call, node);
    if (!own.valid || !isGrouped(own.description)) return own;
    const { description } = own;
    const last = description.groupEnd - 1;
    if (last < this.nodes(call) && isOneGroup(description, this.#stated(call, last).description)) return own;
    return { valid: false, rule: "orphan", offset: 0, description };
  }

  /** The row group that a tensor stands in, if of two or more nodes, and where. */
  groupOf(call: number, position: number): GroupPlace | undefined {
    const description = this.description(call, position);
    if (!isGrouped(description)) return undefined;
    const first = this.firstNode(call);
    return { description, node: position - first, last: first + description.groupEnd - 1 };
  }

  /** Whether the node at a place in a row group is one of it: what its record says is what the last one's says. */
  isMember(call: number, group: Description, node: number): boolean {
    if (node >= this.nodes(call)) return false;
    return isOneGroup(group, this.#stated(call, node).description);
  }

  /** What the record of a node says, whatever other records say. */
  #stated(call: number, node: number): Geometry | InvalidGeometry {
    const list = this.list(call);
    const known = this.#fixed[list].get(node);
    if (known) return known;
    const record = this.#records[list][node];
    const geometry = geometryOf(record, this.request.symbols, call, node);
    if (!record.valid || !record.record.shape.some(usesCall)) this.#fixed[list].set(node, geometry);
    return geometry;
  }

  /** The description that follows for the tensor at a position. */
  description(call: number, position: number): Description {
    if (this.isStopFlag(call, position)) return STOP_FLAG;
    return this.geometry(call, position - this.firstNode(call)).description;
  }

  /** Dimensions of the tensor at a position. */
  dimensions(call: number, position: number): readonly number[] {
    if (this.isStopFlag(call, position)) return [1];
    const geometry = this.geometry(call, position - this.firstNode(call));
    if (geometry.valid) return geometry.dimensions;
    return geometry.rule === "orphan" ? [geometry.description.count] : [];
  }

  /** Call and positions of the outputs. */
  outputs(): { readonly call: number; readonly positions: readonly number[] } {
    return { call: this.calls - 1, positions: this.program.header.outputs };
  }
}
