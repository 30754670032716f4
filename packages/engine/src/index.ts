export { Engine } from "./executor.ts";
