/**
 * Writes the roots of the committed models' programs to snapshots/programs.json: they change only on purpose. `--check`
 * writes nothing and exits 1 if the file is stale.
 *
 *   node scripts/generate/programs.ts [--check]
 */
import { existsSync, readFileSync } from "node:fs";
import { importOnnx, type ImportOptions } from "../../packages/graph/src/index.ts";
import { keepSnapshot } from "../helpers/snapshot.ts";

const roots = Object.fromEntries(
  ["digits", "sequence", "text"].map((name) => {
    const fileOf = (file: string) => new URL(`../../models/${name}/${file}`, import.meta.url);
    const model = readFileSync(fileOf(`${name}.onnx`));
    // Options that are part of what the program is stand beside the model.
    const given = fileOf("import.json");
    const options = existsSync(given) ? (JSON.parse(readFileSync(given, "utf8")) as ImportOptions) : {};
    const { programRoot, paramsRoot } = importOnnx(model, { ...options, file: `${name}.onnx` }).report;
    return [name, { programRoot, paramsRoot }];
  }),
);
const text = `${JSON.stringify(roots, null, 2)}\n`;

keepSnapshot("snapshots/programs.json", text, "scripts/generate/programs.ts");
