/**
 * The machine behind real traces: programs as the scalar machine runs them. Twin of StepEvaluator.sol behind the seam.
 */
import { concat, ByteWriter } from "@assay/vm/bytes";
import type { Claim } from "@assay/vm/claim";
import { encodeHeader } from "@assay/vm/header";
import type { Layout } from "@assay/vm/layout";
import { recordLeaf } from "@assay/vm/record";
import { accumulatorsAt, snapshotLength } from "@assay/vm/snapshot";
import { Part, type Step } from "@assay/vm/stepEvaluator";
import type { Trace } from "@assay/vm/trace";
import { listTree, proofOf } from "@assay/vm/tree";
import { WitnessMaker } from "@assay/vm/witness";
import { PARTS, type Machine } from "./machine.ts";

const STEP_PARTS = [Part.VALUE, Part.STEPS, Part.FINAL, Part.SHAPE];

/** The machine that computes a trace's numbers again; snapshots are those of `trace`. */
export function programMachine(claim: Claim, trace: Trace): Machine {
  const { layout } = trace;
  // A maker hashes the parameters once.
  const makers = new WeakMap<Trace, WitnessMaker>();
  const nodeOf = (call: number, position: number): number => position - layout.firstNode(call);
  return {
    description: (call, position) => layout.description(call, position),
    steps: (call, position) => {
      if (layout.isStopFlag(call, position)) return { extent: 0, snapshotBytes: 0 };
      const geometry = layout.geometry(call, nodeOf(call, position));
      if (!geometry.valid || geometry.record.kind === "map") return { extent: 0, snapshotBytes: 0 };
      return { extent: geometry.extent, snapshotBytes: snapshotLength(geometry.record.accumulators) };
    },
    snapshots: (call, position, element, steps) =>
      concat(...accumulatorsAt(trace, call, nodeOf(call, position), element, steps)),
    shapeWitness: (call, position) => shapeWitness(layout, call, position),
    witness: (shown, { call, position, element, part, from, to, before }) => {
      const step: Step = {
        claim,
        traceRoot: shown.root,
        call,
        position,
        element,
        part: STEP_PARTS[PARTS.indexOf(part)],
        lo: from,
        hi: to,
        from: concat(before, new Uint8Array(32 - before.length)),
      };
      const maker = makers.get(shown) ?? new WitnessMaker(shown);
      makers.set(shown, maker);
      return maker.make(step).witness;
    },
  };
}

/** Header, record and record path; the header alone for a stop flag. */
function shapeWitness(layout: Layout, call: number, position: number): Uint8Array {
  const { program } = layout;
  const header = encodeHeader(program.header);
  const writer = new ByteWriter().u16(header.length).put(header);
  if (layout.isStopFlag(call, position)) return writer.bytes;
  const records = program[layout.list(call)];
  const node = position - layout.firstNode(call);
  const path = proofOf(listTree(records.map(recordLeaf)), node);
  return writer
    .u16(records[node].length)
    .put(records[node])
    .put(concat(...path)).bytes;
}
