/** The Blackman window. */
import { windowFunction } from "../lowering/windowFunction.ts";

export const BlackmanWindow = windowFunction("BlackmanWindow", 0.42, 0.5, 0.08);
