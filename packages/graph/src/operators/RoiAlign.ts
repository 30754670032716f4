/**
 * Regions of images pooled to one size: each bin is the mean, or the maximum, of a fixed grid of bilinear samples. The samples'
 * rows and columns are nodes of their own; a step is one of the four elements of one sample.
 */
import { DType, type Value } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { NEGATIVE_INFINITY } from "../lowering/arithmetic.ts";
import { FLOATS } from "../lowering/types.ts";
import type { NodeCode } from "../nodeCode.ts";
import type { Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

/** Elements that one sample is interpolated from. */
const CORNERS = 4;

export const RoiAlign: Operator = {
  name: "RoiAlign",
  inputs: [3, 3],
  lower(node) {
    const { graph, attributes } = node;
    const [x, regions] = [node.input(0, ...FLOATS), node.input(1, ...FLOATS)];
    const batches = node.input(2, DType.INT64);
    node.rank(x, 4, "the input");
    node.rank(regions, 2, "rois");
    node.equalSizes(regions.shape[1], 4, "coordinates of rois");
    node.rank(batches, 1, "batch_indices");
    node.equalSizes(batches.shape[0], regions.shape[0], "batch_indices");
    const [, channels, height, width] = x.shape;
    const size = (name: string, fallback: number, least: number): number => {
      const value = attributes.int(name, fallback);
      check(value >= least && value < 2 ** 16, "BAD_ATTRIBUTE", `${name} is ${value}`);
      return value;
    };
    const [rows, columns] = [size("output_height", 1, 1), size("output_width", 1, 1)];
    const samples = size("sampling_ratio", 0, 0);
    check(
      samples > 0,
      "UNSUPPORTED",
      "sampling_ratio 0: the number of samples depends on the regions; give a number, 2 is usual",
    );
    const scale = attributes.float("spatial_scale", 1);
    const mode = attributes.choice("mode", ["avg", "max"], "avg");
    const halfPixel =
      node.opset >= 16 &&
      attributes.choice("coordinate_transformation_mode", ["half_pixel", "output_half_pixel"], "half_pixel") ===
        "half_pixel";

    /** Sample places along one axis, [regions, bins × samples]; `first` is the column of the region's start. */
    const placesOf = (bins: number, first: number): TensorValue =>
      graph.map(DType.FLOAT32, [regions.shape[0], Dimension.constant(bins * samples)], (code) => {
        const [region, place] = code.coordinates();
        const edge = (column: number) => {
          const value = code.read(regions, code.linearIndex(regions.shape, [region, code.constant(column)]));
          const scaled = scale === 1 ? value : code.fmul(value, code.constantFloat(scale));
          return halfPixel ? code.fsub(scaled, code.constantFloat(0.5)) : scaled;
        };
        const [start, end] = [edge(first), edge(first + 2)];
        const span = code.fsub(end, start);
        const length = halfPixel ? span : code.fmax(span, code.constantFloat(1));
        const bin = code.fdiv(length, code.constantFloat(bins));
        const [which, sample] = code.divide(place, samples);
        const within = code.fdiv(
          code.fmul(code.fadd(code.utof(sample), code.constantFloat(0.5)), bin),
          code.constantFloat(samples),
        );
        return code.fadd(code.ffma(code.utof(which), bin, start), within);
      });
    const [ys, xs] = [placesOf(rows, 1), placesOf(columns, 0)];

    /** Weight and element of one corner of one sample; both 0 for a sample outside the image. */
    const corner = (code: NodeCode): { weight: Value; element: Value } => {
      const [region, channel, row, column] = code.coordinates();
      const [sample, which] = code.divide(code.step(), CORNERS);
      const [down, across] = code.divide(sample, samples);
      const [lower, right] = code.divide(which, 2);
      const along = (places: TensorValue, bin: Value, offset: Value, far: Value, extent: Dimension) => {
        const linear = code.linearIndex(places.shape, [region, code.iadd(code.times(bin, samples), offset)]);
        const at = code.read(places, linear);
        const limit = code.utof(code.size(extent));
        const inside = code.and(code.fle(code.constantFloat(-1), at), code.fle(at, limit));
        const last = code.plus(code.size(extent), -1);
        const place = code.fmax(at, code.constant(0));
        const below = code.ftoi64(place);
        const end = code.ile(last, below);
        const fraction = code.select(end, code.constant(0), code.fsub(place, code.itof(below)));
        const weight = code.select(far, fraction, code.fsub(code.constantFloat(1), fraction));
        const index = code.imin(code.iadd(below, far), last);
        return { inside, weight, index };
      };
      const vertical = along(ys, row, down, lower, height);
      const horizontal = along(xs, column, across, right, width);
      const inside = code.and(vertical.inside, horizontal.inside);
      const batch = code.read(batches, region);
      const linear = code.linearIndex(x.shape, [batch, channel, vertical.index, horizontal.index]);
      const reads = code.and(inside, code.within(batch, x.shape[0]));
      return {
        weight: code.select(inside, code.fmul(vertical.weight, horizontal.weight), code.constant(0)),
        element: code.readIf(reads, x, linear),
      };
    };
    const shape = [regions.shape[0], channels, Dimension.constant(rows), Dimension.constant(columns)];
    const average = mode === "avg";
    return graph.reduce(x.dtype, shape, {
      extent: Dimension.constant(samples * samples * CORNERS),
      accumulators: [DType.FLOAT32],
      init: (code) => [code.constant(average ? 0 : NEGATIVE_INFINITY)],
      step(code, [total]) {
        const { weight, element } = corner(code);
        return [average ? code.ffma(weight, element, total) : code.fmax(total, code.fmul(weight, element))];
      },
      final: (code, [total]) => (average ? code.fdiv(total, code.constantFloat(samples * samples)) : total),
    });
  },
};
