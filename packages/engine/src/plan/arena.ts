/**
 * Where the tensors of a list lie. Kept tensors have places of their own; the others share one arena, in which a place is
 * free again once the last node that reads it has been computed.
 */
import { fixed } from "../codegen/graph.ts";
import type { LinearMemory } from "./memory.ts";
import type { PlannedList, PlannedNode } from "./nodes.ts";

const ALIGNMENT = 64;
/** A vector's store or load may reach so far behind a tensor. */
const SLACK = 16;

export interface Placing {
  readonly keep: "all" | "outputs";
  /** Outputs. */
  readonly kept: ReadonlySet<PlannedNode>;
  /** Nodes that have a place already. */
  readonly retained: ReadonlySet<PlannedNode>;
  readonly memory: LinearMemory;
}

/** Gives every node of the list an address. */
export function placeTensors(list: PlannedList, { keep, kept, retained, memory }: Placing): void {
  const rounded = (node: PlannedNode): number => Math.ceil((node.bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
  const order = list.groups.map(({ nodes }) => nodes);
  const lastUse = lastUses(list, order);
  const arena = new Arena();
  const offsets = new Map<PlannedNode, number>();
  let live: PlannedNode[] = [];
  order.forEach((members, time) => {
    for (const node of members) {
      if (retained.has(node)) continue;
      // A tensor of zeros is written once, before anything is computed, so nothing may share its place.
      const own = keep === "all" || kept.has(node) || node.record === undefined;
      if (own) node.address = fixed(memory.take(rounded(node)));
      else {
        offsets.set(node, arena.take(rounded(node)));
        live.push(node);
      }
    }
    for (const node of live) if (lastUse.get(node)! <= time) arena.free(offsets.get(node)!, rounded(node));
    live = live.filter((node) => lastUse.get(node)! > time);
  });
  const base = memory.take(arena.size);
  for (const [node, offset] of offsets) node.address = fixed(base + offset);
}

/** When each node is read last, as a number of its group; its own group's if never. */
function lastUses(list: PlannedList, order: readonly (readonly PlannedNode[])[]): Map<PlannedNode, number> {
  const last = new Map<PlannedNode, number>();
  order.forEach((members, time) => {
    for (const node of members) last.set(node, Math.max(time, last.get(node) ?? 0));
    for (const { record } of members) {
      for (const operand of record?.operands ?? []) {
        if (operand.kind !== "node" && operand.kind !== "row") continue;
        const read = list.nodes[operand.index];
        if (read !== undefined) last.set(read, Math.max(time, last.get(read) ?? 0));
      }
    }
  });
  return last;
}

/** Offsets in a region that grows: best fit among what is free. */
class Arena {
  /** Free places, by offset, no two adjacent. */
  #free: { at: number; size: number }[] = [];
  size = 0;

  take(size: number): number {
    let best: { at: number; size: number } | undefined;
    for (const place of this.#free) {
      if (place.size >= size && (best === undefined || place.size < best.size)) best = place;
    }
    if (best !== undefined) {
      const { at } = best;
      best.at += size;
      best.size -= size;
      this.#free = this.#free.filter((place) => place.size > 0);
      return at;
    }
    // The last free place, if it lies at the end, is made longer.
    const end = this.#free.find((place) => place.at + place.size === this.size);
    const at = end?.at ?? this.size;
    if (end !== undefined) this.#free = this.#free.filter((place) => place !== end);
    this.size = at + size;
    return at;
  }

  free(at: number, size: number): void {
    const places = [...this.#free, { at, size }].sort((a, b) => a.at - b.at);
    this.#free = [];
    for (const place of places) {
      const last = this.#free.at(-1);
      if (last !== undefined && last.at + last.size === place.at) last.size += place.size;
      else this.#free.push({ ...place });
    }
  }
}
