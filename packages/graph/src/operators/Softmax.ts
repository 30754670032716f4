/** e^(x - max) ÷ Σ e^(x - max) along an axis. */
import type { Operator } from "../operator.ts";
import { softmax } from "../lowering/softmax.ts";

export const Softmax: Operator = { name: "Softmax", inputs: [1, 1], lower: (node) => softmax(node, false) };
