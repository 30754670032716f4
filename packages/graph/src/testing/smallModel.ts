/** What tests of small models of floats are written with. */
import { DType } from "@assay/vm";
import { importOnnx } from "../import.ts";
import type { ImportOptions } from "../importOptions.ts";
import type { Imported } from "../report.ts";
import { buildModel, type ModelSpec, type NodeSpec } from "./onnxBuilder.ts";

/** An input of one axis N. */
export const x = { name: "x", dtype: DType.FLOAT32, shape: ["N"] };
export const y = { name: "y", dtype: DType.FLOAT32 };

export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: NodeSpec["attributes"] = {},
): NodeSpec {
  return { operator, inputs, outputs: [output], attributes };
}

export function imported(model: ModelSpec, options: ImportOptions = {}): Imported {
  return importOnnx(buildModel(model), options);
}
