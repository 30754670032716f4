/**
 * Names a game: the claim it disputes and its number among that claim's games, from 1. One number, claim id above the low
 * 32 bits. Twin of GameId.sol.
 */
export type GameId = bigint;

/** The game's name. Throws a RangeError where claim or number do not fit. */
export function packGameId(claimId: bigint, number: number): GameId {
  if (claimId < 0n || claimId >> 224n !== 0n) throw new RangeError(`claim id ${claimId}`);
  if (!Number.isInteger(number) || number < 0 || number > 0xffffffff) throw new RangeError(`game number ${number}`);
  return (claimId << 32n) | BigInt(number);
}

/** The claim that a game disputes. */
export function claimOf(game: GameId): bigint {
  return game >> 32n;
}

/** The game's number among its claim's. */
export function numberOf(game: GameId): number {
  return Number(game & 0xffffffffn);
}
