export { Engine } from "./engine.ts";
export { EngineError } from "./plan/memory.ts";
export { buildTrace, FastTrace } from "./trace.ts";
export { fastSubtree, fastTree } from "./tree/treeHasher.ts";
