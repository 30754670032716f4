/**
 * The deployment of the parameter file that the environment variable ASSAY_PARAMETERS names, the default one otherwise:
 *
 *   hardhat --build-profile default ignition deploy ignition/modules/Assay.ts --network NAME
 */
import { fileURLToPath } from "node:url";
import { assayModule } from "../../packages/deployment/src/module.ts";
import { loadParameters } from "../../packages/protocol/src/parameters.ts";

const DEFAULT = fileURLToPath(new URL("../../packages/deployment/parameters/default.json5", import.meta.url));

export default assayModule(loadParameters(process.env.ASSAY_PARAMETERS ?? DEFAULT));
