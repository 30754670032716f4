#!/usr/bin/env node
// The command `assay`: one verb per file in verbs/.
import { Command, CommanderError } from "commander";
import { addEngine } from "./verbs/engine.ts";
import { addGenerate } from "./verbs/generate.ts";
import { addImport } from "./verbs/import.ts";
import { addSimulate } from "./verbs/simulate.ts";
import { addStory } from "./verbs/story.ts";

const program = new Command("assay")
  .description("AI inference that anyone can check")
  .showHelpAfterError("(add --help for the usage)")
  .exitOverride();

addStory(program);
addImport(program);
addGenerate(program);
addSimulate(program);
addEngine(program);

/** A fault of the input: it names what is wrong and how to put it right, so it needs no stack. */
function isInputFault(error: unknown): error is Error {
  return error instanceof Error && (error.name.endsWith("InputError") || error.name === "GraphError");
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (isInputFault(error)) {
    console.error(error.message);
    process.exitCode = 2;
  } else throw error;
}
