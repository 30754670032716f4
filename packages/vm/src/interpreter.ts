/**
 * The reference interpreter: what a program means, computed in the order in which the definition is well-founded. A run
 * holds every tensor of every call.
 */
import { byteLength, DType, storeWord } from "./dtype.ts";
import { Layout } from "./layout.ts";
import { isStopped, NodeMachine, operandsOf, stopFlag, type TensorSource } from "./nodeMachine.ts";
import type { Program } from "./program.ts";
import type { Geometry, InvalidGeometry } from "./record.ts";
import { checkRequest, type Request } from "./request.ts";
import { type Description, type Tensor } from "./tensor.ts";
import type { Word } from "./word.ts";

/** All tensors of an inference, and its outputs. Any executor can make one. */
export interface Run extends TensorSource {
  readonly outputs: readonly Tensor[];
}

/**
 * Called with each tensor once all its elements are computed; what it returns is used instead by everything after. Only
 * for liars: without it a run is what the program means.
 */
export type Tamper = (call: number, position: number, tensor: Tensor) => Tensor;

/** The same for each element, before it is stored: a lie in the middle of a row group, which the rest of it believes. */
export type TamperElement = (call: number, position: number, element: number, word: Word) => Word;

/**
 * Runs a program. Throws `RequestError` where symbols or calls lie outside the header's bounds, and a RangeError where a
 * tensor does not fit the memory; any program and any inputs are otherwise computed.
 */
export function run(
  program: Program,
  request: Request,
  tamper: Tamper = (_call, _position, tensor) => tensor,
  tamperElement?: TamperElement,
): Run {
  checkRequest(program.header, request);
  const layout = new Layout(program, request);
  const tensors: Tensor[][] = [];
  const source: TensorSource = {
    layout,
    tensor: (call, position) => tensors[call][position],
    description: (call, position) => layout.description(call, position),
  };

  for (let call = 0; call < layout.calls; call++) {
    const ofCall: Tensor[] = Array.from({ length: layout.positions(call) }, (_, position) => ({
      dtype: layout.description(call, position).dtype as DType,
      shape: layout.dimensions(call, position),
      data: new Uint8Array(0),
    }));
    tensors.push(ofCall);
    const finish = (position: number): void => {
      ofCall[position] = tamper(call, position, ofCall[position]);
    };
    if (layout.list(call) === "decode") {
      ofCall[0] = { ...ofCall[0], data: Uint8Array.of(stopFlag(source, call) ? 1 : 0) };
      finish(0);
    }
    computeCall(source, call, ofCall, finish, tamperElement);
  }

  const outputs = layout.outputs();
  return { ...source, outputs: outputs.positions.map((position) => source.tensor(outputs.call, position)) };
}

/** Nodes of one row group, computed together row by row. */
interface Group {
  readonly description: Description;
  readonly nodes: { readonly node: number; readonly geometry: Geometry | InvalidGeometry }[];
}

/** The nodes of a call in evaluation order: groups by their end, then by their start; in a group by node. */
export function evaluationOrder(layout: Layout, call: number): Group[] {
  const groups = new Map<string, Group>();
  for (let node = 0; node < layout.nodes(call); node++) {
    const geometry = layout.geometry(call, node);
    const { description } = geometry;
    const key = `${description.groupStart}-${description.groupEnd}`;
    const group = groups.get(key) ?? { description, nodes: [] };
    groups.set(key, group);
    group.nodes.push({ node, geometry });
  }
  return [...groups.values()].sort(
    ({ description: a }, { description: b }) => a.groupEnd - b.groupEnd || a.groupStart - b.groupStart,
  );
}

function computeCall(
  source: TensorSource,
  call: number,
  tensors: Tensor[],
  finish: (position: number) => void,
  tamperElement?: TamperElement,
): void {
  const { layout } = source;
  const stopped = isStopped(source, call);
  for (const { nodes } of evaluationOrder(layout, call)) {
    const computed = stopped
      ? []
      : nodes.flatMap(({ node, geometry }) => rowsOf(source, call, node, geometry, tensors, tamperElement));
    const rows = Math.max(0, ...computed.map(({ rows }) => rows));
    for (let row = 0; row < rows; row++) {
      for (const node of computed) if (row < node.rows) node.computeRow(row);
    }
    for (const { node } of nodes) finish(layout.firstNode(call) + node);
  }
}

/** A node being computed. */
interface Rows {
  readonly rows: number;
  computeRow(row: number): void;
}

/** The node with room for its elements; nothing where there is nothing to compute. */
function rowsOf(
  source: TensorSource,
  call: number,
  node: number,
  geometry: Geometry | InvalidGeometry,
  tensors: Tensor[],
  tamperElement: TamperElement = (_call, _position, _element, word) => word,
): Rows[] {
  const { count, rows } = geometry.description;
  const position = source.layout.firstNode(call) + node;
  const { dtype, shape } = tensors[position];
  const data = new Uint8Array(byteLength(dtype, count));
  tensors[position] = { dtype, shape, data };
  if (!geometry.valid || count === 0) return [];
  const machine = new NodeMachine(operandsOf(source), source.layout.request, call, node, geometry);
  const width = count / rows;
  return [
    {
      rows,
      computeRow: (row) => {
        for (let element = row * width; element < (row + 1) * width; element++) {
          machine.moveTo(element);
          storeWord(dtype, tamperElement(call, position, element, machine.element()), data, element);
        }
      },
    },
  ];
}
