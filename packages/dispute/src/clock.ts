/**
 * A chess clock: seconds each side has left, and since when the side to move has been thinking. Packed: since above bit
 * 64, challenger above bit 32, provider below. Twin of Clock.sol.
 */
export type Side = "provider" | "challenger";

export interface Clock {
  readonly provider: number;
  readonly challenger: number;
  /** Unix time of the last move. */
  readonly since: number;
}

/** The clock of a game that starts now. */
export function startClock(provider: number, challenger: number, now: number): Clock {
  return { provider, challenger, since: now };
}

/** The last second in which a side that is to move may do so. */
export function deadlineOf(clock: Clock, side: Side): number {
  return clock.since + clock[side];
}

/** Stops a side's clock and starts the other's; the side keeps at least `extension` for its next turn. */
export function punch(clock: Clock, side: Side, extension: number, now: number): Clock {
  const left = Math.max(0, clock[side] - (now - clock.since));
  return { ...clock, [side]: Math.max(left, extension), since: now };
}

/** The clock as one number. */
export function packClock(clock: Clock): bigint {
  return (BigInt(clock.since) << 64n) | (BigInt(clock.challenger) << 32n) | BigInt(clock.provider);
}

/** The clock in a number. */
export function unpackClock(word: bigint): Clock {
  return {
    provider: Number(word & 0xffffffffn),
    challenger: Number((word >> 32n) & 0xffffffffn),
    since: Number(word >> 64n),
  };
}
