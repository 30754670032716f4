/** The engine as a browser imports it: WebAssembly alone. */
export type { Backend } from "./backend.ts";
export { Engine, type EngineOptions } from "./engine.ts";
export { PlainEngine } from "./plain/executor.ts";
export { EngineError } from "./plan/memory.ts";
export type { NativeUse } from "./plan/natives.ts";
export type { KernelCounts } from "./plan/plan.ts";
export { buildTrace, FastTrace } from "./trace.ts";
export { fastHasher, fastTree } from "./tree/treeHasher.ts";
