/** External data read from the folder of a model, links followed: what they lead to must lie inside it too. */
import { readFileSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
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
    return readFileSync(file);
  };
}
