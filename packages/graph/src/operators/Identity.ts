/** The same tensor. */
import type { Operator } from "../operator.ts";

export const Identity: Operator = { name: "Identity", inputs: [1, 1], strings: true, lower: (node) => node.input(0) };
