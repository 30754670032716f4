/**
 * Elements at places that a grid names, interpolated: a sum of products over the neighbouring elements, row-major, weights being
 * products of one weight per axis. The grid's coordinates are first turned into indices of the input, in a node of their own.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { cubicFar, cubicNear } from "../lowering/cubic.ts";
import { dotProduct } from "../lowering/dot.ts";
import { FLOATS } from "../lowering/types.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";

type Padding = "zeros" | "border" | "reflection";

/** Coefficient of the cubic kernel. */
const CUBIC = -0.75;

export const GridSample: Operator = {
  name: "GridSample",
  inputs: [2, 2],
  lower(node) {
    const { graph, attributes } = node;
    const [x, grid] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS)];
    const rank = x.shape.length - 2;
    check(rank >= 1 && rank <= 3, "SHAPE_MISMATCH", `the input has rank ${x.shape.length}, not 3 to 5`);
    node.rank(grid, rank + 2, "the grid");
    node.equalSizes(grid.shape[0], x.shape[0], "batch");
    node.equalSizes(grid.shape[rank + 1], rank, "coordinates of the grid");
    const modes = ["linear", "nearest", "cubic", "bilinear", "bicubic"] as const;
    const mode = attributes.choice("mode", modes, node.opset >= 20 ? "linear" : "bilinear").replace(/^bi/, "");
    const padding: Padding = attributes.choice("padding_mode", ["zeros", "border", "reflection"], "zeros");
    const aligned = attributes.flag("align_corners", false);
    const [batch, channels, ...sizes] = x.shape;
    const places = graph.map(DType.FLOAT32, grid.shape, (code) => {
      const component = code.index(rank + 1);
      // The first coordinate belongs to the last axis.
      const size = sizes
        .toReversed()
        .map((own) => code.size(own))
        .reduceRight((rest, own, i) => code.select(code.ieq(component, code.constant(i)), own, rest));
      const place = placeOf(code, code.read(grid, code.linear()), code.utof(size), aligned);
      // As PyTorch and onnxruntime have it, and unlike ONNX's reference, a cubic's border is at its elements alone.
      if (mode === "cubic" && padding === "border") return place;
      return padded(code, mode === "nearest" ? code.frint(place) : place, code.utof(size), padding, aligned);
    });
    const shape = [batch, channels, ...grid.shape.slice(1, -1)];
    /** The coordinate along an axis of the element at hand. */
    const coordinate = (code: NodeCode, axis: number): Value => {
      const [n, , ...at] = code.coordinates();
      return code.read(places, code.linearIndex(places.shape, [n, ...at, code.constant(rank - 1 - axis)]));
    };
    const elementAt = (code: NodeCode, indices: readonly Value[]): Value => {
      const [n, channel] = code.coordinates();
      let inside: Value | undefined;
      const moved = indices.map((index, axis) => {
        if (padding === "border") return clamped(code, index, sizes[axis]);
        if (padding === "reflection") return reflected(code, index, sizes[axis], aligned);
        const within = code.within(index, sizes[axis]);
        inside = inside === undefined ? within : code.and(inside, within);
        return index;
      });
      const linear = code.linearIndex(x.shape, [n, channel, ...moved]);
      return inside === undefined ? code.read(x, linear) : code.readIf(inside, x, linear);
    };
    if (mode === "nearest") {
      return graph.map(x.dtype, shape, (code) =>
        elementAt(
          code,
          sizes.map((_, axis) => code.ftoi64(coordinate(code, axis))),
        ),
      );
    }
    const taps = mode === "linear" ? 2 : 4;
    const dimensions = sizes.map(() => Dimension.constant(taps));
    return graph.reduce(
      x.dtype,
      shape,
      dotProduct({
        dtype: x.dtype,
        extent: Dimension.constant(taps ** rank),
        factors(code, r) {
          const offsets = code.split(r, dimensions);
          let weight: Value | undefined;
          const indices = offsets.map((offset, axis) => {
            const at = coordinate(code, axis);
            const below = code.ffloor(at);
            const t = code.fsub(at, below);
            const own = mode === "linear" ? linearWeight(code, offset, t) : cubicWeight(code, offset, t);
            weight = weight === undefined ? own : code.fmul(weight, own);
            return code.plus(code.iadd(code.ftoi64(below), offset), mode === "linear" ? 0 : -1);
          });
          return [elementAt(code, indices), weight!];
        },
      }),
    );
  },
};

/** A coordinate from -1 to 1 as an index of an axis: its corners are the ends, or the outer borders of its elements. */
function placeOf(code: NodeCode, x: Value, size: Value, aligned: boolean): Value {
  const [one, half] = [code.constantFloat(1), code.constantFloat(0.5)];
  const moved = code.fadd(x, one);
  if (aligned) return code.fmul(code.fmul(moved, half), code.fsub(size, one));
  return code.fmul(code.fsub(code.fmul(moved, size), one), half);
}

/** A place beyond the input as the padding has it: left alone, moved to the border, or mirrored. */
function padded(code: NodeCode, x: Value, size: Value, padding: Padding, aligned: boolean): Value {
  if (padding === "zeros") return x;
  const last = code.fsub(size, code.constantFloat(1));
  const half = code.constantFloat(0.5);
  const least = aligned ? code.constant(0) : code.fneg(half);
  const greatest = aligned ? last : code.fsub(size, half);
  const below = code.flt(x, least);
  const beyond = code.or(below, code.flt(greatest, x));
  if (padding === "border") return code.select(beyond, code.fmin(code.fmax(x, code.constant(0)), last), x);
  const range = code.fsub(greatest, least);
  const distance = code.fmax(code.fsub(least, x), code.fsub(x, greatest));
  const times = code.ftrunc(code.fdiv(distance, range));
  const rest = code.ffma(code.fneg(times), range, distance);
  const halved = code.fmul(times, half);
  const even = code.feq(halved, code.ftrunc(halved));
  const fromLeast = code.ieq(even, below);
  return code.select(beyond, code.select(fromLeast, code.fadd(least, rest), code.fsub(greatest, rest)), x);
}

function clamped(code: NodeCode, index: Value, size: Dimension): Value {
  return code.imax(code.imin(index, code.plus(code.size(size), -1)), code.constant(0));
}

/** An index mirrored at the borders of its axis, or at the centres of the outer elements. */
function reflected(code: NodeCode, index: Value, size: Dimension, aligned: boolean): Value {
  const count = code.size(size);
  const period = code.shl(aligned ? code.isub(count, code.constant(1)) : count, code.constant(1));
  const place = code.imod(index, period);
  const mirrored = code.isub(aligned ? period : code.isub(period, code.constant(1)), place);
  return code.select(code.ilt(place, count), place, mirrored);
}

function linearWeight(code: NodeCode, offset: Value, t: Value): Value {
  return code.select(offset, t, code.fsub(code.constantFloat(1), t));
}

/** Of the elements at -1, 0, 1, 2 from the one below. */
function cubicWeight(code: NodeCode, offset: Value, t: Value): Value {
  const distance = code.fabs(code.fsub(t, code.itof(code.isub(offset, code.constant(1)))));
  // 1 and 2 of 0 to 3.
  const inner = code.and(code.ushr(code.iadd(offset, code.constant(1)), code.constant(1)), code.constant(1));
  return code.select(inner, cubicNear(code, CUBIC, distance), cubicFar(code, CUBIC, distance));
}
