/**
 * External data in the folder of a model, read only where they are needed; links are followed, and what they lead to must
 * lie inside the folder too.
 */
import { realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { FileStore } from "@assay/vm/node";
import { GraphError } from "../errors.ts";
import type { ExternalData } from "./tensor.ts";

/** A reader of the files below `folder`. Throws EXTERNAL_DATA where a link leads out of it. */
export function folderReader(folder: string): ExternalData {
  return (path) => {
    const root = realpathSync(folder);
    const file = realpathSync(join(root, path));
    // INVARIANT: a model reads nothing outside its folder.
    if (!file.startsWith(root + sep)) {
      throw new GraphError(
        "EXTERNAL_DATA",
        `external data path ${JSON.stringify(path)} leads out of the model's folder`,
      );
    }
    return FileStore.open(file);
  };
}
