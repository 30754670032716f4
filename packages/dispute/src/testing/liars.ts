/**
 * The liars, one object each: what they put in place of the truth. Where a lie would change nothing its place is chosen
 * again, by the same source of numbers.
 */
import { concat, equalBytes } from "@assay/vm/bytes";
import { bitsOf, DType, isDType, storeWord } from "@assay/vm/dtype";
import { isStopped, NodeMachine, operandsOf } from "@assay/vm/nodeMachine";
import { run as interpret, type Run, type Tamper } from "@assay/vm/interpreter";
import type { ReduceRecord } from "@assay/vm/record";
import type { Request } from "@assay/vm/request";
import { packSnapshot, unpackSnapshot } from "@assay/vm/snapshot";
import { countOf, denseBytes, elementsPerLeaf, leavesOf, type Tensor } from "@assay/vm/tensor";
import { Trace, type TracePart } from "@assay/vm/trace";
import { MOST_STEPS } from "../challenger.ts";
import { programMachine } from "../programMachine.ts";
import { deadlineOf } from "../clock.ts";
import { hidesRoot } from "../position.ts";
import { sideToMove, type Stage } from "../stage.ts";
import type { Random } from "./random.ts";
import { noise } from "./toy.ts";
import { sameOutputs, toldOf, type Liar, type Mind, type Place, type Told, type Truth } from "./villains.ts";

// ── Places ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Places tried before a lie is told where it does not reach the answer. */
const TRIES = 6;

type Wanted = (run: Run, call: number, position: number) => boolean;

const anywhere: Wanted = () => true;

/** Tensors of computed calls with elements, stop flags left out. */
function tensorsOf(run: Run, wanted: Wanted): { call: number; position: number }[] {
  const { layout } = run;
  const found: { call: number; position: number }[] = [];
  for (let call = 0; call < layout.calls; call++) {
    for (let position = layout.firstNode(call); position < layout.positions(call); position++) {
      if (layout.description(call, position).count > 0 && wanted(run, call, position)) found.push({ call, position });
    }
  }
  return found;
}

function choosePlace(run: Run, random: Random, wanted: Wanted = anywhere): Place | undefined {
  const tensors = tensorsOf(run, (source, call, position) => {
    return !isStopped(source, call) && wanted(source, call, position);
  });
  if (tensors.length === 0) return undefined;
  const { call, position } = tensors[random(tensors.length)];
  return { call, position, element: random(run.description(call, position).count) };
}

const isFloat: Wanted = ({ layout }, call, position) => layout.description(call, position).dtype === DType.FLOAT32;

/** Longer reductions are cut by accumulators: more steps than a proof runs at once. */
const SHORT_STEPS = 2 * MOST_STEPS;

const isLong: Wanted = ({ layout }, call, position) => {
  const geometry = layout.geometry(call, position - layout.firstNode(call));
  return geometry.valid && geometry.record.kind === "reduce" && geometry.extent > SHORT_STEPS;
};

// ── Elements ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Other bytes for an element's. */
type Spoil = (bytes: Uint8Array, random: Random) => Uint8Array;

const spoilt = (tensor: Tensor, element: number, spoil: (bytes: Uint8Array) => Uint8Array): Tensor => {
  const width = Math.max(1, bitsOf(tensor.dtype) / 8);
  const data = Uint8Array.from(denseBytes(tensor));
  data.set(spoil(data.slice(element * width, (element + 1) * width)), element * width);
  return { ...tensor, data };
};

const at =
  ({ call, position, element }: Place, spoil: (bytes: Uint8Array) => Uint8Array): Tamper =>
  (inCall, inPosition, tensor) =>
    inCall === call && inPosition === position ? spoilt(tensor, element, spoil) : tensor;

/** One element wrong, and everything after computed from it. */
function consistent(truth: Truth, random: Random, spoil: Spoil, wanted: Wanted = anywhere): Told | undefined {
  let run: Run | undefined;
  for (let i = 0; i < TRIES; i++) {
    const place = choosePlace(truth.run, random, wanted);
    if (!place) return undefined;
    run = truth.execute({ tamper: at(place, (bytes) => spoil(bytes, random)) });
    if (!sameOutputs(run, truth.run)) break;
  }
  return toldOf(truth, run!);
}

const inRowGroup: Wanted = (run, call, position) => {
  const { groupStart, groupEnd } = run.layout.description(call, position);
  return groupEnd - groupStart > 1 && isFloat(run, call, position);
};

/** One element of a row group wrong, and the rest of the group and all after it computed from it. */
function believedInGroup(truth: Truth, random: Random): Told | undefined {
  const { program, request } = truth.run.layout;
  const place = choosePlace(truth.run, random, inRowGroup);
  if (!place) return undefined;
  const bit = 1 << (16 + random(7));
  const run = interpret(program, request, undefined, (call, position, element, word) =>
    call === place.call && position === place.position && element === place.element ? Number(word) ^ bit : word,
  );
  return toldOf(truth, run);
}

/** One element wrong, and nothing computed from it. */
function alone(truth: Truth, random: Random, spoil: Spoil, wanted: Wanted = anywhere): Told | undefined {
  const place = choosePlace(truth.run, random, wanted);
  if (!place) return undefined;
  return toldOf(truth, truth.run, (trace) => replaced(trace, place, (bytes) => spoil(bytes, random)));
}

function replaced(trace: Trace, place: Place, spoil: (bytes: Uint8Array) => Uint8Array): Trace {
  const { call, position, element } = place;
  return trace.withTensor(call, position, spoilt(trace.tensor(call, position), element, spoil));
}

const word = (pattern: number): Uint8Array => Uint8Array.of(pattern, pattern >>> 8, pattern >>> 16, pattern >>> 24);

/** A bit of the upper half of the mantissa, or any of an integer's low byte: a lie worth telling. */
const grossly: Spoil = (bytes, random) =>
  bytes.map((byte, i) => (i === Math.max(0, bytes.length - 2) ? byte ^ (1 << random(7)) : byte));

const lastBit: Spoil = (bytes) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));

// ── Accumulators ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** An element's accumulators after each step, one of them wrong and those after it computed from that; and its value. */
function wrongSums(run: Run, { call, position, element }: Place, wrongStep: number, bit: number) {
  const { layout } = run;
  const geometry = layout.geometry(call, position - layout.firstNode(call));
  if (!geometry.valid) throw new RangeError(`no reduction at ${call}, ${position}`);
  const { accumulators, dtype } = geometry.record as ReduceRecord;
  const node = position - layout.firstNode(call);
  const machine = new NodeMachine(operandsOf(run), layout.request, call, node, geometry);
  machine.moveTo(element);
  let words = machine.init();
  const sums = [packSnapshot(accumulators, words)];
  for (let r = 0; r < geometry.extent; r++) {
    const sum = packSnapshot(accumulators, machine.step(r, words));
    if (r + 1 === wrongStep) sum[bit >> 3] ^= 1 << (bit & 7);
    words = unpackSnapshot(accumulators, sum);
    sums.push(sum);
  }
  const value = new Uint8Array(Math.max(1, bitsOf(dtype) / 8));
  storeWord(dtype, machine.final(words), value, 0);
  return { sums, value };
}

function wrongPartialSum(truth: Truth, random: Random): Told | undefined {
  for (let i = 0; i < 20 * TRIES; i++) {
    const place = choosePlace(truth.run, random, isLong);
    if (!place) return undefined;
    const { call, position, element } = place;
    const { extent } = programMachine(truth.claim, new Trace(truth.run)).steps(call, position);
    const { sums, value } = wrongSums(truth.run, place, 1 + random(extent - 1), 16 + random(7));
    const width = value.length;
    const right = denseBytes(truth.run.tensor(call, position)).slice(element * width, (element + 1) * width);
    // Where the rest of the element swallows the lie there is none.
    if (equalBytes(right, value)) continue;
    const run = truth.execute({ tamper: at(place, () => value) });
    if (i < TRIES && sameOutputs(run, truth.run)) continue;
    const told = toldOf(truth, run);
    const { machine } = told;
    return {
      ...told,
      machine: {
        ...machine,
        snapshots: (inCall, inPosition, inElement, steps) =>
          inCall === call && inPosition === position && inElement === element
            ? concat(...steps.map((step) => sums[step]))
            : machine.snapshots(inCall, inPosition, inElement, steps),
      },
    };
  }
  return undefined;
}

// ── Trees ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A node of the trace, above the leaves of its part. */
function chooseNode(trace: Trace, random: Random): { part: TracePart; level: number; index: number } {
  const { layout } = trace;
  const call = random(layout.calls);
  const position = random(layout.positions(call));
  const parts: TracePart[] = [{ part: "tensor", call, position }, { part: "call", call }, { part: "calls" }];
  const deep = parts.filter((part) => trace.tree(part).depth > 0);
  if (deep.length === 0) return chooseNode(trace, random);
  const part = deep[random(deep.length)];
  const level = 1 + random(trace.tree(part).depth);
  return { part, level, index: random(2 ** (trace.tree(part).depth - level)) };
}

/** Nodes beyond the end of a list or a tensor, one part each. */
function paddingNodes(trace: Trace, lists: boolean): { part: TracePart; index: number }[] {
  const { layout } = trace;
  const parts: TracePart[] = lists ? [{ part: "calls" }] : [];
  for (let call = 0; call < layout.calls; call++) {
    if (lists) parts.push({ part: "call", call });
    else
      for (let position = 0; position < layout.positions(call); position++)
        parts.push({ part: "tensor", call, position });
  }
  return parts.flatMap((part) => {
    const { count, depth } = trace.tree(part);
    return count < 2 ** depth ? [{ part, index: count }] : [];
  });
}

function dirtyNode(truth: Truth, random: Random, lists: boolean): Told | undefined {
  return toldIf(truth, (trace) => {
    const nodes = paddingNodes(trace, lists);
    if (nodes.length === 0) return undefined;
    const { part, index } = nodes[random(nodes.length)];
    return trace.withNode(part, 0, index, noise(random(1 << 30)));
  });
}

function dirtyLeaf(truth: Truth, random: Random): Told | undefined {
  return toldIf(truth, (trace) => {
    const tensors = tensorsOf(truth.run, ({ layout }, call, position) => {
      const { dtype, count } = layout.description(call, position);
      return isDType(dtype) && count % elementsPerLeaf(dtype) > 0;
    });
    if (tensors.length === 0) return undefined;
    const { call, position } = tensors[random(tensors.length)];
    const last = leavesOf(trace.description(call, position)) - 1;
    const leaf = trace.leaf(call, position, last);
    leaf[leaf.length - 1] ^= 1 + random(255);
    return trace.withLeaf(call, position, last, leaf);
  });
}

function toldIf(truth: Truth, bend: (trace: Trace) => Trace | undefined): Told | undefined {
  let possible = true;
  const told = toldOf(truth, truth.run, (trace) => {
    const bent = bend(trace);
    possible = bent !== undefined;
    return bent ?? trace;
  });
  return possible ? told : undefined;
}

// ── Other runs ───────────────────────────────────────────────────────────────────────────────────────────────────────

function shuffled(tensor: Tensor, random: Random): Tensor {
  const width = Math.max(1, bitsOf(tensor.dtype) / 8);
  const bytes = denseBytes(tensor);
  const elements = Array.from({ length: bytes.length / width }, (_, i) => bytes.slice(i * width, (i + 1) * width));
  for (let i = elements.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [elements[i], elements[j]] = [elements[j], elements[i]];
  }
  return { ...tensor, data: concat(...elements) };
}

/** Runs with other things until the answer is another one. */
function otherRun(truth: Truth, change: () => Parameters<Truth["execute"]>[0]): Told {
  let run = truth.execute(change());
  for (let i = 1; i < TRIES && sameOutputs(run, truth.run); i++) run = truth.execute(change());
  return toldOf(truth, run);
}

// ── Silence and delay ────────────────────────────────────────────────────────────────────────────────────────────────

/** A liar that answers until it is asked something, and then never again. */
function silent(name: string, summary: string, stage: Stage, inBlock?: boolean): Liar {
  return {
    name,
    summary,
    tell: (truth, random) => {
      const told = wrongPartialSum(truth, random);
      return (
        told && {
          ...told,
          mind: (usual) => (dispute, game, now) => {
            const { list, height } = game.position;
            const atBlock = height === 0 && (list === "tensor" || list === "blocks");
            if (game.stage !== stage || (inBlock !== undefined && atBlock !== inBlock))
              return usual(dispute, game, now);
            return { kind: "wait", reason: "silence", until: game.clock.since + game.clock.provider };
          },
        }
      );
    },
  };
}

/** Seconds before the end of its time in which a move is sure to be in time. */
const MARGIN = 2;

/** Answers, but as late as it may. */
const stalling =
  (usual: Mind): Mind =>
  (dispute, game, now) => {
    const until = deadlineOf(game.clock, "provider") - MARGIN;
    if (sideToMove(game.stage) !== "provider" || now >= until) return usual(dispute, game, now);
    return { kind: "wait", reason: "there is time", until };
  };

// ── The liars ────────────────────────────────────────────────────────────────────────────────────────────────────────

const describedCount = ({ shape }: Tensor): number => countOf(shape);

/** -0 in place of a right +0, where the program makes one; else in place of another number. */
function zeroOf(truth: Truth, random: Random): Told | undefined {
  const zeros = tensorsOf(truth.run, isFloat).flatMap(({ call, position }) => {
    const data = denseBytes(truth.run.tensor(call, position));
    const found: Place[] = [];
    for (let i = 0; i < data.length; i += 4) {
      if ((data[i] | data[i + 1] | data[i + 2] | data[i + 3]) === 0) found.push({ call, position, element: i / 4 });
    }
    return found;
  });
  if (zeros.length === 0) return alone(truth, random, () => word(0x80000000), isFloat);
  const place = zeros[random(zeros.length)];
  return toldOf(truth, truth.execute({ tamper: at(place, () => word(0x80000000)) }));
}

/** A request with a NaN in it, where it has float inputs: so that there are NaNs in the right run. */
function withNaN(request: Request): Request {
  const inputs = request.inputs.map((tensor) =>
    tensor.dtype === DType.FLOAT32 ? spoilt(tensor, 0, () => word(0xffc12345)) : tensor,
  );
  return { ...request, inputs };
}

const inCall =
  (wanted: (calls: number) => number): Wanted =>
  ({ layout }, call) => {
    return layout.calls > 1 && call === wanted(layout.calls);
  };

const loadsHistory: Wanted = ({ layout }, call, position) => {
  const geometry = layout.geometry(call, position - layout.firstNode(call));
  return call > 0 && geometry.valid && geometry.record.operands.some(({ kind }) => kind === "history");
};

const stoppedCalls = (run: Run): number[] =>
  Array.from({ length: run.layout.calls }, (_, call) => call).filter((call) => isStopped(run, call));

const decodeCalls = (run: Run): number[] =>
  Array.from({ length: run.layout.calls }, (_, call) => call).filter((call) => run.layout.list(call) === "decode");

export const LIARS: readonly Liar[] = [
  {
    name: "wrong-partial-sum",
    summary: "one wrong accumulator inside a reduction, and everything after computed from it",
    tell: wrongPartialSum,
  },
  {
    name: "wrong-element",
    summary: "one wrong element, and everything after computed from it",
    tell: (truth, random) => consistent(truth, random, grossly),
  },
  {
    name: "wrong-element-alone",
    summary: "one wrong element in the middle of a run that goes on without it",
    tell: (truth, random) => alone(truth, random, grossly),
  },
  {
    name: "wrong-output",
    summary: "a wrong answer at the end of a right run",
    tell: (truth) => toldOf(truth, truth.run),
  },
  {
    name: "right-trace",
    summary: "a wrong answer, and a trace that is right",
    tell: (truth) => {
      const trace = new Trace(truth.run);
      return { ...toldOf(truth, truth.run), trace, machine: programMachine(truth.claim, trace) };
    },
  },
  {
    name: "wrong-rounding",
    summary: "one result rounded the wrong way: its last bit",
    tell: (truth, random) => consistent(truth, random, lastBit, isFloat),
  },
  {
    name: "minus-zero",
    summary: "-0 where +0 is right",
    tell: (truth, random) => zeroOf(truth, random),
  },
  {
    name: "nan-payload",
    summary: "a NaN that is not the canonical one",
    ask: withNaN,
    tell: (truth, random) => alone(truth, random, () => word(0x7fc00001 + random(1000)), isFloat),
  },
  {
    name: "wrong-weight",
    summary: "one weight that is not the model's",
    tell: (truth, random) =>
      otherRun(truth, () => {
        const { program } = truth.run.layout;
        const index = random(program.params.length);
        const tensor = program.params[index];
        const element = random(describedCount(tensor));
        const params = program.params.with(
          index,
          spoilt(tensor, element, (bytes) => grossly(bytes, random)),
        );
        return { program: { ...program, params } };
      }),
  },
  {
    name: "other-weights",
    summary: "the answer of a model with other weights",
    tell: (truth, random) =>
      otherRun(truth, () => {
        const { program } = truth.run.layout;
        return { program: { ...program, params: program.params.map((tensor) => shuffled(tensor, random)) } };
      }),
  },
  {
    name: "other-request",
    summary: "the answer to another request",
    tell: (truth, random) =>
      otherRun(truth, () => {
        const { request } = truth.run.layout;
        return { request: { ...request, inputs: request.inputs.map((tensor) => shuffled(tensor, random)) } };
      }),
  },
  {
    name: "dirty-padding",
    summary: "bytes behind the end of a tensor, in its last leaf",
    tell: dirtyLeaf,
  },
  {
    name: "dirty-tree",
    summary: "a leaf beyond the last of a tensor's tree",
    tell: (truth, random) => dirtyNode(truth, random, false),
  },
  {
    name: "dirty-list",
    summary: "a tensor beyond the last of a call, or a call beyond the last",
    tell: (truth, random) => dirtyNode(truth, random, true),
  },
  {
    name: "broken-tree",
    summary: "a node whose children do not hash to it",
    tell: (truth, random) =>
      toldOf(truth, truth.run, (trace) => {
        const { part, level, index } = chooseNode(trace, random);
        return trace.withNode(part, level, index, noise(random(1 << 30)));
      }),
  },
  {
    name: "wrong-description",
    summary: "a tensor that says of itself what its record does not",
    tell: (truth, random) => {
      const place = choosePlace(truth.run, random);
      if (!place) return undefined;
      const { call, position } = place;
      const told = toldOf(truth, truth.run, (trace) => {
        const description = trace.description(call, position);
        const wrong = [
          { ...description, rows: description.rows + 1 },
          { ...description, count: description.count + 1 },
          { ...description, groupEnd: description.groupEnd + 1 },
          { ...description, dtype: description.dtype === DType.FLOAT32 ? DType.INT32 : DType.FLOAT32 },
        ];
        return trace.withDescription(call, position, wrong[random(wrong.length)]);
      });
      return {
        ...told,
        // The chain takes the description from the record, so that this commitment has no opening.
        mind: (usual) => (dispute, game, now) =>
          game.stage === "open" &&
          hidesRoot(game.position) &&
          game.position.call === call &&
          game.position.node === position
            ? { kind: "wait", reason: "no opening", until: game.clock.since + game.clock.provider }
            : usual(dispute, game, now),
      };
    },
  },
  {
    name: "wrong-stop-flag",
    summary: "a generation that stops where it should go on",
    tell: (truth, random) => {
      const running = decodeCalls(truth.run).filter((call) => !isStopped(truth.run, call));
      if (running.length === 0) return undefined;
      const place = { call: running[random(running.length)], position: 0, element: 0 };
      return toldOf(truth, truth.execute({ tamper: at(place, () => Uint8Array.of(1)) }));
    },
  },
  {
    name: "unstopped-call",
    summary: "a number in a call after the end, where all is zero",
    tell: (truth, random) => {
      const calls = stoppedCalls(truth.run);
      if (calls.length === 0) return undefined;
      const stopped = tensorsOf(truth.run, (_run, call) => calls.includes(call));
      const { call, position } = stopped[random(stopped.length)];
      const place = { call, position, element: random(truth.run.description(call, position).count) };
      return toldOf(truth, truth.execute({ tamper: at(place, (bytes) => grossly(bytes, random)) }));
    },
  },
  {
    name: "call-3",
    summary: "one wrong element in call 3",
    tell: (truth, random) =>
      consistent(
        truth,
        random,
        grossly,
        inCall(() => 3),
      ),
  },
  {
    name: "epilogue",
    summary: "one wrong element in the last call, which holds the answer",
    tell: (truth, random) =>
      consistent(
        truth,
        random,
        grossly,
        inCall((calls) => calls - 1),
      ),
  },
  {
    name: "wrong-history",
    summary: "one wrong element where an earlier call is loaded",
    tell: (truth, random) => consistent(truth, random, grossly, loadsHistory),
  },
  {
    name: "believed-in-row-group",
    summary: "one wrong element of a row group, which the rest of the group believes",
    tell: believedInGroup,
  },
  {
    name: "stalling-in-row-group",
    summary: "the same, and each answer in its last second, until no other game can begin",
    tell: (truth, random) => {
      const told = believedInGroup(truth, random);
      return told && { ...told, mind: stalling };
    },
  },
  silent("silent-at-trace", "a wrong answer, and silence when its trace is asked for", "trace"),
  silent("silent-at-open", "a lie, and silence when a node is to be opened", "open", false),
  silent("silent-at-block", "a lie, and silence when a block is to be opened", "open", true),
  silent("silent-at-publish", "a lie, and silence when accumulators are to be published", "publish"),
];

/** The liar of this name. Throws a RangeError where there is none. */
export function liarNamed(name: string): Liar {
  const liar = LIARS.find((other) => other.name === name);
  if (!liar) throw new RangeError(`no liar is named ${name}`);
  return liar;
}
