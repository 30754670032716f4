/**
 * The `onnx` package of Python, at the version that scripts/check/conformance.requirements.txt pins, in a virtual environment
 * of its own: its node tests, and since when each operator exists.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const REQUIREMENTS = join(ROOT, "scripts", "check", "conformance.requirements.txt");
const FOLDER = join(ROOT, ".venv", "conformance");

export interface Suite {
  readonly version: string;
  /** The folder of the node tests. */
  readonly tests: string;
  /** Operator sets in which each operator is, first and last, by domain and name. */
  readonly opsets: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>>;
}

const QUESTION = `
import json, onnx, os
from onnx import defs
newest = {"": defs.onnx_opset_version(), "ai.onnx.ml": 5}
opsets = {}
for schema in sorted(defs.get_all_schemas_with_history(), key=lambda s: s.since_version):
    if schema.domain not in newest: continue
    own = opsets.setdefault(schema.domain, {})
    first, last = own.get(schema.name, (schema.since_version, newest[schema.domain]))
    own[schema.name] = (first, schema.since_version - 1 if schema.deprecated else last)
tests = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", "node")
print(json.dumps({"version": onnx.__version__, "tests": tests, "opsets": opsets}, sort_keys=True))
`;

/** The suite; installed first with pip if it is not there and `install` says so. Undefined where it is not there. */
export function findSuite(install: boolean, environment = FOLDER): Suite | undefined {
  const python = join(environment, "bin", "python");
  const pinned = /^onnx==(.+)$/m.exec(readFileSync(REQUIREMENTS, "utf8"))![1];
  const found = existsSync(python) ? ask(python) : undefined;
  if (found?.version === pinned) return found;
  if (!install) return undefined;
  must("python3", ["-m", "venv", environment]);
  must(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
  return ask(python);
}

function ask(python: string): Suite | undefined {
  const { status, stdout } = spawnSync(python, ["-c", QUESTION], { encoding: "utf8", maxBuffer: 1 << 26 });
  return status === 0 ? (JSON.parse(stdout) as Suite) : undefined;
}

function must(program: string, parameters: string[]): void {
  const { status } = spawnSync(program, parameters, { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${program} ${parameters.join(" ")} failed`);
}
