/**
 * Snapshots: the accumulators of a reduction between two steps, in their stored form, little-endian, one after the other,
 * at most 32 bytes. What a provider publishes while a dispute is inside one element.
 */
import { concat } from "./bytes.ts";
import { byteLength, loadWord, storeWord, type DType } from "./dtype.ts";
import { isStopped, NodeMachine, operandsOf, type TensorSource } from "./nodeMachine.ts";
import type { Word } from "./word.ts";

/** The snapshot of accumulators. */
export function packSnapshot(dtypes: readonly DType[], words: readonly Word[]): Uint8Array {
  return concat(
    ...dtypes.map((dtype, i) => {
      const bytes = new Uint8Array(byteLength(dtype, 1));
      storeWord(dtype, words[i], bytes, 0);
      return bytes;
    }),
  );
}

/** The accumulators of a snapshot, as loaded. */
export function unpackSnapshot(dtypes: readonly DType[], snapshot: Uint8Array): Word[] {
  let at = 0;
  return dtypes.map((dtype) => {
    const bytes = snapshot.subarray(at, (at += byteLength(dtype, 1)));
    return loadWord(dtype, bytes, 0);
  });
}

/** Bytes of a snapshot. */
export function snapshotLength(dtypes: readonly DType[]): number {
  return dtypes.reduce((length, dtype) => length + byteLength(dtype, 1), 0);
}

/**
 * Snapshots of one element's reduction at the given steps, each from 0 (after `init`) to the extent; in a stopped call
 * zeros. `source` is what the steps load from. Throws a RangeError where the node is no valid reduction or has no such
 * element or step.
 */
export function accumulatorsAt(
  source: TensorSource,
  call: number,
  node: number,
  element: number,
  steps: readonly number[],
): Uint8Array[] {
  const geometry = source.layout.geometry(call, node);
  if (!geometry.valid || geometry.record.kind !== "reduce") throw new RangeError(`node ${node} is no reduction`);
  if (!(element < geometry.description.count)) throw new RangeError(`node ${node} has no element ${element}`);
  if (steps.some((step) => !(step >= 0 && step <= geometry.extent))) throw new RangeError(`no such step: ${steps}`);
  const { accumulators: dtypes } = geometry.record;
  if (isStopped(source, call)) return steps.map(() => new Uint8Array(snapshotLength(dtypes)));

  const machine = new NodeMachine(operandsOf(source), source.layout.request, call, node, geometry);
  machine.moveTo(element);
  const snapshots = new Map<number, Uint8Array>();
  const wanted = new Set(steps);
  const last = Math.max(0, ...steps);
  let accumulators = machine.init();
  for (let r = 0; ; r++) {
    if (wanted.has(r)) snapshots.set(r, packSnapshot(dtypes, accumulators));
    if (r === last) break;
    accumulators = machine.step(r, accumulators);
  }
  return steps.map((step) => snapshots.get(step)!);
}
