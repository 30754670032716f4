/**
 * The naive twin of the kernels: a contraction computed from its definition, one product at a time, with the
 * reference's arithmetic. Tests compare every kernel with it.
 */
import { add, fma } from "@assay/vm/float32";
import { BLOCK, FACTOR, KIND, MODE, SIDE, type Contraction, type Factor } from "../contraction.ts";

/** A factor's element at lane and r of a batch: the pattern of a float, or the integer less its zero point. */
function element(view: DataView, c: Contraction, side: number, b: number, i: number, r: number): number {
  const f = side === SIDE.ROWS ? c.rowFactor : c.columnFactor;
  const word = (table: number, index: number): number => view.getInt32(table + 4 * index, true);
  if (f.mode === MODE.QUANTISED) throw new Error("the oracle reads no quantised factors");
  const exists = f.guards.every((guard) => (word(guard.lane, i) + word(guard.depth, r)) >>> 0 < guard.size);
  if (!exists) return 0;
  const batch = word(f.batch, b);
  if (f.mode === MODE.PACKED) throw new Error("the oracle reads no packed factors");
  const strided = side === SIDE.ROWS ? word(f.lane, i) + r * f.stride : word(f.lane, 0) + i + word(f.depth, r);
  const offset = batch + (f.mode === MODE.STRIDED ? strided : word(f.lane, i) + word(f.depth, r));
  if (f.dtype === FACTOR.FLOAT32) return view.getUint32(f.address + 4 * offset, true);
  const zero = f.zero === 0 ? 0 : integer(view, f, f.zero + (f.zeroLane === 0 ? 0 : word(f.zeroLane, i)));
  return integer(view, f, f.address + offset) - zero;
}

const integer = (view: DataView, { dtype }: Factor, at: number): number =>
  dtype === FACTOR.INT8 ? view.getInt8(at) : view.getUint8(at);

/** The pattern of one sum, with the one NaN. */
export function oracle(view: DataView, c: Contraction, b: number, m: number, n: number): number {
  const product = (r: number): [number, number] => [
    element(view, c, SIDE.ROWS, b, m, r),
    element(view, c, SIDE.COLUMNS, b, n, r),
  ];
  if (c.kind === KIND.INT32) {
    let sum = 0;
    for (let r = 0; r < c.depth; r++) sum = (sum + Math.imul(...product(r))) | 0;
    return sum >>> 0;
  }
  let total = 0x80000000;
  let chain = 0;
  for (let r = 0; r < c.depth; r++) {
    if (c.blocked && r > 0 && r % BLOCK === 0) {
      total = add(total, chain);
      chain = 0;
    }
    chain = fma(...product(r), chain);
  }
  return add(total, chain);
}
