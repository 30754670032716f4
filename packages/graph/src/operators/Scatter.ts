/** ScatterElements as it was called before operator set 11. */
import type { Operator } from "../operator.ts";
import { ScatterElements } from "./ScatterElements.ts";

export const Scatter: Operator = { ...ScatterElements, name: "Scatter" };
