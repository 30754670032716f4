/**
 * Row groups that do not read one another, as those of a recurrence's two directions: a plan for several threads has them side
 * by side as one group, so that threads may compute a whole group each and wait for no row.
 */
import type { PlannedGroup } from "./nodes.ts";

/** A list's groups in an order in which they can be computed, at most `most` independent row groups in one. */
export function joinIndependent(groups: readonly PlannedGroup[], most: number): PlannedGroup[] {
  const joined = [...groups];
  for (let at = 0; at < joined.length; at++) {
    for (let count = 1; count < most && joined[at].rowByRow; count++) {
      const other = independentAfter(joined, at);
      if (other === undefined) break;
      const needed = neededBy(joined, at, other);
      const [first, second] = [joined[at], joined[other]];
      const left = joined.slice(at + 1).filter((group) => group !== second && !needed.includes(group));
      joined.splice(at, joined.length, ...needed, { ...first, nodes: [...first.nodes, ...second.nodes] }, ...left);
      at += needed.length;
    }
  }
  return joined;
}

/** The groups that were joined in one. */
export function separate(group: PlannedGroup): PlannedGroup[] {
  if (!group.rowByRow) return [group];
  const byGroup = Map.groupBy(group.nodes, ({ group: { start, end } }) => `${start}-${end}`);
  return [...byGroup.values()].map((nodes) => ({ ...group, nodes }));
}

/** The place of the first row group after that at `at` that reads nothing made of it. */
function independentAfter(groups: readonly PlannedGroup[], at: number): number | undefined {
  const made = new Set(groups[at].nodes.map(({ index }) => index));
  for (let i = at + 1; i < groups.length; i++) {
    if (readsOf(groups[i]).some((index) => made.has(index))) for (const { index } of groups[i].nodes) made.add(index);
    else if (groups[i].rowByRow) return i;
  }
  return undefined;
}

/** The groups between two places that the later one is made of. */
function neededBy(groups: readonly PlannedGroup[], at: number, later: number): PlannedGroup[] {
  const read = new Set(readsOf(groups[later]));
  const needed: PlannedGroup[] = [];
  for (let i = later - 1; i > at; i--) {
    if (!groups[i].nodes.some(({ index }) => read.has(index))) continue;
    needed.unshift(groups[i]);
    for (const index of readsOf(groups[i])) read.add(index);
  }
  return needed;
}

/** The nodes of the same call that a group reads. */
const readsOf = ({ nodes }: PlannedGroup): number[] =>
  nodes.flatMap(({ record }) =>
    (record?.operands ?? []).flatMap((operand) =>
      operand.kind === "node" || operand.kind === "row" ? [operand.index] : [],
    ),
  );
