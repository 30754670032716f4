/**
 * Events and errors of all contracts, decoded: a log or a revert becomes a name with arguments by name, whichever of the
 * contracts it came from.
 */
import { Interface, type Log, type Result } from "ethers";
import { ABIS, type ContractName } from "./abi.ts";

/** A decoded event or error. */
export interface Decoded {
  /** The contract whose ABI knows it; of an event, the one at the address if an address book is given. */
  readonly contract: ContractName;
  readonly name: string;
  /** Arguments by name. Structs are arrays with names, as ethers gives them. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** The contracts' interfaces, for encoding and decoding without a provider. */
export const INTERFACES = Object.fromEntries(
  Object.entries(ABIS).map(([name, abi]) => [name, new Interface(abi as readonly string[])]),
) as unknown as Readonly<Record<ContractName, Interface>>;

const NAMES = Object.keys(ABIS) as ContractName[];

const byName = (args: Result, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name, i) => [name || String(i), args[i] as unknown]));

/** A log of one of the contracts; null if none of them knows it. */
export function decodeEvent(log: Pick<Log, "topics" | "data">): Decoded | null {
  for (const contract of NAMES) {
    const event = INTERFACES[contract].parseLog(log);
    if (event === null) continue;
    return {
      contract,
      name: event.name,
      args: byName(
        event.args,
        event.fragment.inputs.map(({ name }) => name),
      ),
    };
  }
  return null;
}

/** What a call reverted with, from its return data; null if no contract knows it. */
export function decodeError(data: string): Decoded | null {
  for (const contract of NAMES) {
    const error = INTERFACES[contract].parseError(data);
    // Error(string) and Panic(uint256) are known to every interface and belong to none.
    if (error === null || error.name === "Error" || error.name === "Panic") continue;
    return {
      contract,
      name: error.name,
      args: byName(
        error.args,
        error.fragment.inputs.map(({ name }) => name),
      ),
    };
  }
  return null;
}

/** The revert data inside what a provider or a signer threw; undefined if there is none. */
export function revertDataOf(thrown: unknown): string | undefined {
  for (let at: unknown = thrown, depth = 0; at !== null && typeof at === "object" && depth < 8; depth++) {
    const { data, error, info, cause } = at as { data?: unknown; error?: unknown; info?: unknown; cause?: unknown };
    if (typeof data === "string" && data.startsWith("0x") && data.length >= 10) return data;
    at = typeof data === "object" && data !== null ? data : (error ?? info ?? cause);
  }
  return undefined;
}
