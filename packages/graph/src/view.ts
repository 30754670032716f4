/**
 * A tensor that is stored nowhere: whoever reads an element of it gets the code that finds or computes it. So a cache that
 * lies in earlier calls is read where it lies, in another order of axes, repeated or not, and is neither copied nor hashed
 * again.
 */
import type { DType, Value } from "@assay/vm";
import type { Dimension } from "./dimension.ts";
import type { Cache } from "./lowering/cache.ts";
import type { LoweredNode } from "./loweredNode.ts";
import type { NodeCode } from "./nodeCode.ts";
import type { TensorValue } from "./tensorValue.ts";

export interface View {
  readonly shape: readonly Dimension[];
  /** Nodes of the same call that reading it loads from. */
  readonly nodes: readonly LoweredNode[];
  /** Whether elements lie in earlier calls, so that a copy would hold again what is there. */
  readonly earlier: boolean;
  /** What the cache is, if this is the whole of one. */
  readonly cache?: Cache;
  /** The element at coordinates inside the shape. */
  read(code: NodeCode, coordinates: readonly Value[]): Value;
}

/** A view as a value. */
export function viewValue(dtype: DType, view: View): TensorValue {
  return { dtype, shape: view.shape, source: { kind: "view", view } };
}

/** What a view of a view has from it. */
function inherited({ source }: TensorValue): Pick<View, "nodes" | "earlier"> {
  return source.kind === "view"
    ? { nodes: source.view.nodes, earlier: source.view.earlier }
    : { nodes: [], earlier: false };
}

/** A view with its axes in another order: axis `order[i]` of `x` becomes axis i. */
export function transposedView(x: TensorValue, order: readonly number[]): TensorValue {
  return viewValue(x.dtype, {
    shape: order.map((axis) => x.shape[axis]),
    ...inherited(x),
    read: (code, place) => {
      const source = x.shape.map((_, axis) => place[order.indexOf(axis)]);
      return code.read(x, code.linearIndex(x.shape, source));
    },
  });
}

/** A view repeated along axes of size 1, to a shape that it broadcasts to from the right. */
export function expandedView(x: TensorValue, shape: readonly Dimension[]): TensorValue {
  const skipped = shape.length - x.shape.length;
  return viewValue(x.dtype, {
    shape,
    ...inherited(x),
    read: (code, place) => {
      const source = x.shape.map((size, axis) => (size.equals(1) ? undefined : place[skipped + axis]));
      return code.read(x, code.linearIndex(x.shape, source));
    },
  });
}

/**
 * An element-wise operation on a view of earlier calls and constants, computed again wherever it is read; undefined where it
 * has other inputs. The element is rounded to its type as a store and a load would.
 */
export function elementwiseView(
  dtype: DType,
  shape: readonly Dimension[],
  inputs: readonly TensorValue[],
  apply: (code: NodeCode, ...elements: Value[]) => Value,
): TensorValue | undefined {
  const views = inputs.filter(({ source }) => source.kind !== "splat");
  const [x] = views;
  if (views.length !== 1 || !inherited(x).earlier) return undefined;
  return viewValue(dtype, {
    shape,
    ...inherited(x),
    read(code, place) {
      const elements = inputs.map((input) => {
        const skipped = shape.length - input.shape.length;
        const own = input.shape.map((size, axis) => (size.equals(1) ? undefined : place[skipped + axis]));
        return code.read(input, code.linearIndex(input.shape, own));
      });
      return code.rounded(dtype, apply(code, ...elements));
    },
  });
}
