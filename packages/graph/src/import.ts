/**
 * From an ONNX file to a program. The graph is lowered node by node into the canonical form, constants are folded, the
 * fusion pass runs, and names are dropped: the same file gives the same program root everywhere.
 */
import { MAX_INPUTS } from "@assay/vm";
import { assumptionFor } from "./assumptions.ts";
import { bindInputs } from "./bind.ts";
import { check, GraphError, type Place } from "./errors.ts";
import { generationOf, lowerGeneration } from "./generation.ts";
import type { ImportOptions } from "./importOptions.ts";
import { modelImport } from "./modelImport.ts";
import { lowerOneCall } from "./oneCall.ts";
import { readModel, type OnnxModel } from "./onnx/model.ts";
import type { ExternalData } from "./onnx/tensor.ts";
import type { Imported } from "./report.ts";
import type { Assumption, Symbols } from "./symbols.ts";

/** Imports a model. Throws `GraphError` with the file, the node and the reason. */
export function importOnnx(bytes: Uint8Array, given: ImportOptions = {}): Imported {
  const place: Place = given.file === undefined ? {} : { file: given.file };
  try {
    const { model, options } = bindInputs(chosenOutputs(readModel(bytes, given.file, watched(given)), given), given);
    return lowered(model, options);
  } catch (error) {
    if (error instanceof GraphError) throw error.at(place);
    throw error;
  }
}

/** The model with the outputs only that the options name. Throws BAD_OPTION for one that it does not have. */
function chosenOutputs(model: OnnxModel, { outputs: names }: ImportOptions): OnnxModel {
  if (names === undefined) return model;
  const outputs = names.map((name) => {
    const output = model.graph.outputs.find((candidate) => candidate.name === name);
    const has = model.graph.outputs.map((candidate) => candidate.name).join(", ");
    check(output !== undefined, "BAD_OPTION", `the model has no output ${name}; it has ${has}`);
    return output;
  });
  return { ...model, graph: { ...model.graph, outputs } };
}

/** Nodes that are lowered for the assumptions of a model's dimensions, each of which begins the lowering anew. */
const MOST_ANEW = 2 ** 18;
/** Assumptions, at most, of a large model, and of any: a table of columns needs one for each. */
const ASSUMPTIONS = { least: 8, most: MAX_INPUTS } as const;

/** The model's program; where sizes agree only for some values of its dimensions, of these values. */
function lowered(model: OnnxModel, options: ImportOptions): Imported {
  const few = Math.floor(MOST_ANEW / Math.max(1, model.graph.nodes.length));
  let assumptions: Readonly<Record<string, Assumption>> = {};
  for (let left = Math.min(ASSUMPTIONS.most, Math.max(ASSUMPTIONS.least, few)); ; left--) {
    const own = modelImport(model, options, assumptions);
    try {
      const generation = options.generation === false ? undefined : generationOf(model, options);
      return generation === undefined ? lowerOneCall(own) : lowerGeneration(own, generation);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      const further = left > 0 ? assumptionFor(error, own.symbols) : undefined;
      if (further === undefined) throw withNames(error, own.symbols);
      assumptions = { ...assumptions, ...further };
    }
  }
}

/** The error with the names of dimensions in place of their numbers, and what can be done where it is about any. */
function withNames(error: GraphError, symbols: Symbols): GraphError {
  const reason = symbols.named(error.reason);
  return error.at({}, reason === error.reason ? reason : `${reason}; --symbol fixes or bounds a dimension`);
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
