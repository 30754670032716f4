/** What is done to a list of nodes when all are there: dead nodes go, and what can be fused is. */
import { reachable } from "./encode.ts";
import { fuse } from "./fuse.ts";
import type { Graph } from "./graph.ts";
import type { LoweredNode } from "./loweredNode.ts";

/** Drops dead nodes, fuses, and drops what fusion emptied. */
export function finished(graph: Graph, roots: readonly LoweredNode[]): LoweredNode[] {
  const needed = reachable(graph.nodes, roots);
  fuse(needed, new Set(roots));
  return reachable(needed, roots);
}
