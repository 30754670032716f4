// Names of timers: whose they are, and of the system's own, what for.

export const REQUESTER = 0;
export const CLAIM = 1;
export const GAME = 2;
export const SYSTEM = 3;

/** Owners of system timers; delegators follow. */
export const EPOCH = 0;
export const PRICE = 1;
export const SAMPLE = 2;
export const EVENT = 3;
export const DELEGATOR = 4;
