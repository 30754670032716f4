/** The story on a terminal: acts, sentences, and one line a transaction with its gas. */
import type { WriteStream } from "node:tty";
import colors from "picocolors";
import type { Balances, Means } from "./ledger.ts";
import { ROLES, type Role } from "./stage.ts";
import type { Narrator } from "./tale.ts";

const WIDTH = 108;

export class Printer implements Narrator {
  readonly #out: NodeJS.WritableStream | WriteStream;
  #acts = 0;

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
  }

  title(text: string): void {
    this.#line(`${colors.bold("Assay")}  ${colors.dim(text)}`);
  }

  act(title: string): void {
    this.#line(`\n${colors.bold(`${++this.#acts}  ${title}`)}`);
  }

  say(text: string): void {
    this.#line(`   ${text}`);
  }

  transaction(by: Role, what: string, gas: bigint): void {
    const cost = gas.toLocaleString("en").padStart(10);
    const room = WIDTH - 4 - 12 - 14;
    const shown = what.length > room ? `${what.slice(0, room - 1)}…` : what;
    this.#line(`   ${colors.cyan(by.padEnd(12))}${shown.padEnd(room)} ${colors.dim(`${cost} gas`)}`);
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`);
  }
}

const UNITS = 10n ** 18n;

/** Tokens or coins with at most six decimals. */
function amount(units: bigint): string {
  const sign = units < 0n ? "-" : "+";
  const size = units < 0n ? -units : units;
  const decimals = `${size % UNITS}`.padStart(18, "0").slice(0, 6).replace(/0+$/, "");
  return `${sign}${(size / UNITS).toLocaleString("en")}${decimals === "" ? "" : `.${decimals}`}`;
}

/** Who gained and lost what between two moments. */
export function printBalances(printer: Printer, { before, after }: { before: Balances; after: Balances }): void {
  printer.act("Who paid, and who got what");
  const row = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(16))).join("");
  printer.say(row(["", "tokens", "stake", "earnings", "ETH, with gas"]));
  for (const role of ROLES) {
    const change = (key: keyof Means): bigint => after[role][key] - before[role][key];
    const changes = [change("tokens"), change("stake"), change("earnings"), change("wei")];
    if (changes.some((units) => units !== 0n))
      printer.say(row([role, ...changes.map((units) => (units === 0n ? "·" : amount(units)))]));
  }
}
