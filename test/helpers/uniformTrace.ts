/**
 * The trace of a program that nothing has run: what its tensors hold is known without computing them, and the calls of a list
 * are equal. So a claim may be far too big to compute, and every hash, record and proof of it is still real.
 */
import type { Layout } from "../../packages/vm/src/layout.ts";
import { DType } from "../../packages/vm/src/dtype.ts";
import { treeOf, type Tensor } from "../../packages/vm/src/tensor.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import type { HashTree } from "../../packages/vm/src/tree.ts";

/** Numbers that are all zero: their bytes need not be there. */
export const zeros = (...shape: number[]): Tensor => ({ dtype: DType.FLOAT32, shape, data: new Uint8Array(0) });

export class UniformTrace extends Trace {
  readonly #tensorOf: (node: number, count: number) => Tensor;
  readonly #tensors = new Map<string, Tensor>();
  readonly #trees = new Map<Tensor, HashTree>();
  readonly #lists = new Map<string, HashTree>();

  /** @param tensorOf What a node of any list holds, by its place in the list and the number of its elements. */
  constructor(layout: Layout, tensorOf: (node: number, count: number) => Tensor) {
    super({
      layout,
      tensor: () => zeros(1),
      description: (call, position) => layout.description(call, position),
    });
    this.#tensorOf = tensorOf;
  }

  override tensor(call: number, position: number): Tensor {
    const { layout } = this;
    if (layout.isStopFlag(call, position)) return zeros(1);
    const node = position - layout.firstNode(call);
    const { count } = layout.description(call, position);
    return remember(this.#tensors, `${node} ${count}`, () => this.#tensorOf(node, count));
  }

  override tensorTree(call: number, position: number): HashTree {
    if (this.layout.isStopFlag(call, position)) return super.tensorTree(call, position);
    const tensor = this.tensor(call, position);
    return remember(this.#trees, tensor, () => treeOf(tensor));
  }

  override callTree(call: number): HashTree {
    return remember(this.#lists, this.layout.list(call), () => super.callTree(call));
  }
}

function remember<K, V>(known: Map<K, V>, key: K, compute: () => V): V {
  const value = known.get(key) ?? compute();
  known.set(key, value);
  return value;
}
