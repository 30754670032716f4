/** What a bench says of where it ran. */
import { readFileSync } from "node:fs";
import { cpus, release, type } from "node:os";

const versionOf = (path: string): string =>
  (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;

/** The machine, versions, and the command; `script`: its file below scripts. */
export function aboutMachine(script: string): Record<string, string> {
  return {
    machine: `${cpus()[0].model}, ${cpus().length} cores, ${type()} ${release()}`,
    node: process.version,
    onnxruntime: versionOf("../../../node_modules/onnxruntime-node/package.json"),
    command: `node scripts/${script} ${process.argv.slice(2).join(" ")}`.trim(),
  };
}
