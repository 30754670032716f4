/**
 * From an ONNX file to a program. The graph is lowered node by node into the canonical form, constants are folded, the
 * fusion pass runs, and names are dropped: the same file gives the same program root everywhere.
 */
import { bindInputs } from "./bind.ts";
import { GraphError, type Place } from "./errors.ts";
import { generationOf, lowerGeneration } from "./generation.ts";
import type { ImportOptions } from "./importOptions.ts";
import { modelImport } from "./modelImport.ts";
import { lowerOneCall } from "./oneCall.ts";
import { readModel } from "./onnx/model.ts";
import type { ExternalData } from "./onnx/tensor.ts";
import type { Imported } from "./report.ts";

/** Imports a model. Throws `GraphError` with the file, the node and the reason. */
export function importOnnx(bytes: Uint8Array, given: ImportOptions = {}): Imported {
  const place: Place = given.file === undefined ? {} : { file: given.file };
  try {
    const { model, options } = bindInputs(readModel(bytes, given.file, watched(given)), given);
    const generation = options.generation === false ? undefined : generationOf(model, options);
    const own = modelImport(model, options);
    return generation === undefined ? lowerOneCall(own) : lowerGeneration(own, generation);
  } catch (error) {
    if (error instanceof GraphError) throw error.at(place);
    throw error;
  }
}

/** The options' external data, with `progress` told of what is read. */
function watched({ external, progress }: ImportOptions): ExternalData | undefined {
  if (external === undefined || progress === undefined) return external;
  const files = new Set<string>();
  let [done, total] = [0, 0];
  const count = (bytes: number) => progress({ stage: "reading", done: (done += bytes), total });
  return (path) => {
    const file = external(path);
    if (!files.has(path)) total += file.length;
    files.add(path);
    if (file instanceof Uint8Array) return file;
    return {
      length: file.length,
      read: (offset, target) => {
        file.read(offset, target);
        // What is read again to be hashed or used is counted there.
        if (done < total) count(target.length);
      },
    };
  };
}
