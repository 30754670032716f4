/**
 * One line on a terminal that says how far something is: bytes, rate, time left. It appears only when there is a second of
 * work or more; where output is no terminal, each stage writes a line every ten seconds instead.
 */
export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  #stage = "";
  #begun = 0;
  #shown = 0;
  #visible = false;

  constructor(out: NodeJS.WriteStream, now: () => number = () => performance.now() / 1000) {
    this.#out = out;
    this.#now = now;
  }

  /** `done` of `total` bytes of a stage. */
  show(stage: string, done: number, total: number): void {
    const now = this.#now();
    if (stage !== this.#stage) {
      this.#stage = stage;
      this.#begun = this.#shown = now;
    }
    const pause = !this.#out.isTTY ? 10 : this.#visible ? 0.2 : 1;
    if (now - this.#shown < pause) return;
    this.#shown = now;
    this.#visible = true;
    const line = progressText(stage, done, total, now - this.#begun);
    this.#out.write(this.#out.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#visible && this.#out.isTTY) this.#out.write("\r\x1b[K");
    this.#visible = false;
  }
}

/** `reading weights: 120 of 498 MB, 310 MB/s, 2 s left`. */
export function progressText(stage: string, done: number, total: number, seconds: number): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const rate = done / Math.max(seconds, 1e-3);
  const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
  return `${stage}: ${megabytes(done)} of ${megabytes(total)} MB, ${megabytes(rate)} MB/s, ${left} s left`;
}
