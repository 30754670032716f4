/**
 * Whole disputes played on the chain and what they cost, both sides together, from challenge to payout credited, over the
 * real step evaluator. The claim holder is a toy, and credits are not zero before.
 */
import { LEAF_BYTES } from "../../packages/vm/src/tree.ts";
import { network } from "hardhat";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  blockOf,
  commitmentOf,
  nextProviderMove,
  proveCommitted,
  type Move,
  type Rules,
} from "../../packages/dispute/src/index.ts";
import { MOST_STEPS } from "../../packages/dispute/src/challenger.ts";
import type { Machine } from "../../packages/dispute/src/machine.ts";
import { noise } from "../../packages/dispute/src/testing/toy.ts";
import { Engine } from "../../packages/engine/src/index.ts";
import { importOnnx, type ImportOptions } from "../../packages/graph/src/index.ts";
import { readHeldOut } from "../../packages/graph/src/testing/digits.ts";
import { DType } from "../../packages/vm/src/dtype.ts";
import { fromHex } from "../../packages/vm/src/hash.ts";
import { run } from "../../packages/vm/src/interpreter.ts";
import { makeTensor } from "../../packages/vm/src/tensor.ts";
import { Trace } from "../../packages/vm/src/trace.ts";
import { loadParameters } from "../../packages/protocol/src/index.ts";
import {
  challenge,
  isConvicted,
  play,
  postTrace,
  readGame,
  send,
  setTable,
  type Case,
  type Table,
} from "../../test/helpers/dispute-table.ts";
import { setMarketTable } from "../../test/helpers/marketTable.ts";
import { languageModel } from "./languageModel.ts";

/** A wrong number: where it is, and the step from which the accumulators that lead to it are wrong. */
interface Lie {
  readonly call: number;
  readonly position: number;
  readonly element: number;
  readonly step: number;
}

export interface Row {
  readonly place: string;
  readonly arity: number;
  readonly transactions: number;
  readonly gas: number;
  readonly proof: number;
  /** Commit and prove, where the element is short enough to be computed at once. */
  readonly committed?: number;
  readonly moves: readonly { readonly kind: string; readonly gas: number }[];
}

const chain = await network.create();
const DEPLOYMENT = fileURLToPath(new URL("../../packages/deployment/parameters/default.json5", import.meta.url));

/** The digit classifier on its first held-out image. */
function digits(): Trace {
  const { program } = importOnnx(readFileSync("models/digits/digits.onnx"));
  const [image] = readHeldOut(1).images;
  const input = makeTensor(DType.FLOAT32, [1, 1, 8, 8], new Uint8Array(new Float32Array(image).buffer));
  return new Trace(run(program, { inputs: [input], symbols: [1], seed: 0n, calls: 1 }));
}

/** Token of the text model whose logit is disputed; the call before it in the list of calls computes it. */
const TOKEN = 20;
/** Steps of a logit: the width of the model. */
const LOGIT_STEPS = 64;

/** The text model after the first held-out beginning, and the wrong logit of a token. */
function text(): { readonly honest: Trace; readonly lie: Lie } {
  const options = JSON.parse(readFileSync("models/text/import.json", "utf8")) as ImportOptions;
  const { program, report } = importOnnx(readFileSync("models/text/text.onnx"), options);
  const [{ prompt }] = JSON.parse(readFileSync("models/text/heldout.json", "utf8")) as { prompt: string }[];
  const tokens = BigInt64Array.from(prompt, (character) => BigInt(report.metadata.vocabulary.indexOf(character)));
  const input = makeTensor(DType.INT64, [1, tokens.length], new Uint8Array(tokens.buffer));
  const request = { inputs: [input], symbols: [tokens.length], seed: 1n, calls: TOKEN + 4 };
  const honest = new Trace(new Engine(program).run(request));
  const call = TOKEN - 1;
  const position = honest.layout.firstNode(call) + report.nodeOperators.decode.lastIndexOf("MatMul");
  return { honest, lie: { call, position, element: 7, step: LOGIT_STEPS - 20 } };
}

/** Row of the prompt in which a number of the recurrent unit is wrong. */
const WRONG_ROW = 3;

/** The sequence model's recurrent unit: a wrong number of a tensor of its row group, which all after it believes. */
function sequence(position: number): { readonly honest: Trace; readonly shown: Trace } {
  const { program } = importOnnx(readFileSync("models/sequence/sequence.onnx"));
  const tokens = BigInt64Array.of(3n, 7n, 1n, 12n, 5n, 9n);
  const input = makeTensor(DType.INT64, [1, tokens.length], new Uint8Array(tokens.buffer));
  const request = { inputs: [input], symbols: [tokens.length], seed: 0n, calls: 4 };
  const honest = new Trace(run(program, request));
  const { count, rows } = honest.description(0, position);
  const wrong = WRONG_ROW * (count / rows) + 7;
  const told = run(program, request, undefined, (call, at, element, word) =>
    call === 0 && at === position && element === wrong ? Number(word) ^ 0x400000 : word,
  );
  return { honest, shown: new Trace(told) };
}

const model = languageModel();
const small = digits();

/** What the earlier dispute is about. */
const EARLIER: Place = { honest: small, lie: { call: 0, position: 2, element: 100, step: 0 } };

/** Where a lie is told: one number of a trace, or a whole trace. */
type Place = { readonly honest: Trace } & ({ readonly lie: Lie } | { readonly shown: Trace });

export const PLACES: Readonly<Record<string, Place>> = {
  "digits, convolution": { honest: small, lie: { call: 0, position: 1, element: 900, step: 40 } },
  "digits, Gemm": { honest: small, lie: { call: 0, position: 3, element: 6, step: 214 } },
  "language model, prompt": { honest: model, lie: { call: 0, position: 998, element: 1_048_575, step: 5003 } },
  "language model, decode": { honest: model, lie: { call: 150, position: 998, element: 8_191, step: 5003 } },
  "text, logit of token 20": text(),
  "sequence, gates": sequence(2),
  "sequence, candidate": sequence(3),
  "sequence, state": sequence(4),
};

/** Who holds the claims: a toy that only remembers, or the market with all its money. */
export type Holder = "toy" | "market";

/** A place to dispute: claims come from `post`, each to what one trace says where another is right. */
interface Court {
  readonly table: Table;
  post(told: Told): Promise<Case>;
}

/** A lie as its provider tells it. */
interface Told {
  readonly honest: Trace;
  readonly shown: Trace;
  /** What the provider computes with. */
  machine(own: Machine): Machine;
}

const COURTS: Readonly<Record<Holder, (sizes: Rules) => Promise<Court>>> = {
  toy: async (sizes) => {
    const table = await setTable(chain, "StepEvaluator", sizes);
    let claimId = 0n;
    const post = ({ honest, shown, machine }: Told): Promise<Case> =>
      postTrace(table, honest, () => shown, { machine, claimId: ++claimId });
    return { table, post };
  },
  market: async (sizes) => {
    const parameters = loadParameters(DEPLOYMENT);
    const game = { ...parameters.game, ...sizes };
    const { table, post } = await setMarketTable(await network.create(), { ...parameters, game });
    return { table, post: async ({ honest, shown, machine }) => (await post(honest, shown, machine)).played };
  },
};

/** A court at which both sides have credits from an earlier dispute. */
async function sit(holder: Holder, sizes: Rules): Promise<Court> {
  const court = await COURTS[holder](sizes);
  const earlier = await court.post(told(EARLIER));
  await play(court.table, earlier, await challenge(court.table, earlier));
  court.table.made.length = 0;
  return court;
}

/** A lie at a place; where that is one element, the sums that lead to it are wrong too. */
function told(place: Place): Told {
  const { honest } = place;
  if ("shown" in place) return { honest, shown: place.shown, machine: (own) => own };
  const { call, position, element, step } = place.lie;
  const each = LEAF_BYTES / 4;
  const leaf = honest.leaf(call, position, Math.floor(element / each));
  leaf[(element % each) * 4] ^= 1;
  const shown = honest.withLeaf(call, position, Math.floor(element / each), leaf);
  const machine = (own: Machine): Machine => ({
    ...own,
    snapshots: (...args) => {
      const snapshots = own.snapshots(...args);
      const width = own.steps(call, position).snapshotBytes;
      args[3].forEach((cut, i) => (snapshots[width * (i + 1) - 4] ^= cut > step ? 1 : 0));
      return snapshots;
    },
  });
  return { honest, shown, machine };
}

/**
 * One dispute: over the wrong number at a place of PLACES, under these parameters, by a challenger that proves at most so many steps
 * at once.
 */
export async function measure(
  place: string,
  sizes: Rules,
  holder: Holder = "toy",
  mostSteps = MOST_STEPS,
): Promise<Row> {
  const { table, post } = await sit(holder, sizes);
  const played = await post(told(PLACES[place]));
  await play(table, played, await challenge(table, played), { mostSteps });
  if (!(await isConvicted(table, played.dispute.claimId))) throw new Error("not convicted");
  const moves = table.made.map(({ kind, gas }) => ({ kind, gas: Number(gas) }));
  const gas = moves.reduce((sum, move) => sum + move.gas, 0);
  const row = { place, arity: 2 ** sizes.arityLog2, transactions: moves.length, gas, proof: moves.at(-1)!.gas, moves };
  return place === "digits, convolution" && holder === "toy"
    ? { ...row, committed: await measureCommitted(sizes) }
    : row;
}

/** Commit and prove of a wrong element of a short reduction, the trace being open. */
async function measureCommitted(sizes: Rules): Promise<number> {
  const { table, post } = await sit("toy", sizes);
  const place = { call: 0, position: 2, element: 200 };
  const played = await post(told({ honest: small, lie: { ...place, step: 0 } }));
  const { dispute, provider } = played;
  const id = await challenge(table, played, table.strangers[0]);
  const game = await readGame(table, id);
  const opening = nextProviderMove(dispute, game, provider.trace, provider.machine, 0) as Move;
  await send(table, table.operator, opening);
  const salt = noise(1);
  const sender = fromHex(table.challenger.address);
  const commitment = commitmentOf(sender, dispute.claimId, blockOf(provider.machine, place), salt);
  const commit = await send(table, table.challenger, { kind: "commit", commitment });
  const prove = await send(
    table,
    table.challenger,
    proveCommitted(dispute, provider.trace, provider.machine, place, salt),
  );
  return Number(commit.gas + prove.gas);
}
