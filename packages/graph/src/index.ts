export type { BoundValue, NestedNumbers } from "./bind.ts";
export { GRAPH_ERRORS, GraphError, type GraphErrorCode } from "./errors.ts";
export {
  DEFAULT_GREATEST_SYMBOL,
  importOnnx,
  labelBytes,
  type Imported,
  type ImportOptions,
  type ImportProgress,
  type ImportReport,
  type LabelTables,
  type NamedType,
} from "./import.ts";
export type { Sampling } from "./generation/sampling.ts";
export { LOWERING_VERSION } from "./encode.ts";
export { OPERATORS } from "./operators/index.ts";
export { folderReader } from "./onnx/folder.ts";
export { readTensorFile } from "./onnx/tensorFile.ts";
export type { ExternalData } from "./onnx/tensor.ts";
