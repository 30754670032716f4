/** Natural logarithm. */
import { log } from "../functions/index.ts";
import { unary } from "../lowering/unary.ts";

export const Log = unary("Log", log);
