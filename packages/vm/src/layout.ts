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
import type { Description } from "./tensor.ts";

/** The description of every stop flag. */
export const STOP_FLAG: Description = { dtype: DType.BOOL, count: 1, rows: 1, groupStart: 0, groupEnd: 0 };

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

  /** Sizes and record of node `node` of a call's list. */
  geometry(call: number, node: number): Geometry | InvalidGeometry {
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
    return geometry.valid ? geometry.dimensions : [];
  }

  /** Call and positions of the outputs. */
  outputs(): { readonly call: number; readonly positions: readonly number[] } {
    return { call: this.calls - 1, positions: this.program.header.outputs };
  }
}
