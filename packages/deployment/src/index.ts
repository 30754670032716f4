export * from "./arguments.ts";
export * from "./deploy.ts";
export * from "./module.ts";
