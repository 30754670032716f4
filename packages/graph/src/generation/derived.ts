/** Inputs of a decoding step that follow from where its call stands: no party chooses them. */
import { DType, float32 } from "@assay/vm";
import { Dimension } from "../dimension.ts";
import { check } from "../errors.ts";
import { splat, type TensorValue } from "../tensorValue.ts";
import { viewValue } from "../view.ts";
import type { DerivedName } from "./roles.ts";

/** Where a call stands: positions before it and in it. */
export interface Place {
  readonly first: Dimension;
  readonly length: Dimension;
  /** The prompt's length in a decode call. */
  readonly promptLength: Dimension | undefined;
}

/** Such an input in the call at `place`. Throws TYPE_MISMATCH. */
export function derivedInput(
  name: DerivedName,
  elementType: number,
  { first, length, promptLength }: Place,
): TensorValue {
  const place = { node: `input ${JSON.stringify(name)}` };
  const one = Dimension.constant(1);
  switch (name) {
    case "use_cache_branch":
      check(elementType === DType.BOOL, "TYPE_MISMATCH", "it must be a boolean", place);
      return splat(DType.BOOL, [one], promptLength === undefined ? 0 : 1);
    case "attention_mask": {
      const floats: readonly number[] = [DType.FLOAT32, DType.FLOAT16];
      const types: readonly number[] = [DType.INT64, DType.INT32, DType.BOOL, ...floats];
      check(types.includes(elementType), "TYPE_MISMATCH", "it must hold integers, booleans or floats", place);
      const word = floats.includes(elementType) ? float32.fromNumber(1) : 1;
      return splat(elementType as DType, [one, first.add(length)], word);
    }
    case "position_ids":
    case "cache_position": {
      const integer = elementType === DType.INT64 || elementType === DType.INT32;
      check(integer, "TYPE_MISMATCH", "it must hold integers", place);
      const shape = name === "position_ids" ? [one, length] : [length];
      const positions = viewValue(elementType, {
        shape,
        nodes: [],
        earlier: false,
        read: (code, coordinates) => code.plus(coordinates[shape.length - 1], first),
      });
      return length.equals(1) ? { ...positions, known: [first] } : positions;
    }
  }
}
