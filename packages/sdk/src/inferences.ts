/**
 * The market in the words of the packages: tensors in, claims out, one method for each step of an inference's life.
 */
import type { IInferenceMarket, InferenceMarket } from "@assay/protocol";
import {
  concat,
  encodeDescription,
  fromHex,
  inputsRootOf,
  commitment,
  denseBytes,
  joinedRoot,
  packSymbols,
  plainHasher,
  tensorRoot,
  type Claim,
  type Description,
  type Hash,
  type Request,
  type Tensor,
  type TensorHasher,
} from "@assay/vm";
import { hexlify, type Signer, type TransactionReceipt } from "ethers";

export type Order = IInferenceMarket.OrderStruct;

/** What a requester asks for, beside the request's own tensors, symbols, seed and calls. */
export interface Terms {
  /** 32 bytes, as the registry names the model. */
  readonly modelId: string;
  /** In smallest units of the token. */
  readonly fee: bigint;
  readonly acceptSeconds: number;
  readonly answerSeconds: number;
  /** Contract that is called with the final answer. */
  readonly callback?: string;
  readonly callbackGas?: number;
  /** Tells equal requests apart. */
  readonly salt?: bigint;
}

/** A request as the chain has it. */
export interface Asked {
  readonly claimId: bigint;
  readonly order: Order;
  readonly receipt: TransactionReceipt;
}

/** An output tensor and what its commitment says of it. */
export interface Output {
  readonly tensor: Tensor;
  readonly description: Description;
}

/** keccak of the outputs' commitments: what a provider claims. */
export function outputsRootOf(outputs: readonly Output[], hasher?: TensorHasher): Hash {
  return joinedRoot(
    outputs.map(({ tensor, description }) => commitment(description, tensorRoot(tensor, hasher), hasher)),
    hasher,
  );
}

export class Inferences {
  readonly #market: InferenceMarket;
  readonly #hasher: TensorHasher;

  /**
   * @param market The deployed market, connected to a provider.
   * @param hasher Hashes inputs and outputs; `fastHasher` of `@assay/engine` is up to a hundred times as fast.
   */
  constructor(market: InferenceMarket, hasher = plainHasher) {
    this.#market = market;
    this.#hasher = hasher;
  }

  /** Asks with public inputs; the fee must be approved or credited. */
  async request(request: Request, terms: Terms, by: Signer): Promise<Asked> {
    const asked: IInferenceMarket.RequestStruct = {
      modelId: terms.modelId,
      seed: request.seed,
      symbols: packSymbols(request.symbols),
      fee: terms.fee,
      calls: request.calls,
      provider: 0,
      acceptSeconds: terms.acceptSeconds,
      answerSeconds: terms.answerSeconds,
      reassignments: 0,
      callback: terms.callback ?? "0x0000000000000000000000000000000000000000",
      callbackGas: terms.callbackGas ?? 0,
      finality: 0,
      salt: terms.salt ?? 0n,
    };
    const inputs = concat(...request.inputs.map(denseBytes));
    const receipt = await this.#send(by, "request", [asked, inputs]);
    const event = receipt.logs.map((log) => this.#market.interface.parseLog(log)).find((e) => e?.name === "Requested");
    return { claimId: event!.args.claimId as bigint, order: event!.args.order.toObject() as Order, receipt };
  }

  /** Takes a request on. */
  accept({ order }: Asked, operator: Signer): Promise<TransactionReceipt> {
    return this.#send(operator, "accept", [order]);
  }

  /** Answers with the outputs' bytes. */
  post({ order }: Asked, outputs: readonly Output[], operator: Signer): Promise<TransactionReceipt> {
    const descriptions = concat(...outputs.map(({ description }) => encodeDescription(description)));
    const bytes = concat(...outputs.map(({ tensor }) => denseBytes(tensor)));
    return this.#send(operator, "post", [order, descriptions, bytes]);
  }

  /** Answers with the outputs root alone. */
  postRoot({ order }: Asked, outputsRoot: Hash, uri: string, operator: Signer): Promise<TransactionReceipt> {
    return this.#send(operator, "postRoot", [order, outputsRoot, uri]);
  }

  /** Pays the provider after the window, and calls the consumer where there is one. Anyone may. */
  finalise({ claimId, order }: Asked, outputs: readonly Output[], by: Signer): Promise<TransactionReceipt> {
    if (BigInt(order.callback as string) === 0n) return this.#send(by, "finalise", [claimId]);
    const descriptions = concat(...outputs.map(({ description }) => encodeDescription(description)));
    const bytes = concat(...outputs.map(({ tensor }) => denseBytes(tensor)));
    return this.#send(by, "finaliseAndCall", [order, outputsRootOf(outputs, this.#hasher), descriptions, bytes]);
  }

  /** After a conviction: the fee and the requester's share of the slash become the requester's credit. Anyone may. */
  refund({ order }: Asked, by: Signer): Promise<TransactionReceipt> {
    return this.#send(by, "refund", [order]);
  }

  /** The claim that an answer to an order makes. */
  claimOf({ order }: Asked, request: Request, outputsRoot: Hash): Claim {
    return {
      programRoot: fromHex(hexlify(order.programRoot)),
      paramsRoot: fromHex(hexlify(order.paramsRoot)),
      inputsRoot: inputsRootOf(request.inputs, this.#hasher),
      outputsRoot,
      seed: request.seed,
      symbols: packSymbols(request.symbols),
      calls: request.calls,
    };
  }

  async #send(by: Signer, method: string, args: unknown[]): Promise<TransactionReceipt> {
    const contract = this.#market.connect(by) as InferenceMarket;
    const sent = await contract.getFunction(method).send(...args);
    return (await sent.wait())!;
  }
}
