/**
 * A tensor that is stored nowhere: whoever reads an element of it gets the code that finds or computes it. So a cache that
 * lies in earlier calls is read where it lies, in another order of axes, repeated or not, and is neither copied nor hashed
 * again.
 */
import type { DType, Value } from "@assay/vm";
import type { Dimension } from "./dimension.ts";
import type { LoweredNode } from "./loweredNode.ts";
import type { NodeCode } from "./nodeCode.ts";
import type { TensorValue } from "./tensorValue.ts";

export interface View {
  readonly shape: readonly Dimension[];
  /** Nodes of the same call that reading it loads from. */
  readonly nodes: readonly LoweredNode[];
  /** Whether elements lie in earlier calls, so that a copy would hold again what is there. */
  readonly earlier: boolean;
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

/** The elements of a view at other places: `from` gives the place in `x` of a place in `shape`. */
export function movedView(
  x: TensorValue,
  shape: readonly Dimension[],
  from: (code: NodeCode, at: (axis: number) => Value) => readonly (Value | undefined)[],
): TensorValue {
  return viewValue(x.dtype, {
    shape,
    ...inherited(x),
    read: (code, place) =>
      code.read(
        x,
        code.linearIndex(
          x.shape,
          from(code, (axis) => place[axis]),
        ),
      ),
  });
}

/** A view repeated along axes of size 1, to a shape that it broadcasts to from the right. */
export function expandedView(x: TensorValue, shape: readonly Dimension[]): TensorValue {
  const skipped = shape.length - x.shape.length;
  return movedView(x, shape, (_code, at) =>
    x.shape.map((size, axis) => (size.equals(1) ? undefined : at(skipped + axis))),
  );
}

/** Views one after the other, in whatever way `read` finds their elements. */
export function joinedView(
  parts: readonly TensorValue[],
  shape: readonly Dimension[],
  read: View["read"],
): TensorValue {
  const nodes = parts.flatMap((part) => inherited(part).nodes);
  return viewValue(parts[0].dtype, { shape, nodes, earlier: true, read });
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
