/** An import under way: the model, what is asked of it, and what all its lists of nodes share. */
import type { ImportOptions } from "./importOptions.ts";
import { GraphLowering } from "./lowerGraph.ts";
import type { OnnxModel } from "./onnx/model.ts";
import { Symbols, type Assumption } from "./symbols.ts";

export interface ModelImport {
  readonly model: OnnxModel;
  readonly options: ImportOptions;
  readonly symbols: Symbols;
  readonly lowering: GraphLowering;
}

/** The import of a model, nothing of it lowered yet; `assumptions` are of dimensions of which the options say nothing. */
export function modelImport(
  model: OnnxModel,
  options: ImportOptions,
  assumptions: Readonly<Record<string, Assumption>>,
): ModelImport {
  return {
    model,
    options,
    symbols: new Symbols(options.symbols ?? {}, assumptions),
    lowering: new GraphLowering(model, options),
  };
}
