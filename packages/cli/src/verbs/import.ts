// `assay import`: an ONNX file becomes a program, and its roots are shown.
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { labelBytes, type ImportReport } from "@assay/graph";
import { writeProgram } from "@assay/vm/node";
import { importFile, withModelOptions, type ModelOptions } from "./importOptions.ts";

interface ImportVerbOptions extends ModelOptions {
  readonly out?: string;
  readonly json: boolean;
}

export function addImport(program: Command): void {
  const command = program
    .command("import")
    .description("turn an ONNX model into a program, and show its roots and what it is made of")
    .argument("<model>", "the ONNX file; external data are read from its folder")
    .option("--out <file>", "write the program there, and the strings of its labels beside it (.labels.json)");
  withModelOptions(command).option("--json", "print one JSON object", false).action(importModel);
}

function importModel(model: string, { out, json, ...options }: ImportVerbOptions): void {
  const { program, report } = importFile(model, options);
  if (out !== undefined) writeProgram(out, program);
  if (out !== undefined && report.labels !== undefined) writeFileSync(`${out}.labels.json`, labelBytes(report.labels));
  if (json) console.log(JSON.stringify(report));
  else show(model, report);
}

function show(model: string, report: ImportReport): void {
  const line = (name: string, value: string) => console.log(`  ${name.padEnd(14)}${value}`);
  console.log(model);
  line("program root", report.programRoot);
  line("params root", report.paramsRoot);
  const counts = Object.entries(report.operators).map(([name, count]) => `${name} ${count}`);
  line("operators", counts.join(", "));
  for (const { name, least, greatest } of report.symbols) line("symbol", `${name}, ${least} to ${greatest}`);
  for (const remark of report.remarks) line("remark", remark);
  for (const { name, dtype, shape } of report.inputs) line("input", `${name} ${dtype} ${shape}`);
  for (const { name, dtype, shape } of report.outputs) line("output", `${name} ${dtype} ${shape}`);
  for (const [i, labels] of (report.labels ?? []).entries())
    if (labels !== null)
      line("labels", `${report.outputs[i].name}: ${labels.map((text, k) => `${k} ${text}`).join(", ")}`);
  line("parameters", `${report.parameters.count}, ${report.parameters.bytes} bytes`);
  const { prompt, decode, epilogue } = report.nodes;
  line("nodes", decode + epilogue === 0 ? `${prompt}` : `prompt ${prompt}, decode ${decode}, epilogue ${epilogue}`);
}
