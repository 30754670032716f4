// A growing table: parallel typed arrays, one entry per claim or game. Entries are used again, the last given back first,
// so the arrays are as long as the most that were ever in use at once; free entries are linked through one of the columns.

export type Column = Float64Array | Float32Array | Uint32Array | Int32Array | Uint8Array;

/** Entries that a table begins with. */
export const FIRST = 16;

/** The columns of a table or of a population. */
export function columnsOf(owner: object): [name: string, column: Column][] {
  return Object.entries(owner).filter((entry): entry is [string, Column] => ArrayBuffer.isView(entry[1]));
}

/** Bytes of all columns of these owners. */
export function bytesOf(...owners: readonly object[]): number {
  return owners.flatMap(columnsOf).reduce((sum, [, column]) => sum + column.byteLength, 0);
}

function grown(column: Column, size: number): Column {
  const larger = new (column.constructor as new (size: number) => Column)(size);
  larger.set(column);
  return larger;
}

/** The base of tables, which add their columns as fields. */
export abstract class Table {
  /** The column that says, of a free entry, which is free after it. */
  abstract readonly link: Int32Array;
  #free = -1;
  #used = 0;

  /** An entry that is not in use; what it held before still stands in it. */
  take(): number {
    const { link } = this;
    const free = this.#free;
    if (free >= 0) {
      this.#free = link[free];
      return free;
    }
    if (this.#used === link.length) this.#grow();
    return this.#used++;
  }

  give(entry: number): void {
    this.link[entry] = this.#free;
    this.#free = entry;
  }

  #grow(): void {
    const columns = this as unknown as Record<string, Column>;
    const size = Math.ceil(this.link.length * 1.125);
    for (const [name, column] of columnsOf(this)) columns[name] = grown(column, size);
  }
}
