/** The Hann window. */
import { windowFunction } from "../lowering/windowFunction.ts";

export const HannWindow = windowFunction("HannWindow", 0.5, 0.5);
