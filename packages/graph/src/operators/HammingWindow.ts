/** The Hamming window. */
import { windowFunction } from "../lowering/windowFunction.ts";

export const HammingWindow = windowFunction("HammingWindow", 25 / 46, 21 / 46);
