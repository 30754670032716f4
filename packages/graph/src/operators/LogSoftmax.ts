/** x - max - log Σ e^(x - max) along an axis. */
import type { Operator } from "../operator.ts";
import { softmax } from "../lowering/softmax.ts";

export const LogSoftmax: Operator = { name: "LogSoftmax", inputs: [1, 1], lower: (node) => softmax(node, true) };
