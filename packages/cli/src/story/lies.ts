/** The lies of the story, by name. */
import type { Lie } from "./tale.ts";

const wrongElement: Lie = {
  name: "wrong-element",
  summary: "one wrong element in the middle of the run",
  tell: (honest) => {
    const call = honest.trace.layout.calls > 3 ? 3 : 0;
    const leaf = honest.trace.leaf(call, 1, 0);
    leaf[5 * 4] ^= 1;
    return { ...honest, trace: honest.trace.withLeaf(call, 1, 0, leaf) };
  },
};

export const LIES: Readonly<Record<string, Lie>> = { [wrongElement.name]: wrongElement };
