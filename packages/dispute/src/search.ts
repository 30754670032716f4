/**
 * Where a challenger looks: the first wrong element of a trace in the order of evaluation, or what it must learn to find it.
 * Pure: what is known in, a wish out.
 *
 * Mostly it is where the first difference leads. In a row group (docs/program.md) that is not enough, because elements are
 * computed row by row there: a tensor may be wrong only because a later one of its group was wrong a row earlier, and then
 * nothing contradicts where it differs.
 *
 * - The first wrong element is in the first call that differs, and there in the first group (by end, then start) that has a
 *   differing tensor. The lists of that call are opened until each tensor that might belong to it is known to differ or not.
 * - In one tensor, elements are computed in the order in which they stand. So a tensor's own first wrong element is where
 *   its first difference leads, and as long as that is not reached, what is known to be right ends where the lowest known
 *   difference begins: an earlier element cannot be wrong.
 * - Of the elements reached, the least (row, node) can be proven as soon as none of the tensors it is computed from is wrong
 *   before it: then all it loads is right, and the chain computes the honest value and not the committed one. It need not be
 *   the first wrong one of the group.
 * - Whether a tensor is wrong before it is asked by a demand of the last leaf that comes before: the leaf and the siblings on
 *   its way to the root show all that lies to its left. If one is, that is where to look next.
 */
import { equalBytes } from "@assay/vm/bytes";
import { isDType, type DType } from "@assay/vm/dtype";
import { elementsPerLeaf, type Description } from "@assay/vm/tensor";
import { firstDifference, wrongElementIn, type Sight } from "./challenger.ts";
import { packDescription } from "./demand.ts";
import { nodeAt, topPosition, type Node } from "./position.ts";

/** The root of the trace. */
export const top = ({ dispute }: Sight): Node => nodeAt(topPosition(dispute.claim.calls, dispute.header), 0);

/** A leaf of a tensor of the trace. */
export interface Leaf {
  readonly call: number;
  readonly position: number;
  readonly index: number;
}

/** What the challenger wants next: a game that stands on a node and goes on from there, or to see a leaf. */
export type Quest = { readonly stand: Node } | { readonly leaf: Leaf };

export function nextQuest(sight: Sight): Quest | undefined {
  const { honest, published } = sight;
  // A tensor that contradicts its record cannot be opened.
  const odd = published.descriptions.find(
    ({ call, position, description }) => description !== packDescription(honest.description(call, position)),
  );
  if (odd) return { stand: rootNode(sight, odd.call, odd.position) };
  const found = firstDifference(sight, top(sight));
  if (!found) return undefined;
  const { node } = found;
  if (found.padding || node.part.part !== "call" || node.level > 0) return { stand: node };
  const { call } = node.part;
  const front = frontGroup(sight, call, node.index);
  return "unknown" in front ? { stand: front.unknown } : firstWrongOf(sight, call, front.positions);
}

/**
 * The differing tensors of the first group that has any, or a node to open before that can be told. `leftmost` is the
 * first differing position of the call.
 */
function frontGroup(
  { honest, published }: Sight,
  call: number,
  leftmost: number,
): { positions: number[] } | { unknown: Node } {
  let positions = [leftmost];
  let group = honest.description(call, leftmost);
  const { count } = honest.callTree(call);
  for (let position = leftmost + 1; position < count; position++) {
    const theirs = honest.description(call, position);
    const order = compareGroups(theirs, group);
    if (order > 0) continue;
    const above = published.above({ part: { part: "call", call }, level: 0, index: position }, honest)!;
    if (equalBytes(published.node(above)!, honest.tree(above.part).node(above.level, above.index))) continue;
    if (above.level > 0) return { unknown: above };
    if (order === 0) positions.push(position);
    else [positions, group] = [[position], theirs];
  }
  return { positions };
}

/** Groups in the order of evaluation; that of the stop flag ends at 0, before all others. */
const compareGroups = (a: Description, b: Description): number =>
  a.groupEnd - b.groupEnd || a.groupStart - b.groupStart;

/** Where an element comes in its group. */
interface Turn {
  readonly row: number;
  readonly position: number;
}

const isBefore = (a: Turn, b: Turn): boolean => a.row < b.row || (a.row === b.row && a.position < b.position);

/** Where a tensor that differs may be wrong first. */
interface Suspect {
  readonly position: number;
  /** The lowest node that is known to hold its first difference. */
  readonly node: Node;
  /** Whether that is an element whose bytes are known. */
  readonly reached: boolean;
  /** The earliest and the latest that its first wrong element can be computed. */
  readonly from: Turn;
  readonly to: Turn;
}

/** The least wrong element of a group that is reached, if what it is computed from is right; else where to look next. */
function firstWrongOf(sight: Sight, call: number, positions: readonly number[]): Quest {
  const suspects = positions.map((position) => suspectOf(sight, call, position));
  const reached = suspects.filter((suspect) => suspect.reached);
  if (reached.length === 0) return { stand: suspects[0].node };
  const first = leastBy(reached, ({ from }) => from);
  const rivals = suspects.filter(({ from }) => isBefore(from, first.from));
  const loaded = new Set(sight.machine.rowOperands(call, first.position));
  const suspected = rivals.filter(({ position }) => loaded.has(position));
  if (suspected.length === 0) return { stand: first.node };

  const certain = rivals.filter(({ to }) => isBefore(to, first.from));
  const open = new Set(rivals.filter((rival) => !certain.includes(rival)));
  const ask = ({ position }: Suspect): Quest => ({ leaf: lastLeafBefore(sight, call, position, first.from) });
  // Of what is wrong before for certain, the least position that may be the earliest.
  const latest = certain.length > 0 ? leastBy(certain, ({ to }) => to).to : undefined;
  const target = latest ? certain.find(({ from }) => !isBefore(latest, from))! : first;
  // What made it wrong mostly stands before it in the same row, and is found by halving.
  const runs = runsOf(suspects, open);
  const below = runs.find((run) => suspects.indexOf(run.at(-1)!) + 1 === suspects.indexOf(target));
  if (below) return ask(middle(below));
  if (target !== first) return { stand: target.node };
  // Else it is loaded from a later tensor. A liar may have laid a long chain of those, so every other question goes far.
  const longest = runs.reduce((a, b) => (b.length > a.length ? b : a));
  return ask(open.size % 2 === 0 ? middle(longest) : suspected[0]);
}

function leastBy(suspects: readonly Suspect[], turn: (suspect: Suspect) => Turn): Suspect {
  return suspects.reduce((best, other) => (isBefore(turn(other), turn(best)) ? other : best));
}

/** Those that are chosen, neighbours together. */
function runsOf(suspects: readonly Suspect[], chosen: ReadonlySet<Suspect>): Suspect[][] {
  const runs: Suspect[][] = [];
  suspects.forEach((suspect, i) => {
    if (!chosen.has(suspect)) return;
    if (i > 0 && chosen.has(suspects[i - 1])) runs.at(-1)!.push(suspect);
    else runs.push([suspect]);
  });
  return runs;
}

const middle = (run: readonly Suspect[]): Suspect => run[Math.floor(run.length / 2)];

function suspectOf(sight: Sight, call: number, position: number): Suspect {
  const root = rootNode(sight, call, position);
  const node = (sight.published.node(root) && firstDifference(sight, root)?.node) ?? root;
  const wrong = wrongElementIn(sight, node);
  const [from, to] = wrong ? [wrong.element, wrong.element] : elementsBelow(sight, node);
  return {
    position,
    node,
    reached: wrong !== undefined,
    from: turnOf(sight, call, position, from),
    to: turnOf(sight, call, position, to),
  };
}

/** The last leaf of a tensor with an element that is computed before a turn; there is one. */
function lastLeafBefore({ honest }: Sight, call: number, position: number, turn: Turn): Leaf {
  const { dtype, count, rows } = honest.description(call, position);
  const rowsBefore = position < turn.position ? turn.row + 1 : turn.row;
  const last = Math.min(count, rowsBefore * widthOf(count, rows)) - 1;
  return { call, position, index: Math.floor(last / elementsPerLeaf(dtype as DType)) };
}

/** The first leaf under a node, or of the first tensor under it. */
export function firstLeaf({ part, level, index }: Node): Leaf {
  const first = index * 2 ** level;
  if (part.part === "calls") return { call: first, position: 0, index: 0 };
  if (part.part === "call") return { call: part.call, position: first, index: 0 };
  return { call: part.call, position: part.position, index: first };
}

/** The root of the tree of a tensor. */
function rootNode({ honest }: Sight, call: number, position: number): Node {
  const part = { part: "tensor", call, position } as const;
  return { part, level: honest.tree(part).depth, index: 0 };
}

/** First and last element below a node of a tensor; padding where there is nothing else. */
function elementsBelow({ honest }: Sight, { part, level, index }: Node): [number, number] {
  if (part.part !== "tensor") return [0, 0];
  const { dtype, count } = honest.description(part.call, part.position);
  if (!isDType(dtype)) return [0, 0];
  const each = 2 ** level * elementsPerLeaf(dtype);
  const first = index * each;
  return [first, Math.max(first, Math.min(first + each, count) - 1)];
}

/** When an element is computed; padding depends on nothing. */
function turnOf({ honest }: Sight, call: number, position: number, element: number): Turn {
  const { count, rows } = honest.description(call, position);
  if (element >= count) return { row: -1, position };
  return { row: Math.floor(element / widthOf(count, rows)), position };
}

/** Elements of a row. */
const widthOf = (count: number, rows: number): number => Math.max(1, Math.floor(count / rows));
