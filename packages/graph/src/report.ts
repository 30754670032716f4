/** What an import gives: the program, and for people what was found on the way. */
import {
  heldBytes,
  nameOf,
  paramsRoot,
  plainHasher,
  programRoot,
  toHex,
  type Bounds,
  type Hash,
  type Program,
} from "@assay/vm";
import { describeAssumptions } from "./assumptions.ts";
import { formatShape } from "./dimension.ts";
import type { ImportOptions } from "./importOptions.ts";
import type { LoweredNode } from "./loweredNode.ts";
import type { ModelImport } from "./modelImport.ts";
import type { OnnxModel } from "./onnx/model.ts";
import { notesOf } from "./notes.ts";
import { shapeRemark } from "./output.ts";
import { symbolName, type Symbols } from "./symbols.ts";
import type { TensorValue } from "./tensorValue.ts";

/** What an import found, for people. */
export interface ImportReport {
  readonly programRoot: string;
  readonly paramsRoot: string;
  /** Operators of the model and how often each occurs. */
  readonly operators: Readonly<Record<string, number>>;
  /** The program's symbols: named dimensions, or dimensions divided by the number of which they take only multiples. */
  readonly symbols: readonly ({ readonly name: string } & Bounds)[];
  /** What the import took otherwise than the file says, or beyond it: sizes assumed, declared shapes that are not so, … */
  readonly remarks: readonly string[];
  readonly inputs: readonly NamedType[];
  readonly outputs: readonly NamedType[];
  readonly parameters: { readonly count: number; readonly bytes: number };
  /** Records of each list. */
  readonly nodes: { readonly prompt: number; readonly decode: number; readonly epilogue: number };
  /** What each record comes from: the operator whose output it computes. */
  readonly nodeOperators: { readonly prompt: string[]; readonly decode: string[]; readonly epilogue: string[] };
  readonly metadata: Readonly<Record<string, string>>;
  /** Tokens that end a text; none where the model does not generate. */
  readonly endTokens: readonly number[];
  /**
   * Where an output was a tensor of strings: for each output the strings that its integers stand for, or null. The header's
   * content address of labels is the hash of `labelBytes` of it, unless the options give another.
   */
  readonly labels?: LabelTables;
}

/** For each output, the strings that its integers stand for, or null where they stand for themselves. */
export type LabelTables = readonly (readonly string[] | null)[];

/** Tables of labels as a file: JSON in UTF-8. */
export function labelBytes(labels: LabelTables): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(labels));
}

export interface NamedType {
  readonly name: string;
  readonly dtype: string;
  readonly shape: string;
}

export interface Imported {
  readonly program: Program;
  readonly report: ImportReport;
}

/** Inputs or outputs by name. */
type Named = readonly (readonly [string, TensorValue])[];

/** What is told of a program beside its bytes. */
export interface Told {
  readonly prompt: readonly LoweredNode[];
  readonly decode?: readonly LoweredNode[];
  readonly epilogue?: readonly LoweredNode[];
  readonly inputs: Named;
  readonly outputs: Named;
  readonly endTokens?: readonly number[];
  readonly labels?: LabelTables | undefined;
}

/** The result of an import. Throws BAD_OPTION where the options name a dimension that the model does not have. */
export function importedAs({ model, options, symbols, lowering }: ModelImport, program: Program, told: Told): Imported {
  symbols.checkUsed();
  const { labels, endTokens = [] } = told;
  const describe = ([name, { dtype, shape }]: Named[number]): NamedType => ({
    name,
    dtype: nameOf(dtype),
    shape: symbols.named(formatShape(shape)),
  });
  const bytes = program.params.reduce((sum, tensor) => sum + heldBytes(tensor), 0);
  const operatorsOf = (nodes: readonly LoweredNode[] = []) => nodes.map(({ operator }) => operator);
  const report: ImportReport = {
    programRoot: toHex(programRoot(program)),
    paramsRoot: toHex(hashParams(program, bytes, options)),
    operators: Object.fromEntries(Object.entries(lowering.operators).sort(([a], [b]) => (a < b ? -1 : 1))),
    symbols: symbols.list.map((symbol) => ({ name: symbolName(symbol), ...symbol.bounds })),
    remarks: remarksOf(model, symbols, lowering.remarks, told.outputs),
    inputs: told.inputs.map(describe),
    outputs: told.outputs.map(describe),
    parameters: { count: program.params.length, bytes },
    nodes: program.header.counts,
    nodeOperators: {
      prompt: operatorsOf(told.prompt),
      decode: operatorsOf(told.decode),
      epilogue: operatorsOf(told.epilogue),
    },
    metadata: Object.fromEntries(model.metadata),
    endTokens,
    ...(labels && { labels }),
  };
  return { program, report };
}

function remarksOf(
  { graph }: OnnxModel,
  symbols: Symbols,
  notes: ReadonlyMap<string, ReadonlySet<string>>,
  outputs: Named,
): string[] {
  const values = new Map(outputs);
  const shapes = graph.outputs.map((declared) => {
    const value = values.get(declared.name);
    return value === undefined ? undefined : shapeRemark(declared, value);
  });
  return [
    ...describeAssumptions(symbols.assumptions),
    ...shapes.filter((remark) => remark !== undefined).map((remark) => symbols.named(remark)),
    ...notesOf(graph, notes),
  ];
}

function hashParams(program: Program, total: number, { hasher = plainHasher, progress }: ImportOptions): Hash {
  let done = 0;
  return paramsRoot(program, {
    hash: (message) => hasher.hash(message),
    subtree: (bytes, level) => {
      const hash = hasher.subtree(bytes, level);
      progress?.({ stage: "hashing", done: (done += bytes.length), total });
      return hash;
    },
  });
}
