/**
 * Orders: what a claim of the market is bound to before it is accepted, the twin of `IInferenceMarket.Order` and
 * `Details.sol`. An order is found in the event of its request and travels in calldata with each later step; its hash is
 * the claim's id.
 */
import { AbiCoder, keccak256 } from "ethers";

/** When a consumer is called: after the window, or as soon as the answer is posted. */
export const FINALITY = { final: 0, posted: 1 } as const;

/** Where a claim stands: `Status` in `ClaimState.sol`, in its order. */
export const STATUSES = [
  "none",
  "requested",
  "accepted",
  "posted",
  "final",
  "refunded",
  "convicted",
  "settled",
] as const;
export type Status = (typeof STATUSES)[number];

/** The small numbers of an order; durations in seconds. */
export interface OrderDetails {
  readonly calls: number;
  readonly callbackGas: number;
  readonly windowSeconds: number;
  readonly acceptSeconds: number;
  readonly answerSeconds: number;
  readonly finality: number;
  readonly privateInput: boolean;
  /** 64 bits. */
  readonly salt: bigint;
}

/** An order with its details packed, as contracts take it. Roots and addresses are hexadecimal. */
export interface Order {
  readonly modelId: string;
  readonly programRoot: string;
  readonly paramsRoot: string;
  readonly inputsRoot: string;
  readonly seed: bigint;
  readonly symbols: bigint;
  readonly requester: string;
  readonly callback: string;
  readonly details: bigint;
}

const FIELDS = [
  ["modelId", "bytes32"],
  ["programRoot", "bytes32"],
  ["paramsRoot", "bytes32"],
  ["inputsRoot", "bytes32"],
  ["seed", "uint256"],
  ["symbols", "uint256"],
  ["requester", "address"],
  ["callback", "address"],
  ["details", "uint256"],
] as const;

/** First bit and width of each number in `details`, and how it is called. */
const PLACES = [
  ["calls", 0n, 32n],
  ["callbackGas", 32n, 32n],
  ["windowSeconds", 64n, 24n],
  ["acceptSeconds", 88n, 24n],
  ["answerSeconds", 112n, 24n],
  ["finality", 136n, 1n],
  ["privateInput", 137n, 1n],
  ["salt", 192n, 64n],
] as const;

/** The details as one word. Throws a RangeError where a number does not fit. */
export function packDetails(details: OrderDetails): bigint {
  let word = 0n;
  for (const [name, shift, bits] of PLACES) {
    const value = BigInt(details[name]);
    if (value < 0n || value >> bits !== 0n) throw new RangeError(`${name} ${value} does not fit in ${bits} bits`);
    word |= value << shift;
  }
  return word;
}

/** The details in a word. */
export function unpackDetails(word: bigint): OrderDetails {
  const at = (name: (typeof PLACES)[number][0]): bigint => {
    const [, shift, bits] = PLACES.find(([place]) => place === name)!;
    return (word >> shift) & ((1n << bits) - 1n);
  };
  return {
    calls: Number(at("calls")),
    callbackGas: Number(at("callbackGas")),
    windowSeconds: Number(at("windowSeconds")),
    acceptSeconds: Number(at("acceptSeconds")),
    answerSeconds: Number(at("answerSeconds")),
    finality: Number(at("finality")),
    privateInput: at("privateInput") === 1n,
    salt: at("salt"),
  };
}

/** A plain object from an order as contract libraries return it, which is an array with names. */
export function toOrder(decoded: Order): Order {
  return Object.fromEntries(FIELDS.map(([name]) => [name, decoded[name]])) as unknown as Order;
}

/** The claim id of an order: the hash of chain, market and order without its lowest 32 bits. */
export function claimIdOf(order: Order, chainId: bigint, market: string): bigint {
  const types = ["uint256", "address", ...FIELDS.map(([, type]) => type)];
  const values = [chainId, market, ...FIELDS.map(([name]) => order[name])];
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(types, values))) >> 32n;
}
