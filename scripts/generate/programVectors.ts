/**
 * Writes `test/vectors/program/examples.json`: the hand-written programs of `packages/vm/src/testing/tinyPrograms.ts` in
 * bytes, and every root and one witness of their runs. These bytes change only when the format does. `--check` writes
 * nothing and exits 1 if the file is stale.
 *
 *   node scripts/generate/programVectors.ts [--check]
 */
import { fileURLToPath } from "node:url";
import * as prettier from "prettier";
import {
  claimHash,
  claimOf,
  encodeHeader,
  keccak,
  packSymbols,
  Part,
  programRoot,
  run,
  toHex,
  Trace,
  WitnessMaker,
  type Hex,
} from "../../packages/vm/src/index.ts";
import { tinyPrograms, type Example } from "../../packages/vm/src/testing/tinyPrograms.ts";
import { keepSnapshot } from "../helpers/snapshot.ts";

const FILE = new URL("../../test/vectors/program/examples.json", import.meta.url);
/** The chain and the holder that the claims' hashes are made for. */
const CHAIN_ID = 31337n;
const HOLDER = new Uint8Array(20).fill(0x11);

function vector({ name, program, request }: Example): Record<string, unknown> {
  const result = run(program, request);
  const trace = new Trace(result);
  const claim = claimOf(result);
  const call = request.calls - 1;
  const step = { claim, traceRoot: trace.root, call, position: 0, element: 0, lo: 0, hi: 0, from: new Uint8Array(32) };
  const { witness, result: value } = new WitnessMaker(trace).make({ ...step, part: Part.VALUE });
  const hexes = (records: readonly Uint8Array[]): Hex[] => records.map(toHex);
  return {
    name,
    header: toHex(encodeHeader(program.header)),
    // Long records, which are invalid by their length alone, only as their hash.
    ...Object.fromEntries(
      (["prompt", "decode", "epilogue"] as const).map((list) => [
        list,
        hexes(program[list].map((record) => (record.length > 4096 ? keccak(record) : record))),
      ]),
    ),
    programRoot: toHex(programRoot(program)),
    paramsRoot: toHex(claim.paramsRoot),
    inputsRoot: toHex(claim.inputsRoot),
    outputsRoot: toHex(claim.outputsRoot),
    symbols: `0x${packSymbols(request.symbols).toString(16)}`,
    calls: request.calls,
    claimHash: toHex(claimHash(claim, CHAIN_ID, HOLDER)),
    traceRoot: toHex(trace.root),
    lastCall: { value: toHex(value), witness: toHex(witness) },
  };
}

const filepath = fileURLToPath(FILE);
const options = { ...(await prettier.resolveConfig(filepath)), filepath };
const text = await prettier.format(JSON.stringify(tinyPrograms().map(vector)), options);

keepSnapshot("test/vectors/program/examples.json", text, "scripts/generate/programVectors.ts");
