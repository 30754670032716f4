/** The engine as Node imports it. */
import "./node.ts";

export * from "./web.ts";
