// What this package's tests share.
import { fileURLToPath } from "node:url";
import { loadParameters, type Parameters } from "@assay/protocol/parameters";

/** The parameter file of that name that deployment uses. */
export function parameters(name = "default"): Parameters {
  return loadParameters(fileURLToPath(new URL(`../../deployment/parameters/${name}.json5`, import.meta.url)));
}
