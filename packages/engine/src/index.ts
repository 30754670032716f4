export { Engine } from "./engine.ts";
export { EngineError } from "./plan/memory.ts";
