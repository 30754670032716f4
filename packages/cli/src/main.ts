#!/usr/bin/env node
// The program `assay`: the command, its modules compiled once and kept in the project's cache folder.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Before any module that it should hold is loaded. Where the folder cannot be written, Node says so and goes on without.
enableCompileCache(fileURLToPath(new URL("../../../cache/node", import.meta.url)));
await import("./command.ts");
