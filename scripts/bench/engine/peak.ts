/** The most memory that this process has held. */
import { existsSync, readFileSync } from "node:fs";

const STATUS = "/proc/self/status";

/** Bytes. On Linux `maxRSS` would not do: a process begins with what its parent held when it started it. */
export function peakBytes(): number {
  const own = existsSync(STATUS) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, "utf8")) : null;
  return 1024 * (own === null ? process.resourceUsage().maxRSS : Number(own[1]));
}
