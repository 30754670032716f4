/**
 * Writes the roots of the committed models' programs to snapshots/programs.json: they change only on purpose. `--check`
 * writes nothing and exits 1 if the file is stale.
 *
 *   node scripts/generate/programs.ts [--check]
 */
import { readFileSync } from "node:fs";
import { importOnnx } from "../../packages/graph/src/index.ts";
import { keepSnapshot } from "../helpers/snapshot.ts";

const roots = Object.fromEntries(
  ["digits", "sequence"].map((name) => {
    const model = readFileSync(new URL(`../../models/${name}/${name}.onnx`, import.meta.url));
    const { programRoot, paramsRoot } = importOnnx(model, { file: `${name}.onnx` }).report;
    return [name, { programRoot, paramsRoot }];
  }),
);
const text = `${JSON.stringify(roots, null, 2)}\n`;

keepSnapshot("snapshots/programs.json", text, "scripts/generate/programs.ts");
