/**
 * Who has what: tokens and wei of everybody in the story, wherever the contracts hold them, and what each transaction
 * cost.
 */
import type { TransactionReceipt } from "ethers";
import { ROLES, type Role, type Stage } from "./stage.ts";

/** One person's means. Tokens in smallest units, coins in wei. */
export interface Means {
  /** Tokens in the wallet, and credited by the market. */
  readonly tokens: bigint;
  /** Stake, with what is locked. */
  readonly stake: bigint;
  /** Fees earned and not yet withdrawn. */
  readonly earnings: bigint;
  /** Native coins in the wallet and credited by the game, gas spent added back. */
  readonly wei: bigint;
}

export type Balances = Readonly<Record<Role, Means>>;

export interface Expense {
  readonly by: Role;
  readonly kind: string;
  readonly gas: bigint;
}

export class Ledger {
  readonly #stage: Stage;
  readonly expenses: Expense[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Writes a transaction down; returns its gas. */
  enter(by: Role, kind: string, receipt: TransactionReceipt): bigint {
    this.expenses.push({ by, kind, gas: receipt.gasUsed });
    return receipt.gasUsed;
  }

  /** Gas of what was written down since an earlier length of the list. */
  gasSince(length: number): bigint {
    return this.expenses.slice(length).reduce((sum, { gas }) => sum + gas, 0n);
  }

  async balances(): Promise<Balances> {
    const entries = await Promise.all(ROLES.map(async (role) => [role, await this.#means(role)] as const));
    return Object.fromEntries(entries) as Record<Role, Means>;
  }

  async #means(role: Role): Promise<Means> {
    const { contracts, addresses, people } = this.#stage;
    const address = addresses[role];
    const provider = await contracts.staking.providerOf(address);
    return {
      tokens: (await contracts.token.balanceOf(address)) + (await contracts.market.credits(address)),
      stake: provider === 0n ? 0n : (await contracts.staking.providerAt(provider)).stake,
      earnings: provider === 0n ? 0n : await contracts.market.earnings(provider),
      wei: (await people[role].provider!.getBalance(address)) + (await contracts.game.credits(address)),
    };
  }
}
